/// A header field's value with its parameters: `form-data; name="file"`.
///
/// Source: RFC 9110, section 5.6.6. A backslash escapes only a quote or another backslash, because
/// browsers send file names with bare backslashes.
struct HeaderParameters: Sendable {
  /// What stands before the first semicolon.
  let value: String
  private let parameters: [(name: String, value: String)]

  /// Nil if the text is malformed or a parameter stands twice.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    value = trimmedWhitespace(rest.prefix { $0 != UInt8(ascii: ";") })
    guard !value.isEmpty else { return nil }
    rest = rest.drop { $0 != UInt8(ascii: ";") }
    var parameters: [(name: String, value: String)] = []
    while rest.first == UInt8(ascii: ";") {
      rest = Self.dropSpace(rest.dropFirst())
      if rest.isEmpty { break }
      guard let parameter = Self.parameter(&rest),
        !parameters.contains(where: { $0.name == parameter.name })
      else { return nil }
      parameters.append(parameter)
      rest = Self.dropSpace(rest)
    }
    guard rest.isEmpty else { return nil }
    self.parameters = parameters
  }

  /// The value of a parameter; its name in small letters.
  subscript(_ name: String) -> String? {
    parameters.first { $0.name == name }?.value
  }

  private static func parameter(_ rest: inout ArraySlice<UInt8>) -> (name: String, value: String)? {
    let name = rest.prefix(while: \.isTokenByte)
    rest = dropSpace(rest.dropFirst(name.count))
    guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return nil }
    rest = dropSpace(rest)
    let lowered = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
    if rest.first == UInt8(ascii: "\"") {
      rest = rest.dropFirst()
      return quoted(&rest).map { (lowered, $0) }
    }
    let token = rest.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    rest = rest.dropFirst(token.count)
    return token.isEmpty ? nil : (lowered, String(decoding: token, as: UTF8.self))
  }

  private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String? {
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\"), let next = rest.first,
        next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
      {
        rest = rest.dropFirst()
        text.append(next)
      } else {
        text.append(byte)
      }
    }
    return nil
  }

  private static func dropSpace(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    rest.drop { $0 == 0x20 || $0 == 0x09 }
  }
}
