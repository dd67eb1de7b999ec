import Glibc
import HTTP
import ImportModel
import Telemetry

/// The settings that have a variable of the environment; the flag wins: contract, section 1.
enum Setting: String, CaseIterable {
  case databaseURL = "SLUICE_DATABASE_URL"
  case dataDir = "SLUICE_DATA_DIR"
  case listen = "SLUICE_LISTEN"
  case spool = "SLUICE_SPOOL"
  case concurrency = "SLUICE_CONCURRENCY"
  case queueLimit = "SLUICE_QUEUE_LIMIT"
  case uploadLimit = "SLUICE_UPLOAD_LIMIT"
  case maxBytes = "SLUICE_MAX_BYTES"
  case spoolLimit = "SLUICE_SPOOL_LIMIT"
  case auth = "SLUICE_AUTH"
  case retention = "SLUICE_RETENTION"
  case targets = "SLUICE_TARGETS"
  case log = "SLUICE_LOG"
  case leaseSeconds = "SLUICE_LEASE_SECONDS"
  case rejectLimit = "SLUICE_REJECT_LIMIT"
  case batchSeconds = "SLUICE_BATCH_SECONDS"
  case batchDuty = "SLUICE_BATCH_DUTY"

  var variable: String { rawValue }

  var flag: String {
    rawValue.dropFirst("SLUICE_".count).lowercased().replacing("_", with: "-")
  }

  var meaning: String {
    switch self {
    case .databaseURL: "libpq URI or keywords; unset: a private cluster in the data folder"
    case .dataDir: "spool, private cluster, run files (.sluice)"
    case .listen: "address:port (127.0.0.1:8080; a worker: only if named)"
    case .spool: "folder for uploaded bytes (DATA_DIR/spool)"
    case .concurrency: "imports that one worker runs at once (2)"
    case .queueLimit: "imports that may wait (1000)"
    case .uploadLimit: "uploads that one server receives at once (200)"
    case .maxBytes: "largest upload (20 GiB)"
    case .spoolLimit: "bytes that the spool may hold (as many as the disk has room for)"
    case .auth: "token or off; off on loopback"
    case .retention: "how long finished imports stay (30 days)"
    case .targets: "patterns of schema.table, separated by commas"
    case .log: "level or level,format: debug, info, warning, error; json, text"
    case .rejectLimit: "rejected rows that the report of an import lists (100000)"
    case .batchSeconds: "how long a batch of commit=batched should take (0.5)"
    case .batchDuty: "the share of the time in which batches work, up to 1 (0.8)"
    case .leaseSeconds: "how long a lease holds without a heartbeat (30)"
    }
  }
}

/// The settings of a process.
struct Settings {
  var databaseURL: String?
  var dataDir = ".sluice"
  var address = "127.0.0.1"
  var port: UInt16 = 8080
  /// Whether somebody named the address: a worker listens only then, as the default is the server's.
  var listens = false
  var spool = ""
  var concurrency = 2
  var queueLimit = 1000
  var uploadLimit = 200
  var maxBytes: Int64 = 20 << 30
  var spoolLimit: Int64?
  var retentionSeconds: Int64 = 30 * 86_400
  var targets: [String]?
  var logLevel = LogLevel.info
  var logFormat: LogFormat
  var leaseSeconds = 30
  var rejectLimit: Int64 = 100_000
  var batches = BatchSettings()
  var authIsOff: Bool

  /// Reads flags, then the environment, then takes the defaults.
  init(_ arguments: Arguments) throws {
    func text(_ setting: Setting) -> String? {
      arguments[setting.flag] ?? getenv(setting.variable).map { String(cString: $0) }
    }
    func value<T>(_ setting: Setting, _ read: (String) -> T?) throws -> T? {
      guard let text = text(setting) else { return nil }
      guard let value = read(text) else {
        throw arguments.wrong("--\(setting.flag): \(text) is not \(setting.meaning)")
      }
      return value
    }
    databaseURL = text(.databaseURL).flatMap { $0.isEmpty ? nil : $0 }
    dataDir = text(.dataDir) ?? dataDir
    if let place = try value(.listen, Settings.place) {
      (address, port) = place
      listens = true
    }
    spool = text(.spool) ?? "\(dataDir)/spool"
    if spool.hasPrefix("s3://") {
      throw arguments.wrong("--spool: object storage is not there yet; name a folder")
    }
    concurrency = try value(.concurrency) { Int($0).flatMap { $0 > 0 ? $0 : nil } } ?? concurrency
    queueLimit = try value(.queueLimit) { Int($0).flatMap { $0 >= 0 ? $0 : nil } } ?? queueLimit
    uploadLimit = try value(.uploadLimit) { Int($0).flatMap { $0 > 0 ? $0 : nil } } ?? uploadLimit
    maxBytes = try value(.maxBytes, Quantities.bytes) ?? maxBytes
    spoolLimit = try value(.spoolLimit, Quantities.bytes)
    retentionSeconds = try value(.retention, Quantities.seconds) ?? retentionSeconds
    leaseSeconds =
      try value(.leaseSeconds) { Int($0).flatMap { $0 >= 1 ? $0 : nil } } ?? leaseSeconds
    rejectLimit =
      try value(.rejectLimit) { Int64($0).flatMap { $0 >= 0 ? $0 : nil } } ?? rejectLimit
    batches.seconds =
      try value(.batchSeconds) { Double($0).flatMap { (0.01...60).contains($0) ? $0 : nil } }
      ?? batches.seconds
    batches.duty =
      try value(.batchDuty) { Double($0).flatMap { (0.01...1).contains($0) ? $0 : nil } }
      ?? batches.duty
    targets = text(.targets)?.split(separator: ",").map { $0.filter { $0 != " " } }
    logFormat = isatty(2) == 1 ? .text : .json
    if let log = try value(.log, Settings.log) {
      logLevel = log.level
      logFormat = log.format ?? logFormat
    }
    let isLoopback = address.hasPrefix("127.") || address == "::1"
    switch text(.auth) {
    case nil: authIsOff = isLoopback
    case "off": authIsOff = true
    case "token": authIsOff = false
    case let other?: throw arguments.wrong("--auth: \(other) is not token or off")
    }
  }

  /// Whether only this machine can reach the server.
  var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }

  /// Fails where nobody would keep strangers from a listener.
  func checkAuth() throws {
    guard authIsOff else {
      throw StartError(
        "tokens are not there yet: listen on a loopback address, or set SLUICE_AUTH=off")
    }
  }

  /// How to listen.
  var server: HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration(address: address, port: port)
    if isLoopback {
      configuration.allowedHosts = ["localhost", "127.0.0.1", "[::1]", "::1", address]
    }
    return configuration
  }

  /// The address of a server that listens here, as a link.
  func link(port: UInt16) -> String {
    "http://\(address.contains(":") ? "[\(address)]" : address):\(port)"
  }

  private static func place(_ text: String) -> (String, UInt16)? {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var address = String(text[..<colon])
    if address.hasPrefix("["), address.hasSuffix("]") {
      address = String(address.dropFirst().dropLast())
    }
    if address == "localhost" { address = "127.0.0.1" }
    return (address.isEmpty ? "0.0.0.0" : address, port)
  }

  private static func log(_ text: String) -> (level: LogLevel, format: LogFormat?)? {
    let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }
    guard let first = parts.first, let level = LogLevel(rawValue: first), parts.count <= 2 else {
      return nil
    }
    guard parts.count == 2 else { return (level, nil) }
    return LogFormat(rawValue: parts[1]).map { (level, $0) }
  }
}

/// Sizes and times as people write them.
enum Quantities {
  private static let byteUnits: [String: Int64] = [
    "": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1000, "m": 1 << 20, "mib": 1 << 20,
    "mb": 1_000_000, "g": 1 << 30, "gib": 1 << 30, "gb": 1_000_000_000, "t": 1 << 40,
    "tib": 1 << 40, "tb": 1_000_000_000_000,
  ]
  private static let timeUnits: [String: Int64] = [
    "": 1, "s": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400,
  ]

  /// `20 GiB`, `512MB`, `1000`
  static func bytes(_ text: String) -> Int64? { quantity(text, byteUnits) }

  /// `30 days`, `12h`, `90`
  static func seconds(_ text: String) -> Int64? { quantity(text, timeUnits) }

  private static func quantity(_ text: String, _ units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
    guard let number = Int64(digits), let factor = units[unit] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow || product <= 0 ? nil : product
  }
}
