import Synchronization
import Telemetry
import Testing

@Suite("The registry of metrics")
struct MetricsTests {
  private let metrics = Metrics()

  /// The lines of one family, without the `process_*` families that every registry has.
  private func lines(of name: String, in metrics: Metrics) -> [String] {
    metrics.render().split(separator: "\n").map(String.init).filter {
      $0.hasPrefix("# HELP \(name) ") || $0.hasPrefix("# TYPE \(name) ") || $0.hasPrefix(name)
    }
  }

  @Test("writes counters with their names as given, sorted by label values")
  func counters() {
    let counter = metrics.counter("sluice_rows_total", help: "Rows.", labels: ["outcome"])
    counter.increment(by: 3, "ok")
    counter.increment("bad")
    counter.increment("ok")
    #expect(
      lines(of: "sluice_rows_total", in: metrics) == [
        "# HELP sluice_rows_total Rows.", "# TYPE sluice_rows_total counter",
        "sluice_rows_total{outcome=\"bad\"} 1", "sluice_rows_total{outcome=\"ok\"} 4",
      ])
  }

  @Test("shows a family without labels before it is fed")
  func unlabelled() {
    let gauge = metrics.gauge("sluice_ws_clients", help: "Clients.")
    #expect(lines(of: "sluice_ws_clients", in: metrics).last == "sluice_ws_clients 0")
    gauge.set(5)
    gauge.add(-1.5)
    #expect(lines(of: "sluice_ws_clients", in: metrics).last == "sluice_ws_clients 3.5")
  }

  @Test("cumulates the buckets of a histogram up to +Inf")
  func histograms() {
    let histogram = metrics.histogram(
      "sluice_stage_seconds", help: "Stages.", labels: ["stage"], buckets: [0.5, 1, 10])
    histogram.observe(0.5, "parse")
    histogram.observe(.milliseconds(750), "parse")
    histogram.observe(99, "parse")
    #expect(
      lines(of: "sluice_stage_seconds", in: metrics).dropFirst(2) == [
        "sluice_stage_seconds_bucket{stage=\"parse\",le=\"0.5\"} 1",
        "sluice_stage_seconds_bucket{stage=\"parse\",le=\"1\"} 2",
        "sluice_stage_seconds_bucket{stage=\"parse\",le=\"10\"} 2",
        "sluice_stage_seconds_bucket{stage=\"parse\",le=\"+Inf\"} 3",
        "sluice_stage_seconds_sum{stage=\"parse\"} 100.25",
        "sluice_stage_seconds_count{stage=\"parse\"} 3",
      ])
  }

  @Test("escapes backslashes, line ends and, in values, quotes")
  func escaping() {
    let gauge = metrics.gauge("g_info", help: "a \\ b \"c\"\nd", labels: ["path"])
    gauge.set(1, "x\\y\"z\"\nw")
    #expect(
      lines(of: "g_info", in: metrics) == [
        "# HELP g_info a \\\\ b \"c\"\\nd", "# TYPE g_info gauge",
        "g_info{path=\"x\\\\y\\\"z\\\"\\nw\"} 1",
      ])
  }

  @Test(
    "writes numbers as Prometheus reads them",
    arguments: [
      (1e15, "1000000000000000"), (0.1, "0.1"), (-2, "-2"), (1e300, "1e+300"),
      (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"), (Double.nan, "NaN"),
    ])
  func numbers(value: Double, text: String) {
    metrics.gauge("g", help: "G.").set(value)
    #expect(lines(of: "g", in: metrics).last == "g \(text)")
  }

  @Test("gives the same family for the same name")
  func sameFamily() {
    metrics.counter("c_total", help: "C.", labels: ["a"]).increment("x")
    metrics.counter("c_total", help: "C.", labels: ["a"]).increment("x")
    #expect(lines(of: "c_total", in: metrics).last == "c_total{a=\"x\"} 2")
  }

  @Test("reads collected values when it renders, and joins several readings of one name")
  func collected() {
    let size = Mutex(1.0)
    metrics.collect("sluice_spool_bytes", help: "Spool.", labels: ["pool"], kind: .gauge) {
      [(labels: ["a"], value: size.withLock { $0 })]
    }
    metrics.collect("sluice_spool_bytes", help: "Spool.", labels: ["pool"], kind: .gauge) {
      [(labels: ["b"], value: 7)]
    }
    size.withLock { $0 = 2 }
    #expect(
      lines(of: "sluice_spool_bytes", in: metrics).dropFirst(2) == [
        "sluice_spool_bytes{pool=\"a\"} 2", "sluice_spool_bytes{pool=\"b\"} 7",
      ])
  }

  @Test("counts series beyond the limit, and values that are too long, under 'other'")
  func cardinality() {
    let metrics = Metrics(seriesLimit: 2)
    let counter = metrics.counter("c_total", help: "C.", labels: ["id"])
    counter.increment(String(repeating: "x", count: 5000))
    for id in 0..<100 { counter.increment("\(id)") }
    counter.increment("0")
    #expect(
      lines(of: "c_total", in: metrics).dropFirst(2) == [
        "c_total{id=\"0\"} 2", "c_total{id=\"other\"} 100",
      ])
  }

  @Test("loses no increment of many tasks")
  func concurrent() async {
    let counter = metrics.counter("c_total", help: "C.", labels: ["id"])
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { for _ in 0..<1000 { counter.increment("\(task % 2)") } }
      }
    }
    #expect(
      lines(of: "c_total", in: metrics).dropFirst(2) == [
        "c_total{id=\"0\"} 4000", "c_total{id=\"1\"} 4000",
      ])
  }
}
