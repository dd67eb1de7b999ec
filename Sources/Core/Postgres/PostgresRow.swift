/// A row of a result, its values in Postgres' text form.
///
/// Where two columns bear one name, the name means the first.
public struct PostgresRow: Sendable {
  private let index: ColumnIndex
  private let values: [String?]

  init(index: ColumnIndex, values: [String?]) {
    self.index = index
    self.values = values
  }

  /// The text of a column that exists, nil for NULL.
  public subscript(_ column: String) -> String? {
    guard let position = index.position(column) else {
      preconditionFailure("the result has no column \(column)")
    }
    return values[position]
  }

  /// The text of a column by its position from 0, nil for NULL.
  public subscript(_ position: Int) -> String? { values[position] }

  /// The text of a column; `PostgresError` `decoding` for NULL, as in all that follow.
  public func string(_ column: String) throws -> String { try required(column) { $0 } }

  /// An integer of the machine's width.
  public func int(_ column: String) throws -> Int { try required(column) { Int($0) } }

  /// A 64-bit integer.
  public func int64(_ column: String) throws -> Int64 { try required(column) { Int64($0) } }

  /// A floating point number, also from numeric; `Infinity` and `NaN` included.
  public func double(_ column: String) throws -> Double { try required(column) { Double($0) } }

  /// A boolean.
  public func bool(_ column: String) throws -> Bool { try required(column, Self.parseBool) }

  /// The bytes of a bytea.
  public func bytes(_ column: String) throws -> [UInt8] { try required(column, Self.parseBytes) }

  /// The text of a column, nil for NULL.
  public func optionalString(_ column: String) throws -> String? {
    try optional(column) { $0 }
  }

  /// An integer of the machine's width, nil for NULL.
  public func optionalInt(_ column: String) throws -> Int? { try optional(column) { Int($0) } }

  /// A 64-bit integer, nil for NULL.
  public func optionalInt64(_ column: String) throws -> Int64? {
    try optional(column) { Int64($0) }
  }

  /// A floating point number, nil for NULL.
  public func optionalDouble(_ column: String) throws -> Double? {
    try optional(column) { Double($0) }
  }

  /// A boolean, nil for NULL.
  public func optionalBool(_ column: String) throws -> Bool? {
    try optional(column, Self.parseBool)
  }

  /// The bytes of a bytea, nil for NULL.
  public func optionalBytes(_ column: String) throws -> [UInt8]? {
    try optional(column, Self.parseBytes)
  }

  private func required<T>(_ column: String, _ parse: (String) -> T?) throws -> T {
    guard let value = try optional(column, parse) else {
      throw Self.failure(column, "column \(column) is null")
    }
    return value
  }

  private func optional<T>(_ column: String, _ parse: (String) -> T?) throws -> T? {
    guard let position = index.position(column) else {
      throw Self.failure(column, "the result has no column \(column)")
    }
    guard let text = values[position] else { return nil }
    guard let value = parse(text) else {
      // The value itself stays out of the message: it may be anybody's data.
      throw Self.failure(column, "column \(column) is not of type \(T.self)")
    }
    return value
  }

  private static func failure(_ column: String, _ message: String) -> PostgresError {
    var error = PostgresError(code: .decoding, message: message)
    error.column = column
    return error
  }

  private static func parseBool(_ text: String) -> Bool? {
    switch text {
    case "t": true
    case "f": false
    default: nil
    }
  }

  /// `\x` and two digits a byte: the session sets `bytea_output` to `hex`.
  private static func parseBytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.starts(with: "\\x".utf8), digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2 - 1)
    for position in stride(from: 2, to: digits.count, by: 2) {
      guard let high = nibble(digits[position]), let low = nibble(digits[position + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
