/// Gathers an answer from the pieces that libcurl hands over.
struct ResponseParser {
  private(set) var headers: [(name: String, value: String)] = []
  private(set) var body: [UInt8] = []
  /// Whether the empty line after the header fields has come.
  private(set) var headersAreComplete = false

  /// Takes one line with its line end, as `CURLOPT_HEADERFUNCTION` gives it.
  mutating func append(headerLine bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // A status line: what stood before belonged to an interim answer, such as 100 Continue.
      headers = []
      body = []
      headersAreComplete = false
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
      let end = value.lastIndex { !$0.isWhitespace }.map(value.index(after:)) ?? value.startIndex
      headers.append((String(line[..<colon]), String(value[..<end])))
    } else if line.allSatisfy(\.isWhitespace) {
      headersAreComplete = true
    }
  }

  /// Takes a piece of the body, or says that it would be too much.
  mutating func append(body piece: UnsafeRawBufferPointer) -> Bool {
    guard body.count + piece.count <= HTTPClientResponse.bodyLimit else { return false }
    body += piece
    return true
  }
}
