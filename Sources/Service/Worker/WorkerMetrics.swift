import ImportModel
import Telemetry

/// The metrics of a worker: contract, section 4.
struct WorkerMetrics: Sendable {
  private let imports: Counter
  private let running: Gauge
  private let rows: Counter
  private let bytes: Counter
  private let stages: Histogram
  private let chunkSeconds: Histogram
  private let chunkRows: Gauge
  private let retries: Counter

  init(_ metrics: Metrics) {
    imports = metrics.counter(
      "sluice_imports_total", help: "Imports that ended.", labels: ["status", "target"])
    running = metrics.gauge("sluice_imports_running", help: "Imports running in this process.")
    rows = metrics.counter(
      "sluice_rows_total", help: "Rows of imports that ended, by what became of them.",
      labels: ["outcome"])
    bytes = metrics.counter("sluice_bytes_total", help: "Bytes of files that were read.")
    stages = metrics.histogram(
      "sluice_stage_seconds", help: "Time in a stage of an import.", labels: ["stage"],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 7200])
    chunkSeconds = metrics.histogram(
      "sluice_chunk_seconds", help: "Time of a chunk's transaction.",
      buckets: [0.05, 0.1, 0.25, 0.5, 0.75, 1, 2, 5, 10])
    chunkRows = metrics.gauge("sluice_chunk_rows", help: "Rows of the last chunk.")
    retries = metrics.counter(
      "sluice_retries_total", help: "Attempts that ended to be tried again.", labels: ["reason"])
    running.set(0)
  }

  func began() { running.add(1) }
  func left() { running.add(-1) }

  func chunk(rows: Int, seconds: Double) {
    chunkSeconds.observe(seconds)
    chunkRows.set(Double(rows))
  }

  func ended(_ state: ImportState, target: String, counts: RowCounts) {
    imports.increment(state.rawValue, target)
    let outcomes: [(String, Int64)] = [
      ("ok", counts.ok), ("bad", counts.bad), ("skipped", counts.skipped),
      ("inserted", counts.inserted), ("updated", counts.updated), ("unchanged", counts.unchanged),
    ]
    for (outcome, count) in outcomes { rows.increment(by: Double(count), outcome) }
  }

  func undone(target: String) { imports.increment(ImportState.undone.rawValue, target) }
  func read(bytes count: Int64) { bytes.increment(by: Double(count)) }
  func retried(because reason: String) { retries.increment(reason) }

  func timed<R: Sendable>(_ stage: String, _ body: () async throws -> R) async throws -> R {
    let clock = ContinuousClock()
    let begun = clock.now
    let result = try await body()
    stages.observe((clock.now - begun) / .seconds(1), stage)
    return result
  }
}
