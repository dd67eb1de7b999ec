public import ImportModel

/// Finds the narrowest type of each field of a file, from all its rows, in memory that does not depend on
/// them. Nothing is allocated for a value.
///
/// It goes over the rows at least twice: first for the signs of numbers and the orders of dates, which all
/// values of the file decide together as in an import; then for the types, with every value read the way
/// in which an import will read it. Feed it every batch, in order, and begin again while `endPass` says so.
/// One thread owns it.
public final class TypeInference {
  private let names: [String]
  private let header: [String]
  private let told: ValueFormats
  private let nullWords: NullWords
  private let marksText: Bool
  private let textsAreJSON: Bool
  private let looksAtAll: Bool
  private let scratch = ScratchText()

  private var writing: [WritingEvidence]
  private var values: [FieldEvidence] = []
  /// Fields that turned out to be texts, although they seemed to be numbers or dates.
  private var texts: Set<Int> = []
  /// What the values decide, by the names of the columns.
  private var conclusion: SurveyConclusion

  /// Prepares to look at the fields of a header.
  ///
  /// - Parameters:
  ///   - told: what the caller told: it stands, and is not looked for.
  ///   - nullWords: see `ValidationOptions.nullWords`.
  ///   - marksText: see `ValidationOptions.marksText`.
  ///   - textsAreJSON: see `ValidationOptions.textsAreJSON`.
  ///   - looksAtAll: whether fields that can be nothing but text are looked at further, for a
  ///     `survey(of:)`.
  public init(
    header: [String], told: ValueFormats = ValueFormats(), nullWords: [String] = [],
    marksText: Bool = false, textsAreJSON: Bool = false, looksAtAll: Bool = false
  ) {
    self.header = header
    names = ColumnNames.make(from: header)
    self.told = told
    self.nullWords = NullWords(nullWords, areTexts: marksText)
    self.marksText = marksText
    self.textsAreJSON = textsAreJSON
    self.looksAtAll = looksAtAll
    writing = names.map { WritingEvidence(told.formats(of: $0)) }
    conclusion = SurveyConclusion(findings: [], told: told)
  }

  /// Looks at the rows of a batch.
  public func add(_ batch: RecordBatch) {
    for field in names.indices where field < batch.fieldsPerRow {
      values.isEmpty ? survey(field, of: batch) : weigh(field, of: batch)
    }
  }

  /// Ends a pass over the rows.
  ///
  /// - Returns: whether there has to be another one.
  public func endPass() -> Bool {
    if !values.isEmpty {
      let found = Set(
        values.indices.filter { values[$0].kind != .other && values[$0].misfit != nil })
      texts.formUnion(found)
      // What was no number after all had a say in how the others are written.
      guard !found.isEmpty, survey(of: candidates()).conclusion() != conclusion else {
        return false
      }
    }
    conclude()
    values = names.indices.map { field in
      FieldEvidence(
        texts.contains(field) ? .other : writing[field].kind,
        conclusion.formats.formats(of: names[field]))
    }
    return true
  }

  /// What stays open is text, and has no say then in how the others are written.
  private func conclude() {
    var kept: [SurveyNotice] = []
    while true {
      conclusion = survey(of: candidates()).conclusion()
      let open = conclusion.notices.filter(\.code.isUndecided)
      let fields = names.indices.filter { field in
        !texts.contains(field) && open.contains { $0.column == names[field] }
      }
      if fields.isEmpty { break }
      kept += open
      texts.formUnion(fields)
    }
    conclusion.notices += kept
  }

  /// How the values are written: what was told, and what they decide besides.
  public var formats: ValueFormats { conclusion.formats }

  /// What was found in each field.
  public var columns: [InferredColumn] {
    names.indices.map { field in
      let evidence = values[field]
      let type = evidence.type
      // An empty text is a value of a text alone.
      let empty = type == .text ? 0 : evidence.emptyCount
      return InferredColumn(
        field: field, header: header[field], name: names[field], type: type,
        valueCount: evidence.valueCount + evidence.emptyCount - empty,
        nullCount: evidence.nullCount + empty,
        minLength: type == .text && evidence.emptyCount > 0 ? 0 : evidence.minLength,
        maxLength: evidence.maxLength ?? (type == .text && evidence.emptyCount > 0 ? 0 : nil),
        isBinary: type == .integer && evidence.numbers.isBinary, samples: evidence.samples,
        notes: ColumnNotes(
          notices: conclusion.notices.filter { $0.column == names[field] },
          formats: conclusion.formats.formats(of: names[field]), writing: writing[field],
          values: evidence
        ).texts)
    }
  }

  /// What an import into these columns would find out about how the values are written.
  ///
  /// It needs all fields to have been looked at: see `init`.
  public func conclusion(for mapping: [MappedColumn]) -> SurveyConclusion {
    survey(
      of: mapping.compactMap { mapped in
        SurveyColumn.Kind(mapped.read.type.base).map {
          SurveyColumn(field: mapped.field, name: mapped.column.name, kind: $0)
        }
      }
    ).conclusion()
  }
}

// MARK: - Passes

extension TypeInference {
  private func survey(_ field: Int, of batch: RecordBatch) {
    if !looksAtAll, writing[field].isHopeless { return }
    for row in batch.rows.indices where batch.rows[row].hasFields {
      let slice = batch.fields[row &* batch.fieldsPerRow &+ field]
      guard slice.count > 0 else { continue }
      let text = WhiteSpace.trimmed(batch.bytes(of: slice))
      if text.isEmpty || isNullWord(slice, text) { continue }
      if marksText, !slice.isQuoted {
        writing[field].addLiteral(text, line: batch.rows[row].line)
      } else {
        writing[field].add(text, line: batch.rows[row].line)
      }
    }
  }

  private func weigh(_ field: Int, of batch: RecordBatch) {
    let trims = told.trim
    for row in batch.rows.indices where batch.rows[row].fault == nil {
      let slice = batch.fields[row &* batch.fieldsPerRow &+ field]
      let text = batch.bytes(of: slice)
      let isNull =
        slice.isQuoted
        ? isNullWord(slice, text)
        : text.isEmpty || isNullWord(slice, trims ? WhiteSpace.trimmed(text) : text)
          || (trims && WhiteSpace.trimmed(text).isEmpty)
      if isNull {
        values[field].addNull()
      } else {
        values[field].add(
          text, line: batch.rows[row].line, isLiteral: marksText && !slice.isQuoted,
          marksText: marksText, textsAreJSON: textsAreJSON, isASCII: batch.isPlainASCII,
          scratch: scratch)
      }
    }
  }

  private func isNullWord(_ slice: FieldSlice, _ text: UnsafeRawBufferPointer) -> Bool {
    nullWords.concern(slice) && nullWords.contains(text)
  }

  /// The fields that seem to be numbers or dates.
  private func candidates() -> [SurveyColumn] {
    names.indices.compactMap { field in
      guard !texts.contains(field) else { return nil }
      switch writing[field].kind {
      case .number: return SurveyColumn(field: field, name: names[field], kind: .number)
      case .date: return SurveyColumn(field: field, name: names[field], kind: .date)
      case .other: return nil
      }
    }
  }

  private func survey(of columns: [SurveyColumn]) -> FormatSurvey {
    FormatSurvey(
      columns: columns, told: told,
      dates: columns.map { writing[$0.field].dates },
      numbers: columns.map { column in
        // A date has no say in the signs of numbers.
        column.kind == .number
          ? writing[column.field].numbers : NumberEvidence(told.formats(of: column.name))
      },
      valueCounts: columns.map { writing[$0.field].textCount })
  }
}
