import ImportModel
import Reading
import Validation

/// A file that was looked over as a whole: how it is read, and how its values are written.
struct PreparedFile: Sendable {
  let file: any FileBytes
  let preflight: ImportPreflight
  let formats: ValueFormats
  /// A folder for what does not fit into memory.
  let scratch: String
  /// What was concluded rather than told.
  private let notes: [String]

  /// Looks a file over to its end. It blocks.
  ///
  /// - Parameter preflight: of the whole file.
  /// - Throws: `ImportFailure` with the reason in its code, and what the storage throws.
  init(
    _ file: any FileBytes, _ preflight: ImportPreflight, options: ImportOptions, scratch: String
  ) throws {
    self.preflight = preflight
    let conclusion = try PreparedFile.survey(
      file, preflight, told: try ValueFormats(options), nullWords: options.null ?? [],
      scratch: scratch)
    let open = conclusion.notices.filter(\.code.isUndecided)
    guard open.isEmpty else {
      throw ImportFailure(
        .ambiguousValues, open.map(\.message).joined(separator: "; "),
        hint: Set(open.map(\.hint)).sorted().joined(separator: "; "))
    }
    self.file = file
    self.scratch = scratch
    formats = conclusion.formats
    notes = conclusion.notices.map { "\($0.message) (\($0.hint))" }
  }

  private static func survey(
    _ file: any FileBytes, _ preflight: ImportPreflight, told: ValueFormats, nullWords: [String],
    scratch: String
  ) throws -> SurveyConclusion {
    let plan = preflight.plan
    var survey = FormatSurvey(
      mapping: preflight.mapping, told: told, nullWords: nullWords, marksText: plan.marksText)
    if !survey.isEmpty || !preflight.namelessFields.isEmpty {
      let reader = try plan.reader(
        of: file, scratch: scratch, from: preflight.start, header: preflight.header.names)
      let batch = RecordBatch(capacity: BatchProducer.batchBytes * 2)
      while try reader.read(into: batch, maxBytes: BatchProducer.batchBytes, maxRows: .max) {
        survey.add(batch)
        try checkEmpty(preflight.namelessFields, in: batch)
      }
    }
    return survey.conclusion()
  }

  /// Columns without a name are left out only where nothing is lost by it.
  private static func checkEmpty(_ fields: [Int], in batch: RecordBatch) throws {
    for (index, row) in batch.rows.enumerated() where row.fault == nil {
      for field in fields where batch.fields[index * batch.fieldsPerRow + field].count > 0 {
        throw ImportFailure(
          .unknownColumn,
          "field \(field + 1) has no name in the header, but a value in line \(row.line)",
          hint: "name it in the file, or leave it out with the mapping {\"\": null}")
      }
    }
  }

  /// The file as its import's object describes it.
  func described(as known: ImportSource) -> ImportSource {
    var source = preflight.described(as: known)
    source.reading.notes += notes
    source.reading.values = ImportSource.Values(
      decimal: formats.decimal?.rawValue, thousands: formats.thousands?.rawValue,
      dateOrder: formats.dateOrder?.rawValue)
    return source
  }
}
