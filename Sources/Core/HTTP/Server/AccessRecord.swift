import Telemetry

/// What is known of a request for its line in the log and its place in the metrics.
struct AccessRecord: Sendable {
  let id: String
  let method: String
  /// The pattern of the route; never the path, which a caller can make up without end.
  let route: String
  let began: ContinuousClock.Instant
  /// What the handler adds.
  let notes = RequestNotes()
}

/// Writes the access log and `sluice_http_request_seconds`.
struct AccessLog: Sendable {
  /// The status of a request that ended without an answer.
  static let noAnswer = 499

  private static let quietRoutes: Set<String> = ["/healthz", "/readyz", "/metrics"]

  private let logger: Logger
  private let seconds: Histogram

  init(logger: Logger, metrics: Metrics) {
    self.logger = logger
    seconds = metrics.histogram(
      "sluice_http_request_seconds", help: "Time from a request's head to the end of its answer.",
      labels: ["route", "method", "status"], buckets: Histogram.secondsBuckets)
  }

  func write(_ record: AccessRecord, status: Int, received: Int64, sent: Int64) {
    let duration = ContinuousClock.now - record.began
    seconds.observe(duration, record.route, record.method, String(status))
    logger.with(record.notes.fields).log(
      Self.quietRoutes.contains(record.route) ? .debug : .info, "request",
      [
        "request_id": record.id, "method": record.method, "route": record.route,
        "status": String(status), "seconds": Self.format(duration), "bytes": String(sent),
        "bytes_received": String(received),
      ])
  }

  private static func format(_ duration: Duration) -> String {
    let micros =
      duration.components.seconds * 1_000_000
      + duration.components.attoseconds / 1_000_000_000_000
    let fraction = String(micros % 1_000_000)
    return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
