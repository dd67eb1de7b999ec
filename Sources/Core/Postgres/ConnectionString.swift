internal import CLibpq

/// A libpq URI or `keyword=value` string, taken apart by libpq.
struct ConnectionString {
  typealias Option = (keyword: String, value: String)

  /// What the string says, in libpq's order; what it leaves to defaults is not among them.
  let options: [Option]

  /// - Throws: `PostgresError` with code `configuration`. It does not repeat libpq's words, because
  ///   they quote the string, and with it a password.
  init(_ text: String) throws {
    guard let parsed = PQconninfoParse(text, nil) else {
      throw PostgresError(
        code: .configuration, message: "the database URL is not a valid libpq connection string")
    }
    defer { PQconninfoFree(parsed) }
    var options: [Option] = []
    var entry = parsed
    while let keyword = entry.pointee.keyword {
      if let value = entry.pointee.val {
        options.append((String(cString: keyword), String(cString: value)))
      }
      entry += 1
    }
    self.options = options
  }

  /// The text with every password of the string made unreadable.
  func redacted(_ text: String) -> String {
    options
      .filter { $0.keyword == "password" || $0.keyword == "sslpassword" }
      .filter { !$0.value.isEmpty }
      .reduce(text) { Self.replacing($1.value, in: $0) }
  }

  /// A value as the `keyword=value` form wants it: in single quotes, `'` and `\` escaped.
  static func quoted(_ value: String) -> String {
    var text = "'"
    for character in value {
      if character == "'" || character == "\\" { text.append("\\") }
      text.append(character)
    }
    return text + "'"
  }

  private static func replacing(_ secret: String, in text: String) -> String {
    let needle = Array(secret.utf8)
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: needle) {
        output += "********".utf8
        index += needle.count
      } else {
        output.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
