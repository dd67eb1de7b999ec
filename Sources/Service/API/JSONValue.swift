/// Any JSON value.
enum JSONValue: Sendable, Equatable, Codable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = container.value(Bool.self) {
      self = .bool(value)
    } else if let value = container.value(Int64.self) {
      self = .int(value)
    } else if let value = container.value(Double.self) {
      self = .double(value)
    } else if let value = container.value(String.self) {
      self = .string(value)
    } else if let value = container.value([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension SingleValueDecodingContainer {
  /// The value, or nil where it is of another kind: the next kind is tried then.
  fileprivate func value<T: Decodable>(_ type: T.Type) -> T? {
    do { return try decode(type) } catch { return nil }
  }
}
