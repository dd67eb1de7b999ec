import Foundation
import Glibc
import HTTPClient
import Testing

@Suite("An HTTP client's uploads", .serialized)
struct HTTPClientUploadTests {
  // Compared outside of `#expect`, which would work out the difference and print all of it.
  private let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  @Test("send the file as it is, ask first, and tell how far they are")
  func regularFile() async throws {
    let file = try TemporaryPath(bytes)
    let seen = Box(("", [UInt8]()))
    let server = try ScriptedServer.answering("202 Accepted", headers: ["X-Last: yes"], body: "{}")
    {
      seen.value = ($0, $1)
    }
    defer { server.stop() }
    let reports = Box([(Int64, Int64?)]())
    let answer = try await HTTPClient(baseURL: server.url, token: "t").upload(
      "/imports?target=a.b", file: file.path, contentType: "text/csv", headers: [("X-A", "1")]
    ) { sent, total in reports.update { $0.append((sent, total)) } }
    #expect(answer.status == 202)
    #expect(answer.header("X-Last") == "yes")
    #expect(answer.header("X-Interim") == nil, "the header of 100 Continue is not the answer's")
    #expect(seen.value.0.contains("\r\nExpect: 100-continue\r\n"))
    #expect(seen.value.0.contains("\r\nContent-Type: text/csv\r\n"))
    #expect(seen.value.0.contains("\r\nContent-Length: 3000000\r\n"))
    let isSame = seen.value.1 == bytes
    #expect(isSame)
    let sent = reports.value.map(\.0)
    #expect(sent == sent.sorted() && Set(sent).count == sent.count)
    #expect(sent.last == 3_000_000)
    #expect(reports.value.allSatisfy { $0.1 == 3_000_000 })
  }

  @Test("send an empty file")
  func emptyFile() async throws {
    let file = try TemporaryPath([])
    let server = try ScriptedServer.answering("202 Accepted")
    defer { server.stop() }
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: file.path, contentType: "text/csv")
    #expect(answer.status == 202)
  }

  @Test("hear a refusal before a byte of the file is sent")
  func refusedAtOnce() async throws {
    let file = try TemporaryPath(bytes)
    let body = Box(-1)
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      connection.answer("413 Content Too Large", body: "too much")
      body.value = connection.drain()
    }
    defer { server.stop() }
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: file.path, contentType: "text/csv")
    #expect(answer.status == 413)
    #expect(answer.body == Array("too much".utf8))
    try await eventually { body.value >= 0 }
    #expect(body.value == 0)
  }

  @Test("hear a refusal while they send, and stop")
  func refusedMidway() async throws {
    let file = try TemporaryPath()
    // A hole: more than the sockets' buffers can hold, and nothing on the disk.
    try #require(truncate(file.path, 1 << 30) == 0)
    let body = Box(-1)
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      connection.send("HTTP/1.1 100 Continue\r\n\r\n")
      _ = connection.read(100_000)
      connection.answer("422 Unprocessable Content", body: "no")
      body.value = connection.drain()
    }
    defer { server.stop() }
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: file.path, contentType: "text/csv")
    #expect(answer.status == 422)
    try await eventually { body.value >= 0 }
    #expect(body.value < 1 << 29)
  }

  @Test("send a pipe in chunks, its length being unknown")
  func pipe() async throws {
    let pipe = try TemporaryPath.pipe()
    let seen = Box(("", [UInt8]()))
    let server = try ScriptedServer.answering("202 Accepted") { seen.value = ($0, $1) }
    defer { server.stop() }
    let path = pipe.path
    let content = bytes
    Thread.detachNewThread { feed(content, to: open(path, O_WRONLY)) }
    let totals = Box([Int64?]())
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: pipe.path, contentType: "text/csv") { _, total in
        totals.update { $0.append(total) }
      }
    #expect(answer.status == 202)
    #expect(seen.value.0.contains("\r\nTransfer-Encoding: chunked\r\n"))
    #expect(!seen.value.0.contains("Content-Length"))
    let isSame = seen.value.1 == bytes
    #expect(isSame)
    #expect(totals.value.allSatisfy { $0 == nil } && !totals.value.isEmpty)
  }

  @Test("send standard input")
  func standardInput() async throws {
    let before = dup(STDIN_FILENO)
    var ends: [Int32] = [0, 0]
    try #require(Glibc.pipe(&ends) == 0)
    dup2(ends[0], STDIN_FILENO)
    close(ends[0])
    defer {
      dup2(before, STDIN_FILENO)
      close(before)
    }
    let body = Box([UInt8]())
    let server = try ScriptedServer.answering("202 Accepted") { body.value = $1 }
    defer { server.stop() }
    let writer = ends[1]
    let content = bytes
    Thread.detachNewThread { feed(content, to: writer) }
    _ = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: "-", contentType: "text/csv")
    let isSame = body.value == bytes
    #expect(isSame)
  }

  @Test("send once more what a server that knows no Expect asks for again")
  func expectationFailed() async throws {
    let file = try TemporaryPath(bytes)
    let body = Box([UInt8]())
    let server = try ScriptedServer { connection in
      let head = connection.readHead()
      if head.contains("Expect: 100-continue") {
        connection.answer("417 Expectation Failed")
      } else {
        body.value = connection.readBody(head)
        connection.answer("202 Accepted")
      }
    }
    defer { server.stop() }
    let answer = try await HTTPClient(baseURL: server.url, token: nil)
      .upload("/", file: file.path, contentType: "text/csv")
    #expect(answer.status == 202)
    let isSame = body.value == bytes
    #expect(isSame)
  }

  @Test("wait for the answer for a while when they are cancelled behind the last byte")
  func cancelledBehindTheLastByte() async throws {
    let file = try TemporaryPath(bytes)
    let isSent = Box(false)
    let mayAnswer = Box(false)
    let server = try ScriptedServer { connection in
      let head = connection.readHead()
      if head.contains("Expect") { connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
      _ = connection.readBody(head)
      isSent.value = true
      while !mayAnswer.value { usleep(1000) }
      connection.answer("202 Accepted", body: "made")
    }
    defer { server.stop() }
    let upload = Task {
      try await HTTPClient(baseURL: server.url, token: nil)
        .upload("/", file: file.path, contentType: "text/csv", answerGrace: .seconds(60))
    }
    try await eventually { isSent.value }
    upload.cancel()
    // Time for libcurl to look at the cancellation, which it does once a second.
    try await Task.sleep(for: .seconds(1.5))
    mayAnswer.value = true
    let answer = try await upload.value
    #expect(answer.status == 202)
    #expect(answer.body == Array("made".utf8))
  }

  @Test("say that nothing is known where the answer does not come in that while")
  func cancelledWithoutAnswer() async throws {
    let file = try TemporaryPath(bytes)
    let isSent = Box(false)
    let isOver = Box(false)
    let server = try ScriptedServer { connection in
      let head = connection.readHead()
      if head.contains("Expect") { connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
      _ = connection.readBody(head)
      isSent.value = true
      while !isOver.value { usleep(1000) }
    }
    defer { server.stop() }
    let upload = Task {
      try await HTTPClient(baseURL: server.url, token: nil)
        .upload("/", file: file.path, contentType: "text/csv", answerGrace: .milliseconds(100))
    }
    try await eventually { isSent.value }
    upload.cancel()
    let error = try await #require(throws: HTTPClientError.self) { try await upload.value }
    #expect(error.code == .unanswered)
    isOver.value = true
  }

  @Test("fail where the file becomes shorter on the way")
  func shrinking() async throws {
    let file = try TemporaryPath(bytes)
    let server = try ScriptedServer { connection in
      _ = connection.readHead()
      truncate(file.path, 1000)
      connection.send("HTTP/1.1 100 Continue\r\n\r\n")
      _ = connection.drain()
    }
    defer { server.stop() }
    let error = try await #require(throws: HTTPClientError.self) {
      try await HTTPClient(baseURL: server.url, token: nil)
        .upload("/", file: file.path, contentType: "text/csv")
    }
    #expect(error.code == .file)
  }

  @Test("fail before anything is sent where there is no file", arguments: ["/nonexistent", "/tmp"])
  func noFile(path: String) async throws {
    let server = try ScriptedServer.answering()
    defer { server.stop() }
    let error = try await #require(throws: HTTPClientError.self) {
      try await HTTPClient(baseURL: server.url, token: nil)
        .upload("/", file: path, contentType: "text/csv")
    }
    #expect(error.code == .file)
    #expect(error.message.contains(path))
  }
}

/// Writes all and closes; blocks while nobody reads.
private func feed(_ bytes: [UInt8], to file: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    rest = rest.dropFirst(count)
  }
  close(file)
}
