import Glibc

/// The fuzzer that SLUICE_FUZZER names.
private let chosen = Fuzzer.all.first { fuzzer in
  getenv("SLUICE_FUZZER").map { String(cString: $0) } == fuzzer.name
}

/// What libFuzzer calls for each input. Whatever a function throws is a finding, and ends the process.
func runChosenFuzzer(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try chosen?.run(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
  } catch {
    fatalError("\(error)")
  }
}
