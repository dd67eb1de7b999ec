/// The file of an import, and how it is read.
public struct ImportSource: Sendable, Codable, Equatable {
  /// Its name as the caller gave it, or `upload`.
  public var name: String
  /// `csv`, `json` or `xlsx`.
  public var format: String
  /// Its size.
  public var bytes: Int64
  /// Hexadecimal, of the content.
  public var sha256: String
  /// `UTF-8`, `windows-1252` and so on.
  public var encoding: String
  /// What the rows stand in.
  public var dialect: Dialect
  /// What else was found.
  public var reading: Reading

  /// How a file's rows are written; only what its format has is there.
  public struct Dialect: Sendable, Codable, Equatable {
    /// Between two fields.
    public var delimiter: String?
    /// Around a field, or `none`.
    public var quote: String?
    /// See `ImportOptions.escape`.
    public var escape: String?
    /// What remarks begin with.
    public var comment: String?
    /// Whether the first row names the columns.
    public var header: Bool?
    /// Lines, or rows of a sheet, above the header.
    public var skipRows: Int?
    /// Of a workbook: which sheet, the first one being 1.
    public var sheet: Int?
    /// Of JSON: `lines` or `array`.
    public var form: String?

    /// Describes a dialect.
    public init(
      delimiter: String? = nil, quote: String? = nil, escape: String? = nil,
      comment: String? = nil, header: Bool? = nil, skipRows: Int? = nil, sheet: Int? = nil,
      form: String? = nil
    ) {
      self.delimiter = delimiter
      self.quote = quote
      self.escape = escape
      self.comment = comment
      self.header = header
      self.skipRows = skipRows
      self.sheet = sheet
      self.form = form
    }

    private enum CodingKeys: String, CodingKey {
      case delimiter, quote, escape, comment, header
      case skipRows = "skip_rows"
      case sheet, form
    }
  }

  /// What was found in a file besides its dialect.
  public struct Reading: Sendable, Codable, Equatable {
    /// What the file is wrapped in, outermost first: `zip`, `gzip`, `zstd`.
    public var containers: [String]
    /// Whether nothing of it is in real doubt.
    public var isSure: Bool
    /// What the one who sent the file should know, with the option that says it better.
    public var notes: [String]
    /// How values are written, where Postgres would not read them as they are.
    public var values: Values

    /// Describes what was found.
    public init(
      containers: [String] = [], isSure: Bool = true, notes: [String] = [],
      values: Values = Values()
    ) {
      self.containers = containers
      self.isSure = isSure
      self.notes = notes
      self.values = values
    }

    private enum CodingKeys: String, CodingKey {
      case containers
      case isSure = "sure"
      case notes, values
    }
  }

  /// Signs and orders that hold for the values of a file, by the names of the options.
  public struct Values: Sendable, Codable, Equatable {
    /// See `ImportOptions.decimal`.
    public var decimal: String?
    /// See `ImportOptions.thousands`.
    public var thousands: String?
    /// See `ImportOptions.dateOrder`.
    public var dateOrder: String?

    /// Describes them.
    public init(decimal: String? = nil, thousands: String? = nil, dateOrder: String? = nil) {
      self.decimal = decimal
      self.thousands = thousands
      self.dateOrder = dateOrder
    }

    private enum CodingKeys: String, CodingKey {
      case decimal, thousands
      case dateOrder = "date_order"
    }
  }

  /// Describes a file.
  public init(
    name: String, format: String = "csv", bytes: Int64, sha256: String, encoding: String = "UTF-8",
    dialect: Dialect = Dialect(), reading: Reading = Reading()
  ) {
    self.name = name
    self.format = format
    self.bytes = bytes
    self.sha256 = sha256
    self.encoding = encoding
    self.dialect = dialect
    self.reading = reading
  }
}

extension ImportSource.Dialect {
  /// RFC 4180.
  public static let plain = ImportSource.Dialect(delimiter: ",", quote: "\"", escape: "\"")

  /// A cell as it is written in this dialect: in quotes where it must be, or where a spreadsheet might see
  /// another separator. Where nothing is ever quoted, spaces stand for what would part the row, and single
  /// quotes for double ones, by which the file might be taken for one with quotes.
  public func quoted(_ cell: String) -> String {
    let escape = escape == "copy" ? "\\" : escape
    let mark = quote == "none" ? "" : quote ?? "\""
    let parts = [delimiter ?? ",", mark, escape ?? "", comment ?? "", ";\t\n\r"]
    let special = Set(parts.joined().unicodeScalars)
    if quote == "none" {
      let plain = cell.unicodeScalars.map { $0 == "\"" ? "'" : special.contains($0) ? " " : $0 }
      return String(String.UnicodeScalarView(plain))
    }
    guard cell.unicodeScalars.contains(where: special.contains) else { return cell }
    let quote = quote ?? "\""
    var result = quote
    for scalar in cell.unicodeScalars {
      // Both stand for themselves behind themselves.
      if String(scalar) == quote || String(scalar) == escape {
        result.unicodeScalars.append(scalar)
      }
      result.unicodeScalars.append(scalar)
    }
    return result + quote
  }
}
