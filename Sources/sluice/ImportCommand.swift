import Glibc
import HTTPClient
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
    let server = arguments["server"] ?? "http://\(listen)"
    self.server = String(server.reversed().drop { $0 == "/" }.reversed())
    let own: Set<String> = ["server", "idempotency-key"]
    var options = arguments.values.filter { !own.contains($0.key) }.sorted { $0.key < $1.key }
      .flatMap { name, values in values.map { (name.replacing("-", with: "_"), $0) } }
    for (flag, option) in [("force", "force"), ("dry-run", "dry_run")]
    where arguments.flags.contains(flag) {
      options.append((option, "true"))
    }
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
      Output.error("\(isatty(2) == 1 ? "\n" : "")interrupted; once more ends at once")
      work.cancel()
    }
    defer { signals.cancel() }
    do {
      return try await work.value
    } catch  where interrupted.withLock({ $0 }) {
      explain(error)
      return ExitCode.interrupted
    }
  }

  private func send() async throws -> Int32 {
    let client = ImportClient(server: server)
    let display = Mutex(ProgressDisplay())
    let accepted = try await client.submit(file: file, options: options, headers: headers) {
      sent, total in
      let share = total.map { $0 > 0 ? Double(sent) / Double($0) : 1 } ?? 0
      display.withLock { $0.show("uploading", share: share) }
    }
    if accepted.replayed {
      display.withLock { $0.end() }
      Output.error("imported before, as \(accepted.taskID); --force imports it again")
    }
    do {
      let (object, json) = try await client.untilEnded(accepted.taskID) { object in
        display.withLock {
          $0.show(object.status, share: object.progress, note: "\(object.rowsRead) rows")
        }
      }
      display.withLock { $0.end() }
      return report(object, json)
    } catch  where Task.isCancelled {
      display.withLock { $0.end() }
      // In a task of its own: this one is cancelled, and would not get a word out.
      try await Task { try await callOff(accepted, client) }.value
      throw CancellationError()
    }
  }

  private func callOff(_ accepted: ImportClient.Accepted, _ client: ImportClient) async throws {
    if accepted.replayed {
      Output.error("the import \(accepted.taskID) was not begun by this command, and is left alone")
    } else if try await client.cancel(accepted.taskID) {
      Output.error("the import \(accepted.taskID) is cancelled")
    } else {
      Output.error("the import \(accepted.taskID) had ended before it could be cancelled")
    }
  }

  /// What an interruption has led to, where `callOff` has not said so.
  private func explain(_ error: any Error) {
    switch error {
    case is CancellationError: return
    case let error as HTTPClientError where error.code == .aborted:
      Output.error("the file was not sent to its end, and nothing was imported")
    case let error as HTTPClientError where error.code == .unanswered:
      Output.error("the file was sent, and no answer came: the import may go on")
    default: Output.error("sluice: \(error)")
    }
  }

  private func report(_ object: ImportObject, _ json: [UInt8]) -> Int32 {
    let source = object.source
    for note in source.reading.notes { Output.error("sluice: \(file): \(note)") }
    if !source.reading.sure {
      Output.error(
        "sluice: \(file): read as \(source.format) in \(source.encoding), not for certain")
    }
    if printsJSON {
      Output.line(String(decoding: json, as: UTF8.self))
    } else {
      Output.line(
        """
        \(object.taskID) \(object.dryRun ? "dry run " : "")\(object.status): \
        \(object.rowsRead) rows read, \
        \(object.rowsInserted) inserted, \(object.rowsUpdated) updated, \
        \(object.rowsUnchanged) unchanged, \(object.rowsSkipped) skipped, \
        \(object.rowsBad) rejected
        """)
    }
    guard object.status == "done" else {
      let hint = object.error?.hint.map { " (\($0))" } ?? ""
      Output.error("sluice: \(object.error?.message ?? "the import is \(object.status)")\(hint)")
      if object.status != "undone", object.rowsInserted + object.rowsUpdated > 0 {
        Output.error(
          "the batches that are in stay; to take them back: "
            + "curl -X POST \(server)/imports/\(object.taskID)/undo")
      }
      return ExitCode.failed
    }
    for warning in object.warnings { Output.error("sluice: warning: \(warning.message)") }
    if object.dryRun {
      Output.error(
        """
        nothing was changed; what would be: \(server)/imports/\(object.taskID)/diff
        to carry it out: curl -X POST \(server)/imports/\(object.taskID)/commit
        """)
    }
    if object.rowsBad > 0 {
      Output.error("rejected rows: \(server)/imports/\(object.taskID)/errors")
      if failsOnRejects { return ExitCode.rejects }
    }
    return ExitCode.done
  }
}
