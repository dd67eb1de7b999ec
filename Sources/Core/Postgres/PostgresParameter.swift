/// A value for `$1`, `$2`, … of a statement.
///
/// Only `bytes` goes out with a type (bytea, in binary). For all others the server infers the type
/// from where the parameter stands, so that text fits `uuid`, `jsonb` or an enum as well; where the
/// place does not tell, write a cast: `$1::bigint`, `unnest($1::text[])`.
public enum PostgresParameter: Sendable, Equatable {
  /// SQL NULL.
  case null
  /// Text, or the text form of any type; it must not hold U+0000.
  case text(String)
  /// A bytea.
  case bytes([UInt8])
  /// An integer of any width that the server makes of it.
  case int(Int64)
  /// A floating point number, sent in full precision.
  case double(Double)
  /// A boolean.
  case bool(Bool)
  /// An array of texts, or of any type in its text form.
  case textArray([String?])
  /// An array of integers.
  case int8Array([Int64])
  /// An array of bytea.
  case bytesArray([[UInt8]?])

  /// A text, or NULL for nil.
  public static func optional(_ text: String?) -> PostgresParameter {
    text.map { .text($0) } ?? .null
  }

  /// An integer, or NULL for nil.
  public static func optional(_ value: Int64?) -> PostgresParameter {
    value.map { .int($0) } ?? .null
  }

  /// An integer.
  public static func int(_ value: Int) -> PostgresParameter { .int(Int64(value)) }
}

extension PostgresParameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByNilLiteral, ExpressibleByBooleanLiteral
{
  /// `text`.
  public init(stringLiteral value: String) { self = .text(value) }

  /// `int`.
  public init(integerLiteral value: Int64) { self = .int(value) }

  /// `null`.
  public init(nilLiteral: ()) { self = .null }

  /// `bool`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
