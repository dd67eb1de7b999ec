/// A function that a fuzzer feeds with bytes, and that the tests feed with its corpus.
///
/// It throws where a promise is broken. A crash, and more time or memory than small input can need, are
/// findings as well.
struct Fuzzer: Sendable, CustomStringConvertible {
  /// As `make fuzz ARGS=…` and the folder of its corpus name it.
  let name: String
  /// Takes one input, whatever it is.
  let run: @Sendable ([UInt8]) throws -> Void

  var description: String { name }

  /// All there are.
  static let all = [
    Fuzzer(name: "csv", run: CSVFuzzing.run),
    Fuzzer(name: "json", run: JSONFuzzing.run),
    Fuzzer(name: "xlsx", run: XLSXFuzzing.run),
    Fuzzer(name: "decoding", run: DecodingFuzzing.run),
    Fuzzer(name: "inspector", run: InspectorFuzzing.run),
    Fuzzer(name: "multipart", run: MultipartFuzzing.run),
    Fuzzer(name: "websocket", run: WebSocketFuzzing.run),
    Fuzzer(name: "values", run: ValuesFuzzing.run),
  ]
}

/// A promise that was broken by an input.
struct FuzzBreach: Error, CustomStringConvertible {
  let description: String
}

/// Throws `FuzzBreach` unless the promise holds.
func hold(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
  if !holds { throw FuzzBreach(description: promise()) }
}

/// Throws `FuzzBreach` unless both are the same.
func holdEqual<Value: Equatable>(
  _ one: Value, _ other: Value, _ promise: @autoclosure () -> String
) throws {
  if one != other {
    throw FuzzBreach(description: "\(promise()):\n  \(one)\nis not\n  \(other)")
  }
}
