import Foundation
import Glibc
import Synchronization

/// What is wrong in a test's own machinery.
struct TestFailure: Error, CustomStringConvertible {
  let description: String
}

/// An answer as it came over the wire.
struct TestResponse: Sendable {
  var status = 0
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// Whether the body came to its proper end.
  var isWhole = false

  subscript(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as a JSON object.
  func object() throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
      throw TestFailure(description: "no JSON object: \(text)")
    }
    return object
  }
}

/// A client's socket, byte by byte, with every rule breakable; never blocks a thread.
final class TestSocket: Sendable {
  private static let patience: Duration = .seconds(30)
  private let descriptor: Int32
  private let buffer = Mutex<[UInt8]>([])
  private let isOpen = Mutex(true)

  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      throw TestFailure(description: "connect: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close() }

  /// Closes the socket; data that was not read resets the connection.
  func close() {
    isOpen.withLock { isOpen in
      if isOpen { _ = Glibc.close(descriptor) }
      isOpen = false
    }
  }

  /// Ends the connection with a reset.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Says that nothing more will be sent.
  func finishSending() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  // MARK: - Sending

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    let end = ContinuousClock.now + Self.patience
    while !rest.isEmpty {
      let count = try write(rest)
      rest = rest.dropFirst(count)
      if count > 0 { continue }
      guard ContinuousClock.now < end else {
        throw TestFailure(description: "the server does not read")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// Sends what the socket takes at once.
  func write(_ bytes: ArraySlice<UInt8>) throws -> Int {
    let count = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    guard errno == EAGAIN else {
      throw TestFailure(description: "send: \(String(cString: strerror(errno)))")
    }
    return 0
  }

  // MARK: - Receiving

  /// Reads what is there; nil at the end of the stream.
  private func read(_ limit: Int = 65536) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = recv(descriptor, &bytes, limit, Int32(MSG_DONTWAIT))
    if count > 0 { return Array(bytes.prefix(count)) }
    if count == 0 { return nil }
    guard errno == EAGAIN else {
      throw TestFailure(description: "recv: \(String(cString: strerror(errno)))")
    }
    return []
  }

  /// Reads more into the buffer; false at the end of the stream.
  private func fill() async throws -> Bool {
    let end = ContinuousClock.now + Self.patience
    while true {
      guard let bytes = try read() else { return false }
      if !bytes.isEmpty {
        buffer.withLock { $0 += bytes }
        return true
      }
      guard ContinuousClock.now < end else {
        throw TestFailure(description: "no answer; so far: \(buffer.withLock { $0.count }) bytes")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// Whether something has come that was not read.
  func hasData() throws -> Bool {
    if let bytes = try read(), !bytes.isEmpty { buffer.withLock { $0 += bytes } }
    return buffer.withLock { !$0.isEmpty }
  }

  /// Takes a line; nil at the end of the stream.
  func line() async throws -> String? {
    while true {
      let line = buffer.withLock { buffer -> String? in
        guard let end = buffer.firstIndex(of: 0x0A) else { return nil }
        defer { buffer.removeFirst(end + 1) }
        return String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
      }
      if let line { return line }
      guard try await fill() else { return nil }
    }
  }

  /// Takes that many bytes, or fewer at the end of the stream.
  func bytes(_ count: Int) async throws -> [UInt8] {
    while buffer.withLock({ $0.count }) < count {
      guard try await fill() else { break }
    }
    return buffer.withLock { buffer in
      defer { buffer.removeFirst(min(count, buffer.count)) }
      return Array(buffer.prefix(count))
    }
  }

  /// Waits for the end of the stream; true if nothing came before it.
  func isClosed() async throws -> Bool {
    try await fill() == false && buffer.withLock { $0.isEmpty }
  }

  /// Reads an answer; 100 Continue counts as one.
  func response(isHead: Bool = false) async throws -> TestResponse {
    var response = try await head()
    if isHead || response.status < 200 || response.status == 204 {
      response.isWhole = true
    } else if response["Transfer-Encoding"] == "chunked" {
      try await readChunks(&response)
    } else if let length = response["Content-Length"].flatMap({ Int($0) }) {
      response.body = try await bytes(length)
      response.isWhole = response.body.count == length
    } else {
      response.body = try await bytes(.max)
    }
    return response
  }

  func head() async throws -> TestResponse {
    guard let first = try await line() else { throw TestFailure(description: "closed, no answer") }
    let words = first.split(separator: " ")
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw TestFailure(description: "no status line: \(first)")
    }
    var response = TestResponse(status: status)
    while let line = try await line(), !line.isEmpty {
      let halves = line.split(separator: ":", maxSplits: 1)
      let value = halves.count == 2 ? halves[1].drop { $0 == " " } : ""
      response.headers.append((String(halves[0]), String(value)))
    }
    return response
  }

  private func readChunks(_ response: inout TestResponse) async throws {
    while let size = try await line() {
      guard let count = Int(size, radix: 16) else {
        throw TestFailure(description: "no chunk size: \(size)")
      }
      if count == 0 {
        response.isWhole = try await line() == ""
        return
      }
      let chunk = try await bytes(count)
      response.body += chunk
      guard chunk.count == count, try await line() == "" else { return }
    }
  }
}
