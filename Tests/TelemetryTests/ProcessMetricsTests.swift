import Glibc
import Testing

@testable import Telemetry

@Suite("The metrics of the process")
struct ProcessMetricsTests {
  private func value(_ name: String) throws -> Double {
    let line = try #require(
      Metrics().render().split(separator: "\n").first { $0.hasPrefix("\(name) ") })
    return try #require(Double(line.dropFirst(name.utf8.count + 1)))
  }

  @Test("are there, and are plausible for this process")
  func plausible() throws {
    #expect(try value("process_cpu_seconds_total") > 0)
    #expect(try (1_000_000...100_000_000_000).contains(value("process_resident_memory_bytes")))
    #expect(
      try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
    #expect(try value("process_threads") >= 1)
    #expect(try value("process_max_fds") > value("process_open_fds"))
    let now = Double(time(nil))
    // Within a day before now; the boot time is whole seconds, so it may lie a moment ahead.
    #expect(try (now - 86_400...now + 2).contains(value("process_start_time_seconds")))
  }

  @Test("count the files that are open")
  func openFiles() throws {
    let files = (0..<64).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    let count = try value("process_open_fds")
    files.forEach { _ = close($0) }
    #expect(count >= 64)
  }

  @Test("are read right even if the program's name holds spaces and parentheses")
  func oddName() throws {
    let line =
      "42 (a) R (b c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 1000 4096000 25 18446744073709551615"
    let stat = try #require(ProcessStat(parsing: line, ticksPerSecond: 100, pageSize: 4096))
    #expect(stat.cpuSeconds == 2)
    #expect(stat.threads == 7)
    #expect(stat.startedAfterBoot == 10)
    #expect(stat.virtualBytes == 4_096_000)
    #expect(stat.residentBytes == 102_400)
  }

  @Test("are left out where the line is cut", arguments: ["", "42 (sluice", "42 (sluice) S 1 2 3"])
  func cutLine(line: String) {
    #expect(ProcessStat(parsing: line, ticksPerSecond: 100, pageSize: 4096) == nil)
  }
}
