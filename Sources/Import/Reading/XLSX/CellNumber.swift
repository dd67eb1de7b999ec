import Glibc

/// A number as it stands in a cell's `v` element, and as it is handed on.
///
/// - A whole number, and a decimal number of at most 15 significant digits, is handed on as it stands: it
///   is what was meant, digit by digit. Excel itself never writes more than 15 digits of a whole number.
/// - Anything else is read as a Double and written as the shortest text that is read as the same Double:
///   `0.10000000000000001` becomes `0.1`, `1.0000000000000001E-2` becomes `0.01`. So no value changes; it
///   is what openpyxl reads.
/// - That text has no exponent where the number is at least 1e-15 and below 1e16, else one as in `1.5E+20`.
enum CellNumber {
  /// Whether the text may be handed on as it stands.
  static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    if count > 0, bytes[0] == UInt8(ascii: "-") { index = 1 }
    let first = index
    var significant = 0
    while index < count, bytes[index] &- 48 < 10 {
      if significant > 0 || bytes[index] != 48 { significant += 1 }
      index += 1
    }
    guard index > first else { return false }
    if index == count { return true }
    guard bytes[index] == UInt8(ascii: ".") else { return false }
    index += 1
    let fraction = index
    while index < count, bytes[index] &- 48 < 10 {
      if significant > 0 || bytes[index] != 48 { significant += 1 }
      index += 1
    }
    return index == count && index > fraction && significant <= 15
  }

  /// The number, or nil where the text is none or beyond what a Double can hold.
  static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
    guard bytes.count > 0, bytes.count <= 400, bytes.allSatisfy(isNumeral) else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
      for index in 0..<bytes.count { text[index] = CChar(truncatingIfNeeded: bytes[index]) }
      text[bytes.count] = 0
      guard let start = text.baseAddress else { return nil }
      var end: UnsafeMutablePointer<CChar>?
      let value = strtod(start, &end)
      guard end == start + bytes.count, value.isFinite else { return nil }
      return value
    }
  }

  private static func isNumeral(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "E"), UInt8(ascii: "e"):
      true
    default: false
    }
  }

  /// Appends a number's shortest text.
  static func append(_ value: Double, to text: inout ByteBuffer) {
    // The form of `description` depends on the size; its digits are the shortest ones in any form.
    var description = value.description
    description.withUTF8 { append(digitsOf: $0, to: &text) }
  }

  private static func append(
    digitsOf description: UnsafeBufferPointer<UInt8>, to text: inout ByteBuffer
  ) {
    var digits = ByteBuffer(capacity: 32)
    // Digits before the point, when the number is written as digits times a power of ten.
    var point: Int?
    var exponent = 0
    for (index, byte) in description.enumerated() {
      if byte == UInt8(ascii: "-") {
        text.append(byte)
      } else if byte == UInt8(ascii: ".") {
        point = digits.count
      } else if byte == UInt8(ascii: "e") {
        exponent = number(UnsafeBufferPointer(rebasing: description[(index + 1)...]))
        break
      } else {
        digits.append(byte)
      }
    }
    var scale = (point ?? digits.count) + exponent
    var first = 0
    while first < digits.count - 1, digits.start[first] == 48 {
      first += 1
      scale -= 1
    }
    while digits.count > first + 1, digits.start[digits.count - 1] == 48 { digits.count -= 1 }
    if digits.start[first] == 48 { scale = 1 }
    let significant = UnsafeRawBufferPointer(rebasing: digits.bytes[first...])
    if scale >= -14 && scale <= 16 {
      appendPlain(significant, scale: scale, to: &text)
    } else {
      appendScientific(significant, exponent: scale - 1, to: &text)
    }
  }

  /// `scale` is how many digits stand before the point.
  private static func appendPlain(
    _ digits: UnsafeRawBufferPointer, scale: Int, to text: inout ByteBuffer
  ) {
    if scale <= 0 {
      text.append("0.")
      for _ in scale..<0 { text.append(48) }
      text.append(digits)
    } else {
      for index in 0..<max(scale, digits.count) {
        if index == scale { text.append(UInt8(ascii: ".")) }
        text.append(index < digits.count ? digits[index] : 48)
      }
    }
  }

  private static func appendScientific(
    _ digits: UnsafeRawBufferPointer, exponent: Int, to text: inout ByteBuffer
  ) {
    text.append(digits[0])
    if digits.count > 1 {
      text.append(UInt8(ascii: "."))
      text.append(UnsafeRawBufferPointer(rebasing: digits[1...]))
    }
    text.append(exponent < 0 ? "E-" : "E+")
    text.append(number: abs(exponent), width: 2)
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var value = 0
    var isNegative = false
    for byte in bytes {
      if byte == UInt8(ascii: "-") { isNegative = true }
      if byte &- 48 < 10 { value = min(value * 10 + Int(byte - 48), 9999) }
    }
    return isNegative ? -value : value
  }
}
