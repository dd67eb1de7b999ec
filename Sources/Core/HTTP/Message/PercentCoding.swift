/// Percent-encoding (RFC 3986, section 2.1) of UTF-8 text.
enum PercentCoding {
  /// The decoded text; nil for a `%` without two hex digits, for NUL and for bytes that are not UTF-8.
  static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes.makeIterator()
    while var byte = rest.next() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.next()?.hexValue, let low = rest.next()?.hexValue else { return nil }
        byte = high << 4 | low
      } else if plusIsSpace, byte == UInt8(ascii: "+") {
        byte = UInt8(ascii: " ")
      }
      if byte == 0 { return nil }
      decoded.append(byte)
    }
    return String(validating: decoded, as: UTF8.self)
  }
}
