import Synchronization

/// All series of one name.
protocol MetricFamily: AnyObject, Sendable {
  var descriptor: MetricDescriptor { get }
  func write(to text: inout PrometheusText)
}

/// What a family was declared as.
struct MetricDescriptor: Sendable {
  enum Kind: String {
    case counter, gauge, histogram

    init(_ kind: MetricKind) {
      switch kind {
      case .counter: self = .counter
      case .gauge: self = .gauge
      }
    }
  }

  let name: String
  let help: String
  let kind: Kind
  let labels: [String]

  init(_ name: String, _ help: String, _ kind: Kind, _ labels: [String]) {
    precondition(Self.isName(name, colons: true), "\(name) is no name for a metric")
    for label in labels {
      precondition(
        Self.isName(label, colons: false) && !label.hasPrefix("__") && label != "le",
        "\(label) is no name for a label")
    }
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
  }

  func agrees(with other: MetricDescriptor) -> Bool {
    kind == other.kind && labels == other.labels
  }

  private static func isName(_ name: String, colons: Bool) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
      case UInt8(ascii: ":"): colons
      default: false
      }
    }
  }
}

/// The series of one family by their label values, bounded in number and in length of the values.
struct SeriesTable<Value: Sendable>: Sendable {
  /// Longest label value, in bytes of UTF-8: two Postgres identifiers and a dot fit well.
  static var valueLimit: Int { 256 }

  private(set) var series: [[String]: Value] = [:]
  private let initial: Value
  private let labelCount: Int
  private let limit: Int

  /// A family without labels has its one series from the start, so that it is shown before it is fed.
  init(labelCount: Int, limit: Int, initial: Value) {
    self.labelCount = labelCount
    self.limit = limit
    self.initial = initial
    if labelCount == 0 { series[[]] = initial }
  }

  mutating func update(_ labels: [String], _ change: (inout Value) -> Void) {
    precondition(labels.count == labelCount, "a metric needs a value for each of its labels")
    if let index = series.index(forKey: labels) {
      change(&series.values[index])
    } else {
      let labels = admitted(labels)
      var value = series[labels] ?? initial
      change(&value)
      series[labels] = value
    }
  }

  private func admitted(_ labels: [String]) -> [String] {
    let fits =
      series.count < limit && labels.allSatisfy { $0.utf8.count <= Self.valueLimit }
    return fits ? labels : Array(repeating: "other", count: labelCount)
  }

  /// Calls `body` for each series, in the order of the label values.
  func forEachSorted(_ body: ([String], Value) -> Void) {
    let sorted = series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (labels, value) in sorted { body(labels, value) }
  }
}

/// A family with one number a series.
final class ScalarFamily: MetricFamily {
  let descriptor: MetricDescriptor
  private let table: Mutex<SeriesTable<Double>>

  init(_ descriptor: MetricDescriptor, seriesLimit: Int) {
    self.descriptor = descriptor
    table = Mutex(
      SeriesTable(labelCount: descriptor.labels.count, limit: seriesLimit, initial: 0))
  }

  func update(_ labels: [String], _ change: (inout Double) -> Void) {
    table.withLock { $0.update(labels, change) }
  }

  func write(to text: inout PrometheusText) {
    let snapshot = table.withLock { $0 }
    text.header(descriptor)
    snapshot.forEachSorted { labels, value in
      text.sample(descriptor.name, descriptor.labels, labels, value)
    }
  }
}

/// A family whose numbers are read at the time of rendering.
final class CollectedFamily: MetricFamily {
  typealias Read = @Sendable () -> [(labels: [String], value: Double)]

  let descriptor: MetricDescriptor
  private let seriesLimit: Int
  private let reads = Mutex<[Read]>([])

  init(_ descriptor: MetricDescriptor, seriesLimit: Int) {
    self.descriptor = descriptor
    self.seriesLimit = seriesLimit
  }

  func add(_ read: @escaping Read) {
    reads.withLock { $0.append(read) }
  }

  func write(to text: inout PrometheusText) {
    // Read outside the lock: a reading may take locks of its own.
    let readings = reads.withLock { $0 }.flatMap { $0() }
    guard !readings.isEmpty else { return }
    var table = SeriesTable<Double>(
      labelCount: descriptor.labels.count, limit: seriesLimit, initial: 0)
    for reading in readings { table.update(reading.labels) { $0 = reading.value } }
    text.header(descriptor)
    table.forEachSorted { labels, value in
      text.sample(descriptor.name, descriptor.labels, labels, value)
    }
  }
}
