import Glibc

/// The id of an import, which callers know as `task_id`: a UUID of version 7 (RFC 9562, section 5.7).
///
/// Ids made later sort behind those made before, to the millisecond, so lists need no other key.
public struct ImportID: Hashable, Sendable, CustomStringConvertible {
  /// 36 characters, lower case, with hyphens.
  public let description: String

  /// Makes a new id out of the clock and 74 random bits.
  public init() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    var random = SystemRandomNumberGenerator()
    let high = milliseconds << 16 | 0x7000 | UInt64(random.next() as UInt16) & 0x0FFF
    let low = (random.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = hexadecimal(high) + hexadecimal(low)
    description = ImportID.hyphenated(digits)
  }

  /// Reads an id; nil where the text is no UUID in its usual form.
  ///
  /// - Parameter text: 8-4-4-4-12 hexadecimal digits, in any case.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return nil }
    for (index, byte) in bytes.enumerated() {
      let isHyphen = byte == UInt8(ascii: "-")
      guard isHyphen == [8, 13, 18, 23].contains(index), isHyphen || isHexDigit(byte) else {
        return nil
      }
    }
    description = text.lowercased()
  }

  /// The 32 digits without hyphens, as they stand in names of tables.
  public var digits: String { description.filter { $0 != "-" } }

  private static func hyphenated(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { result.append("-") }
      result.append(digit)
    }
    return result
  }
}

private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

private func isHexDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
    UInt8(ascii: "A")...UInt8(ascii: "F"):
    true
  default: false
  }
}
