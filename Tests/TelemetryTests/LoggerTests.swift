import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import Telemetry

/// Keeps what a logger writes.
private final class Lines: Sendable {
  private let bytes = Mutex<[[UInt8]]>([])

  func logger(_ level: LogLevel = .debug, _ format: LogFormat = .json) -> Logger {
    Logger(level: level, format: format) { line in self.bytes.withLock { $0.append(line) } }
  }

  var raw: [[UInt8]] { bytes.withLock { $0 } }
  var strings: [String] { raw.map { String(decoding: $0, as: UTF8.self) } }

  func records() throws -> [[String: String]] {
    try raw.map { try JSONDecoder().decode([String: String].self, from: Data($0)) }
  }
}

@Suite("A logger")
struct LoggerTests {
  private let lines = Lines()

  @Test("writes a JSON object a line, with its own fields and those of the record")
  func json() throws {
    lines.logger().with("task_id", "t1").info("import done", ["rows": "12", "seconds": "0.5"])
    let record = try #require(try lines.records().first)
    #expect(record["level"] == "info")
    #expect(record["message"] == "import done")
    #expect(record["task_id"] == "t1")
    #expect(record["rows"] == "12")
    #expect(record["time"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    #expect(lines.strings[0].hasSuffix("}\n"))
  }

  @Test("writes text records as time, level, message, fields")
  func text() throws {
    lines.logger(.debug, .text).warning(
      "slow chunk", ["rows": "12", "why": "disk is \"full\"", "empty": "", "sum": "a=b"])
    let line = try #require(lines.strings.first)
    #expect(
      line.dropFirst(24)
        == " WARNING slow chunk rows=12 why=\"disk is \\\"full\\\"\" empty=\"\" sum=\"a=b\"\n")
  }

  @Test("drops records below its level", arguments: LogLevel.allCases)
  func levels(level: LogLevel) throws {
    let logger = lines.logger(level)
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")
    let expected = LogLevel.allCases.filter { $0 >= level }.map(\.rawValue)
    #expect(try lines.records().map { $0["level"] } == expected)
  }

  @Test("gives back through a JSON reader what was put in")
  func roundTrip() throws {
    // Not as arguments: a test's arguments are printed, and these would reach the terminal.
    let texts = [
      "a\"b\\c/d", "line\r\nline\ttab", "\u{0}\u{1}\u{1B}[31mred\u{7F}\u{85}", "Grüße 😀 \u{2028}",
      "\u{FFFF}\u{10FFFF}",
    ]
    for text in texts { lines.logger().error(text, ["value": text, text: "x"]) }
    for (text, record) in zip(texts, try lines.records()) {
      #expect(record["message"] == text)
      #expect(record["value"] == text)
      #expect(record[text] == "x")
    }
    #expect(lines.raw.count == texts.count)
  }

  @Test(
    "lets no control character through, so that nobody forges a record",
    arguments: LogFormat.allCases)
  func noForgery(format: LogFormat) {
    let evil = "x\n2026-01-01T00:00:00.000Z ERROR forged\r\u{1B}[2J\u{9B}2J\u{2028}"
    lines.logger(.debug, format).info(evil, ["a\nb": evil])
    let line = lines.strings[0].dropLast().unicodeScalars
    #expect(line.allSatisfy { $0.properties.generalCategory != .control && $0 != "\u{2028}" })
  }

  @Test("cuts a line at its limit and says so", arguments: LogFormat.allCases)
  func cut(format: LogFormat) throws {
    let logger = lines.logger(.debug, format)
    logger.info(String(repeating: "ä", count: 50_000), ["rows": "1"])
    logger.info("m", ["v": String(repeating: "\u{1}", count: 50_000), "rows": "1"])
    logger.info("m", [String(repeating: "k", count: 50_000): "v"])
    for line in lines.raw {
      #expect(line.count <= Logger.lineLimit)
      #expect(line.firstIndex(of: 0x0A) == line.count - 1)
      #expect(String(validating: line, as: UTF8.self) != nil)
    }
    #expect(lines.strings.allSatisfy { $0.contains("truncated") })
    if format == .json {
      #expect(try lines.records().allSatisfy { $0["truncated"] == "true" })
    }
  }

  @Test("writes each key once, the latest value counting, and keeps the record's own apart")
  func duplicateKeys() throws {
    lines.logger().with("id", "1").with([("id", "2"), ("other", "o")]).info(
      "m", ["id": "3", "level": "forged"])
    let record = try #require(try lines.records().first)
    #expect(record["id"] == "3")
    #expect(record["level"] == "info")
    #expect(record["level_"] == "forged")
    #expect(lines.strings[0].ranges(of: "\"id\"").count == 1)
  }

  @Test("keeps long lines of many threads whole on a pipe")
  func wholeLines() async throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    let read = Task.detached { () -> [UInt8] in
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while case let count = Glibc.read(reader, &buffer, buffer.count), count > 0 {
        all += buffer[..<count]
      }
      return all
    }
    await withTaskGroup(of: Void.self) { group in
      for letter in UInt8(ascii: "a")...UInt8(ascii: "d") {
        group.addTask {
          let line = Array(repeating: letter, count: 16_000) + [0x0A]
          for _ in 0..<50 { StandardError.write(line, to: writer) }
        }
      }
    }
    close(writer)
    let written = await read.value.split(separator: 0x0A)
    close(reader)
    #expect(written.count == 200)
    #expect(written.allSatisfy { $0.count == 16_000 && Set($0).count == 1 })
  }
}
