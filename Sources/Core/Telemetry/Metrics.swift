import Synchronization

/// A registry of metrics: one for each process, handed along to whoever counts something.
///
/// A family is declared by the module that feeds it. Declaring the same name twice gives the same
/// family; declaring it with another kind, other labels or other buckets is a mistake in the program
/// and stops it.
public final class Metrics: Sendable {
  private let families = Mutex<[String: any MetricFamily]>([:])
  private let seriesLimit: Int

  /// Makes a registry that already has the `process_*` families.
  ///
  /// - Parameter seriesLimit: combinations of label values that a family keeps; what comes beyond is
  ///   counted under the value `other`.
  public init(seriesLimit: Int = 1000) {
    self.seriesLimit = seriesLimit
    ProcessMetrics.register(in: self)
  }

  /// A number that only grows. Prometheus wants its name to end in `_total`.
  public func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
    Counter(family: scalar(MetricDescriptor(name, help, .counter, labels)))
  }

  /// A number that goes up and down.
  public func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
    Gauge(family: scalar(MetricDescriptor(name, help, .gauge, labels)))
  }

  /// Counts of observations by size.
  ///
  /// - Parameter buckets: upper bounds, included, in ascending order, without +Inf.
  public func histogram(
    _ name: String, help: String, labels: [String] = [], buckets: [Double]
  ) -> Histogram {
    let descriptor = MetricDescriptor(name, help, .histogram, labels)
    let found = family(descriptor) {
      HistogramFamily(descriptor, bounds: buckets, seriesLimit: seriesLimit)
    }
    precondition(found.bounds == buckets, "\(name) was declared with other buckets")
    return Histogram(family: found)
  }

  /// Values that are read when Prometheus asks for them.
  ///
  /// May be called several times with one name: the readings are joined, and of two with the same
  /// label values the later one counts. `read` runs on the thread that renders; it must not block.
  public func collect(
    _ name: String, help: String, labels: [String], kind: MetricKind,
    _ read: @escaping @Sendable () -> [(labels: [String], value: Double)]
  ) {
    let descriptor = MetricDescriptor(name, help, MetricDescriptor.Kind(kind), labels)
    family(descriptor) { CollectedFamily(descriptor, seriesLimit: seriesLimit) }.add(read)
  }

  /// All metrics in Prometheus' text format 0.0.4, families by name and series by label values.
  ///
  /// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
  public func render() -> String {
    let sorted = families.withLock { Array($0.values) }
      .sorted { $0.descriptor.name < $1.descriptor.name }
    var text = PrometheusText()
    for family in sorted { family.write(to: &text) }
    return text.string
  }

  private func scalar(_ descriptor: MetricDescriptor) -> ScalarFamily {
    family(descriptor) { ScalarFamily(descriptor, seriesLimit: seriesLimit) }
  }

  private func family<Family: MetricFamily>(
    _ descriptor: MetricDescriptor, make: () -> Family
  ) -> Family {
    families.withLock { families in
      guard let known = families[descriptor.name] else {
        let family = make()
        families[descriptor.name] = family
        return family
      }
      guard let family = known as? Family, known.descriptor.agrees(with: descriptor) else {
        preconditionFailure("\(descriptor.name) was declared with another kind or other labels")
      }
      return family
    }
  }
}

/// The kinds of metric that `Metrics.collect` takes.
public enum MetricKind: Sendable {
  /// Only grows.
  case counter
  /// Goes up and down.
  case gauge
}
