import ImportModel

/// The code and the words for a fault that was found without Postgres, in Postgres's words.
struct FaultText {
  let code: RejectCode
  let message: String

  /// Describes a value at fault.
  ///
  /// - Parameter state: one that is a fault, but not `refused`.
  init(_ state: CellState, column: TargetColumn, text: UnsafeRawBufferPointer) {
    switch state {
    case .required:
      code = .required
      message = "null value in column \"\(column.name)\" violates not-null constraint"
    case .tooLong:
      code = .tooLong
      message = "value too long for type \(column.type.base.lengthName)"
    default:
      // A value of broken bytes is no number either, but that is not what has to be mended.
      if let fault = UTF8Text.firstFault(text) {
        code = .badEncoding
        message = Self.encodingMessage(text, at: fault)
      } else if state == .outOfRange {
        code = .outOfRange
        message = Self.rangeMessage(column.type.base, text)
      } else {
        code = .type
        message = Self.typeMessage(column.type, text)
      }
    }
  }

  /// Describes a row that the reader could not make whole.
  init(_ fault: RowFault, fieldsInHeader: Int) {
    (code, message) = (fault.code, fault.message(fieldsInHeader: fieldsInHeader))
  }

  private static func typeMessage(_ type: ColumnType, _ text: UnsafeRawBufferPointer) -> String {
    switch type.base {
    case .enumeration:
      "invalid input value for enum \(type.sqlName): \"\(Excerpt.quotation(text))\""
    case .bytea:
      "invalid input syntax for type bytea"
    default:
      "invalid input syntax for type \(type.base.messageName): \"\(Excerpt.quotation(text))\""
    }
  }

  private static func rangeMessage(_ base: BaseType, _ text: UnsafeRawBufferPointer) -> String {
    let value = Excerpt.quotation(text)
    switch base {
    case .smallint, .integer, .bigint:
      return "value \"\(value)\" is out of range for type \(base.messageName)"
    case .real, .doublePrecision:
      return "\"\(value)\" is out of range for type \(base.messageName)"
    case .numeric(let precision?, let scale):
      return "numeric field overflow. " + numericDetail(precision, scale ?? 0, value)
    case .numeric:
      return "value overflows numeric format"
    case .interval:
      return "interval field value out of range: \"\(value)\""
    default:
      return "date/time field value out of range: \"\(value)\""
    }
  }

  private static func numericDetail(_ precision: Int, _ scale: Int, _ value: String) -> String {
    let field = "A field with precision \(precision), scale \(scale)"
    if value.lowercased().contains("inf") { return "\(field) cannot hold an infinite value." }
    let bound = precision == scale ? "1" : "10^\(precision - scale)"
    return "\(field) must round to an absolute value less than \(bound)."
  }

  private static func encodingMessage(_ text: UnsafeRawBufferPointer, at index: Int) -> String {
    let width =
      switch text[index] {
      case 0xC0...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF7: 4
      default: 1
      }
    let bytes = text[index..<min(index + width, text.count)].map { byte in
      (byte < 16 ? "0x0" : "0x") + String(byte, radix: 16)
    }
    return "invalid byte sequence for encoding \"UTF8\": \(bytes.joined(separator: " "))"
  }
}

extension BaseType {
  /// The type's name as Postgres's messages have it.
  var messageName: String {
    switch self {
    case .smallint: "smallint"
    case .integer: "integer"
    case .bigint: "bigint"
    case .real: "real"
    case .doublePrecision: "double precision"
    case .numeric: "numeric"
    case .boolean: "boolean"
    case .text, .varchar, .char: "text"
    case .date: "date"
    case .time: "time"
    case .timetz: "time with time zone"
    case .timestamp: "timestamp"
    case .timestamptz: "timestamp with time zone"
    case .interval: "interval"
    case .uuid: "uuid"
    case .json, .jsonb: "json"
    case .bytea: "bytea"
    case .enumeration: "enum"
    case .other: "other"
    }
  }

  /// The type's name with its length, as Postgres writes it of a text that is too long.
  fileprivate var lengthName: String {
    switch self {
    case .varchar(let limit?): "character varying(\(limit))"
    case .char(let length): "character(\(length))"
    default: messageName
    }
  }
}
