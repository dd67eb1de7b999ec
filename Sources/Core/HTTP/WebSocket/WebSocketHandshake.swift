internal import CCrypto

/// A client's opening handshake, checked, and what the answer needs.
///
/// Source: RFC 6455, sections 4.2.1 and 4.2.2.
struct WebSocketHandshake: Sendable {
  /// The value of `Sec-WebSocket-Accept`.
  let accept: String
  /// The subprotocols that the client offers, in its order of preference.
  let subprotocols: [String]

  /// Checks a request.
  ///
  /// Throws `Problem` 426 with `Sec-WebSocket-Version: 13` for another version of the protocol or a
  /// request that is no upgrade, and 400 for anything else that is wrong.
  ///
  /// - Parameter version: the protocol of the request line, `HTTP/1.1`.
  init(request: HTTPRequest, version: String) throws(Problem) {
    let headers = request.headers
    guard request.method == .get, version == "HTTP/1.1" else {
      throw Problem.badRequest("A WebSocket is opened with GET and HTTP/1.1.")
    }
    guard headers.contains("websocket", in: "Upgrade"),
      headers.contains("upgrade", in: "Connection")
    else { throw Self.upgradeRequired("This address speaks the WebSocket protocol only.") }
    guard headers.values("Sec-WebSocket-Version") == ["13"] else {
      throw Self.upgradeRequired("The WebSocket protocol must be of version 13.")
    }
    let keys = headers.values("Sec-WebSocket-Key")
    guard let key = keys.first, keys.count == 1, Self.isKey(key) else {
      throw Problem.badRequest("Sec-WebSocket-Key must be 16 bytes in base64, given once.")
    }
    accept = try Self.accept(key: key)
    subprotocols = headers.values("Sec-WebSocket-Protocol").flatMap {
      $0.utf8.split(separator: UInt8(ascii: ",")).map { trimmedWhitespace($0) }
    }.filter { !$0.isEmpty }
  }

  /// The answer to a key: base64 of the SHA-1 of the key and the protocol's GUID.
  static func accept(key: String) throws(Problem) -> String {
    let input = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    guard SHA1(input, input.count, &digest) != nil else {
      // A libcrypto without SHA-1 (a strict FIPS provider): nothing that the client could mend.
      throw Problem.internalError
    }
    var text = [UInt8](repeating: 0, count: (digest.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, digest, Int32(digest.count))
    return String(decoding: text.prefix(Int(length)), as: UTF8.self)
  }

  /// Whether a text is base64 for 16 bytes: 22 digits and the padding.
  private static func isKey(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 24 && bytes.suffix(2).elementsEqual("==".utf8)
      && bytes.prefix(22).allSatisfy(isBase64Digit)
  }

  private static func isBase64Digit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
    default: false
    }
  }

  private static func upgradeRequired(_ detail: String) -> Problem {
    Problem(
      status: 426, code: "upgrade_required", detail: detail,
      hint: "Open it as a WebSocket (RFC 6455).",
      headers: [
        ("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
      ])
  }
}
