// Comparisons of protocol elements: ASCII only, so that no locale and no Unicode rule has a say.

extension StringProtocol {
  /// Whether both are the same when A to Z count as a to z.
  func equalsIgnoringASCIICase(_ other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
  }
}

extension UInt8 {
  /// The byte with A to Z made a to z.
  var asciiLowercased: UInt8 {
    self &- 0x41 < 26 ? self | 0x20 : self
  }

  /// The value of a hexadecimal digit.
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }

  /// Whether the byte may stand in a token (RFC 9110, section 5.6.2).
  var isTokenByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}

/// The text without spaces and tabs at its ends.
func trimmedWhitespace(_ bytes: some BidirectionalCollection<UInt8>) -> String {
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  var rest = bytes[...]
  while let first = rest.first, isSpace(first) { rest = rest.dropFirst() }
  while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
  return String(decoding: rest, as: UTF8.self)
}
