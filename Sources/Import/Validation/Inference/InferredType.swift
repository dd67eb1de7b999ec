public import ImportModel

/// The narrowest type of Postgres that takes all values of a field as they are.
public enum InferredType: Sendable, Equatable {
  case boolean, integer, bigint, doublePrecision, date, time, timestamp, timestamptz, uuid, jsonb,
    text
  /// As many digits in all, and behind the point, as there are; nil where no type has so many.
  case numeric(precision: Int?, scale: Int?)

  /// As SQL has it.
  public var sqlName: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .bigint: "bigint"
    case .numeric(let precision?, let scale): "numeric(\(precision),\(scale ?? 0))"
    case .numeric: "numeric"
    case .doublePrecision: "double precision"
    case .date: "date"
    case .time: "time"
    case .timestamp: "timestamp"
    case .timestamptz: "timestamptz"
    case .uuid: "uuid"
    case .jsonb: "jsonb"
    case .text: "text"
    }
  }

  /// The same as the type of a target's column.
  public var base: BaseType {
    switch self {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric(let precision, let scale): .numeric(precision: precision, scale: scale)
    case .doublePrecision: .doublePrecision
    case .date: .date
    case .time: .time(precision: nil)
    case .timestamp: .timestamp(precision: nil)
    case .timestamptz: .timestamptz(precision: nil)
    case .uuid: .uuid
    case .jsonb: .jsonb
    case .text: .text
    }
  }
}
