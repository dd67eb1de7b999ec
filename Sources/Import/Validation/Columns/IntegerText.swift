/// The text form of `smallint`, `integer` and `bigint`, as `pg_strtoint16/32/64` read it.
///
/// Postgres 16 added `0x1F`, `0o17`, `0b11` and `1_000`: those are doubtful.
enum IntegerText {
  @inline(__always)
  static func encode<I: FixedWidthInteger & SignedInteger>(
    _ text: UnsafeRawBufferPointer, as type: I.Type, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let bytes = text.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
    let end = text.count
    var index = 0
    while index < end, isSpace(bytes[index]) { index &+= 1 }
    guard index < end else { return .invalid }
    let isNegative = bytes[index] == UInt8(ascii: "-")
    if isNegative || bytes[index] == UInt8(ascii: "+") { index &+= 1 }
    let firstDigit = index
    // Up to 18 digits cannot overflow 64 bits, so these need no check.
    let safeEnd = min(end, index &+ 18)
    var magnitude: UInt64 = 0
    while index < safeEnd {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      magnitude = magnitude &* 10 &+ UInt64(digit)
      index &+= 1
    }
    let lowest = UInt64(truncatingIfNeeded: I.max) &+ 1
    while index < end {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      if magnitude > lowest / 10 { return .outOfRange }
      magnitude = magnitude &* 10 &+ UInt64(digit)
      index &+= 1
    }
    if index == firstDigit { return .invalid }
    // Postgres counts below zero and stops at the digit that is too much, whatever follows; that the
    // lowest number has no positive twin it sees at the end.
    if magnitude > lowest { return .outOfRange }
    while index < end, isSpace(bytes[index]) { index &+= 1 }
    if index < end { return unknownForm(bytes[index]) }
    if magnitude == lowest, !isNegative { return .outOfRange }
    let value = isNegative ? 0 &- magnitude : magnitude
    out.storeBytes(of: I(truncatingIfNeeded: value).bigEndian, as: I.self)
    return .value
  }

  @inline(never)
  private static func unknownForm(_ byte: UInt8) -> FieldVerdict {
    switch byte | 0x20 {
    case UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "b"), UInt8(ascii: "_") | 0x20:
      return .doubtful
    default:
      return .invalid
    }
  }

  /// `isspace` of the C locale.
  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }
}
