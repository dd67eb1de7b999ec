/// What a caller says of a file; what is nil is to be found.
public struct FileRequest: Sendable, Equatable {
  /// See `FileFormat`.
  public var format: FileFormat?
  /// The encoding of a text.
  public var encoding: TextEncoding?
  /// Of delimiter-separated text.
  public var dialect = DialectRequest()
  /// Which sheet of a workbook.
  public var sheet: SheetChoice?
  /// Names that are wanted from JSON records besides those at their top: paths such as `address.city`.
  public var wantedNames: [String] = []

  /// Says nothing.
  public init() {}
}
