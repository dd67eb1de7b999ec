import Synchronization

/// Counts of observations by size, with a series for each combination of label values.
public struct Histogram: Sendable {
  let family: HistogramFamily

  /// Upper bounds for durations, in seconds, from one millisecond to five minutes.
  public static let secondsBuckets: [Double] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  ]

  /// Counts one observation.
  public func observe(_ value: Double, _ labels: String...) {
    family.observe(value, labels)
  }

  /// Counts one duration, in seconds.
  public func observe(_ duration: Duration, _ labels: String...) {
    let parts = duration.components
    family.observe(Double(parts.seconds) + Double(parts.attoseconds) * 1e-18, labels)
  }
}

/// The series of one histogram.
final class HistogramFamily: MetricFamily {
  /// Observations by bucket, the last one being those above all bounds; not yet cumulated.
  private struct Counts: Sendable {
    var buckets: [UInt64]
    var sum: Double = 0
  }

  let descriptor: MetricDescriptor
  let bounds: [Double]
  private let table: Mutex<SeriesTable<Counts>>

  init(_ descriptor: MetricDescriptor, bounds: [Double], seriesLimit: Int) {
    precondition(
      zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && bounds.allSatisfy { $0.isFinite },
      "the buckets of \(descriptor.name) do not ascend")
    self.descriptor = descriptor
    self.bounds = bounds
    let empty = Counts(buckets: Array(repeating: 0, count: bounds.count + 1))
    table = Mutex(
      SeriesTable(labelCount: descriptor.labels.count, limit: seriesLimit, initial: empty))
  }

  func observe(_ value: Double, _ labels: [String]) {
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    table.withLock {
      $0.update(labels) { counts in
        counts.buckets[bucket] += 1
        counts.sum += value
      }
    }
  }

  func write(to text: inout PrometheusText) {
    let snapshot = table.withLock { $0 }
    let names = descriptor.labels
    text.header(descriptor)
    snapshot.forEachSorted { labels, counts in
      var cumulated: UInt64 = 0
      for (count, bound) in zip(counts.buckets, bounds + [.infinity]) {
        cumulated += count
        text.sample(
          descriptor.name + "_bucket", names + ["le"],
          labels + [PrometheusText.number(bound)], Double(cumulated))
      }
      text.sample(descriptor.name + "_sum", names, labels, counts.sum)
      text.sample(descriptor.name + "_count", names, labels, Double(cumulated))
    }
  }
}
