/// The bytes that JSON (RFC 8259) is built from.
extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let space = UInt8(ascii: " ")
  static let doubleQuote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  static let comma = UInt8(ascii: ",")
  static let colon = UInt8(ascii: ":")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")

  /// Whether it is a decimal digit.
  @inline(__always)
  var isDigit: Bool { self &- 0x30 < 10 }

  /// Whether it goes on a character of UTF-8.
  @inline(__always)
  var isContinuation: Bool { self & 0xC0 == 0x80 }

  /// Whether it is white space to JSON.
  var isJSONSpace: Bool { self == .space || self == .tab || self == .lf || self == .cr }

  /// Its value as a hexadecimal digit, or nil.
  @inline(__always)
  var hexValue: UInt32? {
    if isDigit { return UInt32(self &- 0x30) }
    let letter = (self | 0x20) &- 0x61
    return letter < 6 ? UInt32(letter) + 10 : nil
  }
}

/// How bytes are looked at eight at a time, and characters one at a time.
enum JSONBytes {
  /// How many bytes behind the last one have to be readable.
  static let padding = 64

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  /// Bytes before the first that is a quote, a backslash, a control character or above 0x7F, among the
  /// eight at `bytes`; 8 where there is none.
  ///
  /// A borrow in the subtractions can only reach bytes above a true hit, so the lowest one is true.
  @inline(__always)
  static func plainCount(_ bytes: UnsafePointer<UInt8>) -> Int {
    let word = UInt64(
      littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
    let quote = word ^ (ones &* UInt64(UInt8.doubleQuote))
    let backslash = word ^ (ones &* UInt64(UInt8.backslash))
    let hits =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((word &- ones &* 0x20) & ~word) | word
    return (hits & highs).trailingZeroBitCount &>> 3
  }

  /// Length of the character of UTF-8 that begins at `bytes`, with a byte above 0x7F: 2 to 4, or 0 where
  /// the bytes are none (Unicode, table 3-7). Three bytes behind it have to be readable.
  static func characterLength(_ bytes: UnsafePointer<UInt8>) -> Int {
    let (first, second) = (bytes[0], bytes[1])
    switch first {
    case 0xC2...0xDF:
      return second.isContinuation ? 2 : 0
    case 0xE0...0xEF:
      let isSecond =
        switch first {
        case 0xE0: second >= 0xA0 && second <= 0xBF
        case 0xED: second >= 0x80 && second <= 0x9F
        default: second.isContinuation
        }
      return isSecond && bytes[2].isContinuation ? 3 : 0
    case 0xF0...0xF4:
      let isSecond =
        switch first {
        case 0xF0: second >= 0x90 && second <= 0xBF
        case 0xF4: second >= 0x80 && second <= 0x8F
        default: second.isContinuation
        }
      return isSecond && bytes[2].isContinuation && bytes[3].isContinuation ? 4 : 0
    default:
      return 0
    }
  }

  /// Line ends in some bytes as an editor counts them: LF, CR, and CRLF as one.
  static func lineEnds(in bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
    var count: Int64 = 0
    var last: UInt8 = 0
    for byte in bytes {
      if byte == .cr || (byte == .lf && last != .cr) { count &+= 1 }
      last = byte
    }
    return count
  }
}
