/// What is known of one field of one row.
enum CellState: UInt8 {
  // The order matters: from `invalid` on, the state is a fault.

  /// Its encoder wrote it.
  case value
  /// It is NULL, and may be.
  case null
  /// Postgres converted it: the bytes are in the column's `judged` buffer.
  case judged
  /// Postgres has to decide.
  case doubtful
  /// The row was not looked at, because the reader could not make it whole.
  case skipped
  /// No value of the type.
  case invalid
  /// Beyond the type's range.
  case outOfRange
  /// Longer than the column.
  case tooLong
  /// No UTF-8, or a zero byte.
  case badEncoding
  /// NULL, and may not be.
  case required
  /// Postgres refused it: the reason is in the column's `refusals`.
  case refused

  @inline(__always)
  init(_ verdict: FieldVerdict) {
    switch verdict {
    case .value: self = .value
    case .null: self = .null
    case .doubtful: self = .doubtful
    case .invalid: self = .invalid
    case .outOfRange: self = .outOfRange
    }
  }

  @inline(__always)
  var isFault: Bool { rawValue >= CellState.invalid.rawValue }
}

/// What is known of a row of a batch.
struct RowFlags: OptionSet {
  let rawValue: UInt8

  /// The reader could not make it whole.
  static let unreadable = RowFlags(rawValue: 1)
  /// At least one of its values is at fault.
  static let faulty = RowFlags(rawValue: 2)
}
