/// Builder of one log line, which never gets longer than `Logger.lineLimit`.
struct LogLine {
  typealias Fields = [(key: String, value: String)]

  /// Room kept for what ends a line: a closing quote, the mark of a cut, a brace, the line end.
  private static let tail = 32
  private static let reserved: Set<String> = ["time", "level", "message", "truncated"]

  private var bytes: [UInt8] = []
  private var truncated = false

  private init() { bytes.reserveCapacity(256) }

  /// A record as a JSON object (RFC 8259).
  static func json(time: String, level: LogLevel, message: String, fields: Fields) -> [UInt8] {
    var line = LogLine()
    line.append("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":\"")
    line.appendEscaped(message)
    line.append("\"")
    for field in fields {
      guard line.fits(field.key) else { continue }
      line.append(",\"")
      line.appendEscaped(name(of: field.key))
      line.append("\":\"")
      line.appendEscaped(field.value)
      line.append("\"")
    }
    line.append(line.truncated ? ",\"truncated\":\"true\"}\n" : "}\n")
    return line.bytes
  }

  /// A record as words, with values in quotes where they hold more than plain characters.
  static func text(time: String, level: LogLevel, message: String, fields: Fields) -> [UInt8] {
    var line = LogLine()
    line.append("\(time) \(level.rawValue.uppercased()) ")
    line.appendEscaped(message, quotes: false)
    for field in fields {
      guard line.fits(field.key) else { continue }
      line.append(" ")
      line.appendEscaped(name(of: field.key))
      line.append("=")
      let quote = needsQuotes(field.value) ? "\"" : ""
      line.append(quote)
      line.appendEscaped(field.value)
      line.append(quote)
    }
    line.append(line.truncated ? " truncated=true\n" : "\n")
    return line.bytes
  }

  /// A field may not pass for one of the record's own.
  private static func name(of key: String) -> String {
    reserved.contains(key) ? key + "_" : key
  }

  private static func needsQuotes(_ value: String) -> Bool {
    value.isEmpty
      || value.unicodeScalars.contains { scalar in
        scalar.value <= 0x20 || scalar.value == 0x7F || scalar == "\"" || scalar == "\\"
          || scalar == "="
      }
  }

  /// Whether a field with this name can begin; a field that cannot is left out as a whole.
  private mutating func fits(_ key: String) -> Bool {
    // A character takes up to six bytes when it is escaped.
    let fits = bytes.count + key.utf8.count * 6 + 16 < Logger.lineLimit - Self.tail
    if !fits { truncated = true }
    return fits
  }

  private mutating func append(_ text: String) {
    bytes += text.utf8
  }

  /// Appends with the escapes of JSON, up to the room that is left.
  private mutating func appendEscaped(_ text: String, quotes: Bool = true) {
    for scalar in text.unicodeScalars {
      guard bytes.count + 6 <= Logger.lineLimit - Self.tail else {
        truncated = true
        return
      }
      switch scalar {
      case "\"" where quotes: append("\\\"")
      case "\\" where quotes: append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case _ where Self.isControl(scalar): appendUnicodeEscape(scalar)
      default: bytes += scalar.utf8
      }
    }
  }

  /// The controls of ASCII and of Latin-1, which terminals obey, and what some readers take for line ends.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      || (0x2028...0x2029).contains(scalar.value)
  }

  /// The scalars escaped all lie in the basic plane: four digits are enough.
  private mutating func appendUnicodeEscape(_ scalar: Unicode.Scalar) {
    let digits = String(scalar.value, radix: 16)
    append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
  }
}
