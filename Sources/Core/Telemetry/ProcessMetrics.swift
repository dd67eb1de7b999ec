import Glibc

/// The `process_*` families, read from `/proc` (proc(5)) when they are rendered.
///
/// What cannot be read, for instance where `/proc` is not mounted, is left out of the rendering.
enum ProcessMetrics {
  static func register(in metrics: Metrics) {
    func add(
      _ name: String, _ help: String, _ kind: MetricKind, _ read: @escaping @Sendable () -> Double?
    ) {
      metrics.collect(name, help: help, labels: [], kind: kind) {
        read().map { [(labels: [], value: $0)] } ?? []
      }
    }
    add("process_cpu_seconds_total", "Time spent on processors, user and system.", .counter) {
      ProcessStat.read()?.cpuSeconds
    }
    add("process_resident_memory_bytes", "Memory in RAM.", .gauge) {
      ProcessStat.read()?.residentBytes
    }
    add("process_virtual_memory_bytes", "Size of the address space.", .gauge) {
      ProcessStat.read()?.virtualBytes
    }
    add("process_start_time_seconds", "Start of the process, in seconds since 1970.", .gauge) {
      startTime()
    }
    add("process_threads", "Threads of the process.", .gauge) { ProcessStat.read()?.threads }
    add("process_open_fds", "Open file descriptors.", .gauge) { openDescriptors() }
    add("process_max_fds", "Most file descriptors that may be open.", .gauge) { maxDescriptors() }
  }

  private static func startTime() -> Double? {
    guard let started = ProcessStat.read()?.startedAfterBoot,
      let stat = ProcFile.read("/proc/stat"),
      let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
      let boot = Double(line.dropFirst(6))
    else { return nil }
    return boot + started
  }

  private static func openDescriptors() -> Double? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      // Not ".", not "..": descriptors are numbers.
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    // Less the one that reads the folder.
    return Double(count - 1)
  }

  private static func maxDescriptors() -> Double? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
  }
}

/// The fields of `/proc/self/stat` that we show.
struct ProcessStat {
  let cpuSeconds: Double
  let threads: Double
  /// Seconds from the boot of the machine to the start of the process.
  let startedAfterBoot: Double
  let virtualBytes: Double
  let residentBytes: Double

  static func read() -> ProcessStat? {
    ProcFile.read("/proc/self/stat").flatMap {
      ProcessStat(
        parsing: $0, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
        pageSize: Double(sysconf(Int32(_SC_PAGESIZE))))
    }
  }

  /// Reads one line in the form of proc(5).
  init?(parsing line: String, ticksPerSecond: Double, pageSize: Double) {
    // The second field is the name of the program, in parentheses, and may hold anything.
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(whereSeparator: \.isWhitespace)
    // Numbers of fields are those of the manual, counted from 1; the name was the second.
    func field(_ number: Int) -> Double? {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }
    guard let user = field(14), let system = field(15), let threads = field(20),
      let start = field(22), let virtual = field(23), let resident = field(24)
    else { return nil }
    cpuSeconds = (user + system) / ticksPerSecond
    self.threads = threads
    startedAfterBoot = start / ticksPerSecond
    virtualBytes = virtual
    residentBytes = resident * pageSize
  }
}

/// Small files of `/proc`.
private enum ProcFile {
  private static let limit = 1 << 20

  /// The whole file, or nil where it cannot be read.
  static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < limit {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
