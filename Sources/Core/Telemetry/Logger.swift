/// Writes records of what happens, one line each.
///
/// A JSON record is `{"time":"2026-11-21T03:22:43.123Z","level":"info","message":"…", fields…}`; a
/// text record is `2026-11-21T03:22:43.123Z INFO message key=value`. Control characters are escaped
/// in both, so that what a caller sends can neither forge a record nor reach a terminal.
public struct Logger: Sendable {
  /// Longest line, in bytes with its line end; what is beyond is cut and marked `truncated`.
  public static let lineLimit = 16 * 1024

  /// Records below this level are dropped.
  public let level: LogLevel
  private let format: LogFormat
  private let sink: @Sendable ([UInt8]) -> Void
  private var fields: [(key: String, value: String)] = []

  /// Makes a logger.
  ///
  /// - Parameter sink: takes a whole line with its line end, from any thread.
  public init(
    level: LogLevel, format: LogFormat,
    sink: @escaping @Sendable ([UInt8]) -> Void = { StandardError.write($0) }
  ) {
    self.level = level
    self.format = format
    self.sink = sink
  }

  /// A logger that adds a field to all its records.
  public func with(_ key: String, _ value: String) -> Logger {
    with([(key, value)])
  }

  /// A logger that adds fields to all its records; of two with one key the later value counts.
  public func with(_ added: [(String, String)]) -> Logger {
    var copy = self
    copy.fields = added.reduce(into: fields) { Self.put($1.0, $1.1, in: &$0) }
    return copy
  }

  /// For those who look for a fault.
  public func debug(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    log(.debug, message, fields)
  }

  /// For those who run the service.
  public func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    log(.info, message, fields)
  }

  /// Something is wrong, and the service goes on.
  public func warning(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    log(.warning, message, fields)
  }

  /// Something failed.
  public func error(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    log(.error, message, fields)
  }

  /// Writes a record of a level that is known only while the program runs.
  public func log(
    _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    guard level >= self.level else { return }
    let all = fields.reduce(into: self.fields) { Self.put($1.key, $1.value, in: &$0) }
    let time = CivilTime.now().description
    switch format {
    case .json: sink(LogLine.json(time: time, level: level, message: message, fields: all))
    case .text: sink(LogLine.text(time: time, level: level, message: message, fields: all))
    }
  }

  private static func put(
    _ key: String, _ value: String, in fields: inout [(key: String, value: String)]
  ) {
    if let index = fields.firstIndex(where: { $0.key == key }) {
      fields[index].value = value
    } else {
      fields.append((key, value))
    }
  }
}

/// How much a record matters.
public enum LogLevel: String, Sendable, Comparable, CaseIterable {
  /// For those who look for a fault.
  case debug
  /// For those who run the service.
  case info
  /// Something is wrong, and the service goes on.
  case warning
  /// Something failed.
  case error

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }

  /// Whether the first matters less.
  public static func < (first: LogLevel, second: LogLevel) -> Bool { first.rank < second.rank }
}

/// How a record is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// An object a line, for machines.
  case json
  /// Words, for people.
  case text
}
