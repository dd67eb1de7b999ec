import Foundation
import HTTP
import Synchronization
import Telemetry

/// A server under test, with what it logs and counts.
final class ServerBench: Sendable {
  let port: UInt16
  let metrics = Metrics()
  let server: HTTPServer
  let log = LogLines()

  init(
    _ routes: (inout HTTPRouter) -> Void,
    configure: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = HTTPServerConfiguration()
    // Other tests may keep the few threads of the pool busy: a bound against hanging, no measure.
    configuration.lastWords = .seconds(30)
    configure(&configuration)
    var router = HTTPRouter()
    routes(&router)
    let log = log
    let logger = Logger(level: .debug, format: .json) {
      log.add(String(decoding: $0, as: UTF8.self))
    }
    server = HTTPServer(
      configuration: configuration, router: router, logger: logger, metrics: metrics)
    port = try server.start()
  }

  /// A new connection.
  func connect(receiveBuffer: Int32? = nil) throws -> TestSocket {
    try TestSocket(port: port, receiveBuffer: receiveBuffer)
  }

  /// Whether a new connection is refused.
  var refusesConnections: Bool {
    do {
      _ = try connect()
      return false
    } catch {
      return true
    }
  }

  /// One request on a connection of its own, and its answer.
  func exchange(_ request: String) async throws -> TestResponse {
    let socket = try connect()
    try await socket.send(request)
    return try await socket.response(isHead: request.hasPrefix("HEAD"))
  }

  /// `GET` of a path.
  func get(_ path: String) async throws -> TestResponse {
    try await exchange("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
}

/// What a logger wrote, from any thread.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  func add(_ line: String) { lines.withLock { $0.append(line) } }

  func containing(_ text: String) -> [String] {
    lines.withLock { $0.filter { $0.contains(text) } }
  }
}

/// Runs a test against a server, and ends the server whatever becomes of the test.
func withServer(
  _ routes: (inout HTTPRouter) -> Void,
  configure: (inout HTTPServerConfiguration) -> Void = { _ in },
  _ body: (ServerBench) async throws -> Void
) async throws {
  let bench = try ServerBench(routes, configure: configure)
  do {
    try await body(bench)
  } catch {
    await bench.server.shutdown(grace: .zero)
    throw error
  }
  await bench.server.shutdown(grace: .zero)
}

/// Runs curl.
///
/// - Returns: its exit code and what it wrote to standard output.
func curl(_ arguments: [String]) async throws -> (code: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["curl", "--silent", "--show-error", "--max-time", "30"] + arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  let ended = AsyncStream<Int32>.makeStream()
  process.terminationHandler = {
    ended.continuation.yield($0.terminationStatus)
    ended.continuation.finish()
  }
  try process.run()
  for await code in ended.stream {
    // What curl writes here fits into the pipe's buffer.
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    return (code, String(decoding: data, as: UTF8.self))
  }
  throw TestFailure(description: "curl did not end")
}

/// A file of its own for a test, removed with it.
final class TemporaryFile: Sendable {
  let path: String

  init(size: Int) throws {
    path = NSTemporaryDirectory() + "sluice-http-\(UUID().uuidString)"
    try Data(repeating: 0x61, count: size).write(to: URL(fileURLWithPath: path))
  }

  deinit { unlink(path) }
}

/// Bytes that look alike nowhere near each other.
func pattern(_ count: Int) -> [UInt8] {
  var state: UInt32 = 1
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(truncatingIfNeeded: state >> 24)
  }
}
