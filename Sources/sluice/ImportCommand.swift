import Glibc
import Synchronization

/// `sluice import FILE --target T`
struct ImportCommand {
  private let file: String
  private let server: String
  private let options: [(String, String)]
  private let headers: [(String, String)]
  private let printsJSON: Bool
  private let failsOnRejects: Bool

  init(_ arguments: Arguments) throws {
    guard arguments.files.count == 1, let file = arguments.files.first else {
      throw arguments.wrong("name one file")
    }
    guard arguments["target"] != nil || arguments["template"] != nil else {
      throw arguments.wrong("--target is missing")
    }
    self.file = file
    let listen = getenv(Setting.listen.variable).map { String(cString: $0) } ?? "127.0.0.1:8080"
    server = arguments["server"] ?? "http://\(listen)"
    let own: Set<String> = ["server", "idempotency-key"]
    var options = arguments.values.filter { !own.contains($0.key) }.sorted { $0.key < $1.key }
      .flatMap { name, values in values.map { (name.replacing("-", with: "_"), $0) } }
    if arguments.flags.contains("force") { options.append(("force", "true")) }
    self.options = options
    headers = arguments["idempotency-key"].map { [("Idempotency-Key", $0)] } ?? []
    printsJSON = arguments.flags.contains("json")
    failsOnRejects = arguments.flags.contains("fail-on-rejects")
  }

  /// Sends the file and waits for the end; a signal calls the import off.
  func run() async throws -> Int32 {
    let work = Task { try await send() }
    let interrupted = Mutex(false)
    let signals = Task {
      _ = await Signals.next()
      interrupted.withLock { $0 = true }
      work.cancel()
    }
    defer { signals.cancel() }
    do {
      return try await work.value
    } catch  where interrupted.withLock({ $0 }) {
      Output.error("interrupted")
      return ExitCode.interrupted
    }
  }

  private func send() async throws -> Int32 {
    let client = ImportClient(server: server)
    let display = Mutex(ProgressDisplay())
    let id = try await client.submit(file: file, options: options, headers: headers) {
      sent, total in
      let share = total.map { $0 > 0 ? Double(sent) / Double($0) : 1 } ?? 0
      display.withLock { $0.show("uploading", share: share) }
    }
    do {
      let (object, json) = try await client.untilEnded(id) { object in
        display.withLock {
          $0.show(object.status, share: object.progress, note: "\(object.rowsRead) rows")
        }
      }
      display.withLock { $0.end() }
      return report(object, json)
    } catch  where Task.isCancelled {
      display.withLock { $0.end() }
      // In a task of its own: this one is cancelled, and would not get a word out.
      try await Task { try await client.cancel(id) }.value
      throw CancellationError()
    }
  }

  private func report(_ object: ImportObject, _ json: [UInt8]) -> Int32 {
    if printsJSON {
      Output.line(String(decoding: json, as: UTF8.self))
    } else {
      Output.line(
        """
        \(object.taskID) \(object.status): \(object.rowsRead) rows read, \
        \(object.rowsInserted) inserted, \(object.rowsUpdated) updated, \
        \(object.rowsUnchanged) unchanged, \(object.rowsSkipped) skipped, \
        \(object.rowsBad) rejected
        """)
    }
    guard object.status == "done" else {
      let hint = object.error?.hint.map { " (\($0))" } ?? ""
      Output.error("sluice: \(object.error?.message ?? "the import is \(object.status)")\(hint)")
      return ExitCode.failed
    }
    if object.rowsBad > 0 {
      Output.error("rejected rows: \(server)/imports/\(object.taskID)/errors")
      if failsOnRejects { return ExitCode.rejects }
    }
    return ExitCode.done
  }
}
