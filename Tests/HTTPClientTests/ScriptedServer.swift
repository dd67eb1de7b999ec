import Foundation
import Glibc
import Synchronization
import Testing

/// A server on a real socket that does what a test's script says, one thread a connection.
final class ScriptedServer: Sendable {
  let port: UInt16
  private let listener: Int32
  var url: String { "http://127.0.0.1:\(port)" }

  init(_ script: @escaping @Sendable (Connection) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(listener >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    try #require(bound)
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      while case let socket = accept(listener, nil, nil), socket >= 0 {
        Thread.detachNewThread {
          script(Connection(socket))
          close(socket)
        }
      }
      // Closed here and nowhere else: its number could be another's while this thread still used it.
      close(listener)
    }
  }

  /// Takes no more connections; those that are open go on.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// A server that answers every request, whose body it reads first, in one way.
  static func answering(
    _ status: String = "200 OK", headers: [String] = [], body: String = "",
    seen: @escaping @Sendable (_ head: String, _ body: [UInt8]) -> Void = { _, _ in }
  ) throws -> ScriptedServer {
    try ScriptedServer { connection in
      let head = connection.readHead()
      if head.contains("Expect: 100-continue") {
        connection.send("HTTP/1.1 100 Continue\r\nX-Interim: yes\r\n\r\n")
      }
      seen(head, connection.readBody(head))
      connection.answer(status, headers: headers, body: body)
    }
  }
}

/// The server's end of one connection, used by one thread.
final class Connection {
  private let socket: Int32
  private var ahead: [UInt8] = []

  init(_ socket: Int32) { self.socket = socket }

  /// Lines up to the empty one, or less where the client hangs up.
  func readHead() -> String {
    var head: [UInt8] = []
    while !head.reversed().starts(with: Array("\n\r\n\r".utf8)), let byte = readByte() {
      head.append(byte)
    }
    return String(decoding: head, as: UTF8.self)
  }

  func readBody(_ head: String) -> [UInt8] {
    if head.contains("Transfer-Encoding: chunked") { return readChunks() }
    guard
      let line = head.split(separator: "\r\n").first(where: { $0.hasPrefix("Content-Length: ") }),
      let length = Int(line.dropFirst(16))
    else { return [] }
    return read(length)
  }

  /// Up to so many bytes: fewer only where the client hangs up.
  func read(_ count: Int) -> [UInt8] {
    while ahead.count < count, fill() {}
    defer { ahead.removeFirst(min(count, ahead.count)) }
    return Array(ahead.prefix(count))
  }

  /// What comes until the client hangs up, counted.
  func drain() -> Int {
    var total = ahead.count
    ahead = []
    while fill() {
      total += ahead.count
      ahead = []
    }
    return total
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func answer(_ status: String, headers: [String] = [], body: String = "") {
    let lines = headers + ["Content-Length: \(body.utf8.count)", "Connection: close"]
    send("HTTP/1.1 \(status)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n" + body)
  }

  private func readChunks() -> [UInt8] {
    var body: [UInt8] = []
    while true {
      var line: [UInt8] = []
      while let byte = readByte(), byte != 0x0A { line.append(byte) }
      let digits = String(decoding: line.dropLast(), as: UTF8.self)
      guard let size = Int(digits, radix: 16) else { return body }
      body += read(size)
      _ = read(2)
      if size == 0 { return body }
    }
  }

  private func readByte() -> UInt8? { read(1).first }

  private func fill() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    ahead += buffer[..<count]
    return true
  }
}

/// A value that a server's thread fills in and a test reads.
final class Box<Value: Sendable>: Sendable {
  private let content: Mutex<Value>
  init(_ value: Value) { content = Mutex(value) }
  var value: Value {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue } }
  }
  func update(_ change: (inout sending Value) -> Void) { content.withLock { change(&$0) } }
}

/// A file that is removed with the value.
final class TemporaryPath: Sendable {
  let path: String

  init(_ bytes: [UInt8]? = nil) throws {
    var template = Array("/tmp/sluice-upload-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    try #require(file >= 0)
    defer { close(file) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let bytes {
      try bytes.withUnsafeBytes {
        try #require(write(file, $0.baseAddress, $0.count) == bytes.count)
      }
    }
  }

  /// A named pipe in place of a file.
  static func pipe() throws -> TemporaryPath {
    let made = try TemporaryPath()
    unlink(made.path)
    try #require(mkfifo(made.path, 0o600) == 0)
    return made
  }

  deinit { unlink(path) }
}

/// Waits until a condition holds.
func eventually(_ condition: () -> Bool) async throws {
  for _ in 0..<10_000 {
    if condition() { return }
    try await Task.sleep(for: .milliseconds(1))
  }
  Issue.record("the condition did not come true within ten seconds")
}
