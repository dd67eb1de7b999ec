/// The text form of one-dimensional arrays: `{"a","b\"c",NULL}`.
///
/// Source: PostgreSQL manual, "Array Input and Output Syntax" (8.15.6).
enum ArrayLiteral {
  static func of(texts: [String?]) -> String {
    literal(texts.map { $0.map(quoted) ?? "NULL" })
  }

  static func of(integers: [Int64]) -> String {
    literal(integers.map { String($0) })
  }

  static func of(bytes: [[UInt8]?]) -> String {
    literal(bytes.map { $0.map { "\"\\\\x\(hex($0))\"" } ?? "NULL" })
  }

  private static func literal(_ elements: [String]) -> String {
    "{" + elements.joined(separator: ",") + "}"
  }

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(UInt8(ascii: "\\"))
      }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
