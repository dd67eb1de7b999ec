import Foundation
import Telemetry
import Testing

@Suite("The rendering, in the eyes of Prometheus")
struct PromtoolTests {
  @Test("passes promtool check metrics without a remark")
  func promtool() throws {
    let metrics = Metrics()
    metrics.counter("sluice_imports_total", help: "Imports.", labels: ["status", "target"])
      .increment("done", "demo.\"sales\"\n\\")
    metrics.gauge("sluice_imports_running", help: "Imports \\ running,\nnow.").set(2)
    metrics.histogram(
      "sluice_http_request_seconds", help: "Requests.", labels: ["route", "method", "status"],
      buckets: Histogram.secondsBuckets
    ).observe(0.2, "/imports/{id}", "GET", "200")
    metrics.histogram(
      "sluice_chunk_seconds", help: "Chunks.", buckets: Histogram.secondsBuckets
    ).observe(0.2)
    metrics.collect("sluice_spool_bytes", help: "Spool.", labels: [], kind: .gauge) {
      [(labels: [], value: 1e12)]
    }
    let (status, output) = try check(metrics.render())
    #expect(status == 0, "\(output)")
    #expect(output.isEmpty)
  }

  @Test("would be refused if it were wrong, so that the test above means something")
  func promtoolRefuses() throws {
    let (status, _) = try check("# TYPE a counter\na{x=\"1} 2\n")
    #expect(status != 0)
  }

  private func check(_ text: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["promtool", "check", "metrics"]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let answer = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: answer, as: UTF8.self))
  }
}
