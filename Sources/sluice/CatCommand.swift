import FoundationEssentials
import ImportModel
import Reading
import Threading

/// `sluice cat FILE`: the rows as plain CSV on standard output, what is wrong on standard error.
struct CatCommand {
  private static let batchBytes = 1 << 20

  private let path: String
  private let request: FileRequest
  private let isStrict: Bool

  init(_ arguments: Arguments) throws {
    guard arguments.files.count == 1, let path = arguments.files.first else {
      throw arguments.wrong("name one file")
    }
    self.path = path
    request = try arguments.importOptions().fileRequest
    isStrict = arguments.flags.contains("strict")
  }

  /// Ends with 1 where the file cannot be read, or `--strict` met a bad row.
  func run() async throws -> Int32 {
    let executor = ThreadExecutor(name: "cat")
    return try await withTaskExecutorPreference(executor) {
      do {
        return try print()
      } catch let error as ReadingError {
        Output.error("sluice: \(path): \(error.message)\(error.hint.map { " \($0)" } ?? "")")
        return ExitCode.failed
      }
    }
  }

  private func print() throws -> Int32 {
    let file = try LocalFile(path)
    let scratch = FileManager.default.temporaryDirectory.path
    let plan = try FileInspector(file, request: request, scratch: scratch).plan(.whole)
    for note in plan.notes { Output.error("sluice: \(path): \(note)") }
    let reader = try plan.reader(of: file, scratch: scratch)
    let header = try reader.readHeader()
    let printer = CSVPrinter(plan.content)
    if plan.hasHeader { printer.append(names: header.names) }
    let batch = RecordBatch(capacity: 2 * CatCommand.batchBytes)
    while try reader.read(into: batch, maxBytes: CatCommand.batchBytes, maxRows: .max) {
      let isStopped = print(batch, to: printer)
      // Whoever reads has had enough, as `head` has: that is no error.
      guard Output.bytes(printer.bytes) else { return ExitCode.done }
      if isStopped { return ExitCode.failed }
      printer.removeAll()
    }
    _ = Output.bytes(printer.bytes)
    return ExitCode.done
  }

  /// Prints the rows without a fault, and tells of the others. Returns whether one of these ends all.
  private func print(_ batch: RecordBatch, to printer: CSVPrinter) -> Bool {
    var start = 0
    for index in batch.rows.indices {
      guard let fault = batch.rows[index].fault else { continue }
      printer.append(rows: start..<index, of: batch)
      start = index + 1
      tell(fault, of: batch.rows[index], in: batch)
      if isStrict { return true }
    }
    printer.append(rows: start..<batch.rows.count, of: batch)
    return false
  }

  private func tell(_ fault: RowFault, of row: RecordRow, in batch: RecordBatch) {
    let message = fault.message(fieldsInHeader: batch.fieldsPerRow)
    let raw = String(decoding: batch.raw(of: row), as: UTF8.self)
    Output.error("line \(row.line): \(fault.code.rawValue): \(message): \(raw)")
  }
}
