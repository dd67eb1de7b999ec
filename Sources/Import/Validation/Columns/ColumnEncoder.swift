import ImportModel

/// What a column's values are made by: chosen once a column, run once a batch.
enum ColumnEncoder {
  case smallint, integer, bigint, real, doublePrecision, boolean, uuid, bytea, json
  case date, time, timetz, timestamp, interval
  case timestamptz(assumeUTC: Bool)
  case jsonb(takesUnicode: Bool)
  case numeric(precision: Int?, scale: Int?)
  case text(limit: Int?)
  case enumeration(EnumLabels)
  /// Postgres sees every value.
  case asking(emptyIsText: Bool, asksForNull: Bool)

  init(for type: ColumnType, settings: ValidationSettings) {
    if type.hasDomainChecks {
      self = .asking(emptyIsText: type.base.isTextLike, asksForNull: true)
    } else if type.isStagedAsText {
      self = .asking(emptyIsText: type.base.isTextLike, asksForNull: false)
    } else {
      self.init(for: type.base, settings: settings)
    }
  }

  private init(for base: BaseType, settings: ValidationSettings) {
    switch base {
    case .smallint: self = .smallint
    case .integer: self = .integer
    case .bigint: self = .bigint
    case .real: self = .real
    case .doublePrecision: self = .doublePrecision
    case .boolean: self = .boolean
    case .uuid: self = .uuid
    case .bytea: self = .bytea
    case .json: self = .json
    case .jsonb: self = .jsonb(takesUnicode: settings.encodingIsUTF8)
    case .date: self = .date
    case .time: self = .time
    case .timetz: self = .timetz
    case .timestamp: self = .timestamp
    case .timestamptz: self = .timestamptz(assumeUTC: settings.timeZoneIsUTC)
    case .interval: self = .interval
    case .numeric(let precision, let scale): self = .numeric(precision: precision, scale: scale)
    case .text: self = .text(limit: nil)
    case .varchar(let limit): self = .text(limit: limit)
    case .char(let length): self = .text(limit: length)
    case .enumeration(let labels): self = .enumeration(EnumLabels(labels))
    case .other: self = .asking(emptyIsText: false, asksForNull: false)
    }
  }

  /// Encodes a column of a batch.
  func run(_ source: FieldSource, into buffer: ColumnBuffer) {
    switch self {
    case .smallint: buffer.encodeFixed(SmallintField(), from: source)
    case .integer: buffer.encodeFixed(IntegerField(), from: source)
    case .bigint: buffer.encodeFixed(BigintField(), from: source)
    case .real: buffer.encodeFixed(RealField(), from: source)
    case .doublePrecision: buffer.encodeFixed(DoubleField(), from: source)
    case .boolean: buffer.encodeFixed(BooleanField(), from: source)
    case .uuid: buffer.encodeFixed(UUIDField(), from: source)
    case .date: buffer.encodeFixed(DateField(), from: source)
    case .time: buffer.encodeFixed(TimeField(), from: source)
    case .timetz: buffer.encodeFixed(TimetzField(), from: source)
    case .timestamp: buffer.encodeFixed(TimestampField(), from: source)
    case .timestamptz(let assumeUTC):
      buffer.encodeFixed(TimestamptzField(assumeUTC: assumeUTC), from: source)
    case .interval: buffer.encodeFixed(IntervalField(), from: source)
    case .numeric(let precision, let scale):
      buffer.encodeVariable(NumericField(precision: precision, scale: scale), from: source)
    case .bytea: buffer.encodeVariable(ByteaField(), from: source)
    case .json: buffer.checkTextual(JSONField(kind: .json), from: source)
    case .jsonb(let takesUnicode):
      buffer.checkTextual(JSONField(kind: .jsonb(takesUnicode: takesUnicode)), from: source)
    case .enumeration(let labels): buffer.checkTextual(EnumField(labels: labels), from: source)
    case .text(let limit): buffer.checkText(limit: limit, from: source)
    case .asking(let emptyIsText, let asksForNull):
      buffer.askAll(emptyIsText: emptyIsText, asksForNull: asksForNull, from: source)
    }
  }

  /// Where the assembly finds the values.
  var layout: PieceLayout {
    switch self {
    case .boolean: .fixed(width: 1)
    case .smallint: .fixed(width: 2)
    case .integer, .real, .date: .fixed(width: 4)
    case .bigint, .doublePrecision, .time, .timestamp, .timestamptz: .fixed(width: 8)
    case .timetz: .fixed(width: 12)
    case .uuid, .interval: .fixed(width: 16)
    case .numeric, .bytea: .variable
    case .json, .text, .enumeration, .asking: .text
    case .jsonb: .versionedText
    }
  }
}

/// Where the bytes of a column's values are.
enum PieceLayout {
  /// In the payload, `width` bytes a row.
  case fixed(width: Int)
  /// In the payload, where the row's span says.
  case variable
  /// In the batch: the field's own text.
  case text
  /// As `text`, behind a byte 1: the format's version, as `jsonb_recv` wants it.
  case versionedText
}

extension BaseType {
  /// Whether a quoted empty field is a value, not NULL.
  var isTextLike: Bool {
    switch self {
    case .text, .varchar, .char: true
    default: false
    }
  }
}
