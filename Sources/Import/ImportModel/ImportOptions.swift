/// What a caller asks for: contract, section 2.
public struct ImportOptions: Sendable, Codable, Equatable {
  /// How rows meet those that are there already.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    case upsert, insert, append, replace

    /// Whether rows are known by a key: of those in the table, or of the file only.
    public var usesKey: Bool { self != .append }
    /// Whether there must be one: all rows of a table that is replaced are new.
    public var needsKey: Bool { self == .upsert || self == .insert }
  }
  /// Which of several rows with one key in the file counts.
  public enum Duplicates: String, Sendable, Codable, CaseIterable {
    case last, first, reject
  }
  /// What a bad row does to the rest.
  public enum OnError: String, Sendable, Codable, CaseIterable {
    case reject, abort
  }
  /// Which import is taken first.
  public enum Priority: String, Sendable, Codable, CaseIterable {
    case high, normal, low
    /// How the queue sorts it: the lower comes first.
    public var rank: Int64 {
      switch self {
      case .high: 0
      case .normal: 1
      case .low: 2
      }
    }
  }
  /// Whether the rows become visible at once or batch by batch.
  public enum Commit: String, Sendable, Codable, CaseIterable {
    case atomic, batched
  }

  /// See the contract for each.
  public var mode: Mode = .upsert
  /// Columns of a unique index, or nil for the primary key.
  public var key: [String]?
  /// A column with one value in the whole file: the import leaves rows with other values to others.
  public var scope: String?
  /// See `Duplicates`.
  public var duplicates: Duplicates = .last
  /// See `OnError`.
  public var onError: OnError = .reject
  /// More rejected rows than this, and nothing goes in.
  public var maxRejects: Int64?
  /// A larger share of rejected rows than this, 0 to 1, and nothing goes in.
  public var maxRejectRatio: Double?
  /// Header to column; nil leaves the header's values out.
  public var mapping: [String: MappingEntry?]?
  /// Kind of the file: `csv`, `json` or `xlsx`; nil to see it in its content. So with all that follow.
  public var format: String?
  /// Encoding of a text, by any usual name.
  public var encoding: String?
  /// Separator of fields: 1 to 8 bytes.
  public var delimiter: String?
  /// Quote: one ASCII character, or `none`.
  public var quote: String?
  /// What takes the meaning of the next character: one ASCII character, the quote itself where quotes are
  /// doubled, or `copy` for the sequences of Postgres's COPY in text format.
  public var escape: String?
  /// What a line begins with that is a remark.
  public var comment: String?
  /// Whether the first row names the columns.
  public var header: Bool?
  /// Lines, or rows of a sheet, above the header.
  public var skipRows: Int?
  /// Sheet of a workbook: its name, or its number from 1.
  public var sheet: String?
  /// Decimal sign of numbers: `.` or `,`.
  public var decimal: String?
  /// Sign between groups of digits.
  public var thousands: String?
  /// Signs that may stand before or behind a number.
  public var currency: [String]?
  /// Whether `%` may stand behind a number, and divides it by 100.
  public var percent: Bool?
  /// Pattern of dates, or of times.
  public var dateFormat: String?
  /// Order of the parts of a date: `ymd`, `dmy` or `mdy`.
  public var dateOrder: String?
  /// Whether plain numbers in columns of dates are Excel's serial dates.
  public var excelSerial: Bool?
  /// Words for true, besides Postgres's own.
  public var trueWords: [String]?
  /// Words for false, besides Postgres's own.
  public var falseWords: [String]?
  /// Whether white space around values is left out.
  public var trim: Bool?
  /// Words that mean NULL where they stand without quotes.
  public var null: [String]?
  /// Time zone of timestamps that name none, or nil for the database's.
  public var timezone: String?
  /// See `Priority`.
  public var priority: Priority = .normal
  /// See `Commit`.
  public var commit: Commit = .atomic
  /// Do all but change the target.
  public var dryRun: Bool {
    get { dryRunIfTold ?? false }
    set { dryRunIfTold = newValue ? true : nil }
  }
  /// Told only where it is true: options that were stored before there was such a thing stay as they are.
  private var dryRunIfTold: Bool?
  /// Import again although the same bytes were imported into the target before.
  public var force = false

  /// All defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case mode, key, scope, duplicates
    case onError = "on_error"
    case maxRejects = "max_rejects"
    case maxRejectRatio = "max_reject_ratio"
    case mapping, format, encoding, delimiter, quote, escape, comment, header
    case skipRows = "skip_rows"
    case sheet, decimal, thousands, currency, percent
    case dateFormat = "date_format"
    case dateOrder = "date_order"
    case excelSerial = "excel_serial"
    case trueWords = "true_words"
    case falseWords = "false_words"
    case trim, null, timezone, priority, commit, force
    case dryRunIfTold = "dry_run"
  }
}
