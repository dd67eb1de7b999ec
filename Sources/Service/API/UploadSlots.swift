import HTTP
import Synchronization
import Telemetry

/// Bounds how many files are received at once: each takes a connection, memory and a part of the disk.
final class UploadSlots: Sendable {
  private let limit: Int
  private let gauge: Gauge
  private let kind: String
  private let taken = Mutex(0)

  /// - Parameter kind: what is received, as the metric `sluice_uploads_running` names it.
  init(limit: Int, kind: String, metrics: Metrics) {
    self.limit = limit
    self.kind = kind
    gauge = metrics.gauge(
      "sluice_uploads_running", help: "Files that are being received, by what they are for.",
      labels: ["kind"])
    gauge.set(0, kind)
  }

  /// Runs the body in a slot, which is given back however that ends.
  ///
  /// - Throws: `Problem` `too_many_uploads` where there is none, before anything was done; or what the body throws.
  func withSlot<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    guard move(by: 1) else { throw Problems.tooManyUploads }
    defer { _ = move(by: -1) }
    return try await body()
  }

  private func move(by step: Int) -> Bool {
    taken.withLock { taken in
      guard taken + step <= limit else { return false }
      taken += step
      // Inside the lock, so that the figure is the last one.
      gauge.set(Double(taken), kind)
      return true
    }
  }
}
