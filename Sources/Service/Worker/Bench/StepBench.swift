public import ImportModel
import Reading
import Validation

/// Measures the steps of an import that need no database, each by itself, on the thread that calls it.
///
/// It goes over the file as an import does: once as a whole for its encoding and dialect, once for how its
/// values are written, once to read, validate and encode.
public struct StepBench {
  /// How long a step took.
  public struct Step: Sendable, Equatable {
    /// The steps.
    public enum Name: String, Sendable, CaseIterable {
      /// Format, encoding, dialect and header, over the whole file.
      case detecting
      /// Rows and fields, nothing done with them.
      case reading
      /// How dates and numbers are written; the reading is not counted.
      case surveying
      /// Rows to tuples of binary COPY: reading, validating and encoding.
      case encoding
      /// All that comes before the COPY: detecting, reading and surveying, then encoding.
      case all
    }

    /// See `Name`.
    public let name: Name
    /// How long it took.
    public let seconds: Double
    /// How long its thread had a processor meanwhile: less where others want it too.
    public let cpuSeconds: Double

    /// Names a step and its times.
    public init(name: Name, seconds: Double, cpuSeconds: Double) {
      self.name = name
      self.seconds = seconds
      self.cpuSeconds = cpuSeconds
    }

    fileprivate init(_ name: Name, _ time: Stopwatch) {
      self.init(name: name, seconds: time.seconds, cpuSeconds: time.cpuSeconds)
    }
  }

  /// What came of it.
  public struct Outcome: Sendable {
    /// Size of the file.
    public let bytes: Int64
    /// Rows read.
    public let rows: Int64
    /// Rows that were rejected.
    public let rowsBad: Int64
    /// Values in forms that only Postgres knows, which were rejected for want of one.
    public let doubtful: Int64
    /// Bytes of the tuples.
    public let encodedBytes: Int64
    /// See `Step`.
    public let steps: [Step]
  }

  private let file: any FileBytes
  private let table: TargetTable?
  private let options: ImportOptions
  private let scratch: String

  /// Prepares to measure.
  ///
  /// - Parameters:
  ///   - table: what the fields are validated as; texts unless told.
  ///   - scratch: a folder for what does not fit into memory.
  public init(
    _ file: any FileBytes, table: TargetTable?, options: ImportOptions, scratch: String
  ) {
    self.file = StoppableFile(file)
    self.table = table
    self.options = options
    self.scratch = scratch
  }

  /// Goes through all steps once.
  ///
  /// - Throws: what an import of the file would throw.
  public nonisolated(nonsending) func run() async throws -> Outcome {
    let table = try table ?? textTable()
    var detecting = Stopwatch()
    let preflight = try detecting.measure {
      try ImportPreflight(
        file: file, target: table, options: options, lookups: [], scope: .whole, scratch: scratch)
    }
    var reading = Stopwatch()
    try reading.measure { try forEachBatch(preflight) { _ in } }
    let (formats, surveying) = try survey(preflight)
    let encoding = try await encode(preflight, table, formats)
    return Outcome(
      bytes: file.size, rows: encoding.rows, rowsBad: encoding.rowsBad,
      doubtful: encoding.doubtful, encodedBytes: encoding.bytes,
      steps: [
        Step(.detecting, detecting), Step(.reading, reading), Step(.surveying, surveying),
        Step(.encoding, encoding.time),
        Step(.all, detecting + reading + surveying + encoding.time),
      ])
  }

  private func textTable() throws -> TargetTable {
    let plan = try FileInspector(file, request: FileRequest(options), scratch: scratch).plan(.start)
    return ColumnList(texts: try plan.reader(of: file, scratch: scratch).readHeader().names).table
  }

  private func forEachBatch(_ preflight: ImportPreflight, _ body: (RecordBatch) -> Void) throws {
    let reader = try preflight.plan.reader(
      of: file, scratch: scratch, from: preflight.start, header: preflight.header.names)
    let batch = RecordBatch(capacity: BatchProducer.batchBytes * 2)
    while try reader.read(into: batch, maxBytes: BatchProducer.batchBytes, maxRows: .max) {
      body(batch)
    }
  }

  private func survey(_ preflight: ImportPreflight) throws -> (ValueFormats, Stopwatch) {
    var survey = FormatSurvey(
      mapping: preflight.mapping, told: try ValueFormats(options), nullWords: options.null ?? [],
      marksText: preflight.plan.marksText)
    var time = Stopwatch()
    try forEachBatch(preflight) { batch in
      time.measure { survey.add(batch) }
    }
    return (survey.conclusion().formats, time)
  }

  private struct Encoded {
    var rows: Int64 = 0
    var rowsBad: Int64 = 0
    var bytes: Int64 = 0
    var doubtful: Int64 = 0
    var time = Stopwatch()
  }

  private nonisolated(nonsending) func encode(
    _ preflight: ImportPreflight, _ table: TargetTable, _ formats: ValueFormats
  ) async throws -> Encoded {
    let began = Stopwatch.now
    // The settings of a session that most databases have: nothing need be asked for them.
    let validator = try BatchValidator(
      table: table, mapping: preflight.mapping,
      options: ValidationOptions(
        nullWords: options.null ?? [],
        settings: ValidationSettings(timeZoneIsUTC: true, encodingIsUTF8: true), formats: formats,
        marksText: preflight.plan.marksText),
      arbiter: Arbiter())
    let reader = try preflight.plan.reader(
      of: file, scratch: scratch, from: preflight.start, header: preflight.header.names)
    let batch = RecordBatch(capacity: BatchProducer.batchBytes * 2)
    var encoded = Encoded()
    var output = EncodedBatch()
    var start = preflight.start
    while try reader.read(into: batch, maxBytes: BatchProducer.batchBytes, maxRows: .max) {
      try await validator.encode(
        batch, start: start, into: &output, rejectRoom: RejectRoom(rows: 0))
      start = batch.end
      encoded.rows += Int64(output.rowsOK + output.rowsBad)
      encoded.rowsBad += Int64(output.rowsBad)
      encoded.bytes += Int64(output.count)
    }
    encoded.doubtful = validator.doubtfulCount
    encoded.time.add(since: began)
    return encoded
  }
}
