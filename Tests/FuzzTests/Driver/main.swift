import CLibFuzzer
import Glibc

// The fuzzer to run comes by the environment, as libFuzzer takes all arguments for its own.
guard let name = getenv("SLUICE_FUZZER").map({ String(cString: $0) }),
  Fuzzer.all.contains(where: { $0.name == name })
else {
  print(Fuzzer.all.map(\.name).joined(separator: "\n"))
  exit(2)
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(LLVMFuzzerRunDriver(&count, &arguments, runChosenFuzzer))
