/// How the text of a file's fields is to be understood.
public struct ValidationOptions: Sendable, Equatable {
  /// Words that mean NULL where they stand without quotes, compared byte for byte. An empty field
  /// without quotes is NULL in any case.
  public var nullWords: [String]
  /// What is known of the database session that the values are meant for.
  public var settings: ValidationSettings
  /// How people wrote the values. What is not told, Postgres decides.
  public var formats: ValueFormats

  /// Whether a field is marked as quoted where it is a text, and only there, as in JSON and workbooks.
  ///
  /// Then null words are found among texts too, and numbers that are no texts are in plain form whatever
  /// the formats say.
  public var marksText: Bool

  /// Whether a text in a `json` or `jsonb` column is that text as a value of JSON, as in a JSON file, and
  /// not JSON written as a text, as in CSV. It needs `marksText`.
  public var textsAreJSON: Bool

  /// The rules of the contract, unless told otherwise.
  public init(
    nullWords: [String] = [], settings: ValidationSettings = ValidationSettings(),
    formats: ValueFormats = ValueFormats(), marksText: Bool = false,
    textsAreJSON: Bool = false
  ) {
    self.nullWords = nullWords
    self.settings = settings
    self.formats = formats
    self.marksText = marksText
    self.textsAreJSON = textsAreJSON
  }
}
