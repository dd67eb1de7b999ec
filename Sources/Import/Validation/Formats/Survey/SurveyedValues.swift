import ImportModel

/// What the values of a column say, one after the other.
protocol SurveyEvidence {
  /// Takes in a value of the usual form, told at a glance; false where it is another one, and nothing is
  /// taken in.
  mutating func addUsual(_ value: SurveyedValue) -> Bool
  /// Takes in any value, without white space at its ends.
  mutating func add(_ text: UnsafeRawBufferPointer, line: Int64)
}

/// A value as it stands in its row.
struct SurveyedValue {
  /// Its bytes, one at least.
  let text: UnsafeRawBufferPointer
  /// The first eight bytes, the first one lowest. Those behind the end mean nothing.
  let word: UInt64
}

/// The values of a batch, NULL left out.
struct SurveyedValues {
  private let batch: RecordBatch
  private let nullWords: NullWords
  private let marksText: Bool
  private let hasFaults: Bool

  init(_ batch: RecordBatch, _ nullWords: NullWords, marksText: Bool) {
    self.batch = batch
    self.nullWords = nullWords
    self.marksText = marksText
    hasFaults = batch.rows.withUnsafeBufferPointer { rows in
      rows.indices.contains { !rows[$0].hasFields }
    }
  }

  /// Shows the values of a field in some rows to an evidence. Returns how many there are.
  @inline(__always)
  func show(_ field: Int, of range: Range<Int>, to evidence: inout some SurveyEvidence) -> Int {
    let width = batch.fieldsPerRow
    let storage = UnsafeRawBufferPointer(batch.storage)
    let mayBeNull = nullWords.lengths != 0
    var count = 0
    batch.fields.withUnsafeBufferPointer { fields in
      batch.rows.withUnsafeBufferPointer { rows in
        for row in range {
          let slice = fields[row &* width &+ field]
          guard slice.count > 0, slice.isQuoted || !marksText,
            !hasFaults || rows[row].hasFields
          else { continue }
          let value = SurveyedValues.value(slice, in: storage)
          if !mayBeNull, evidence.addUsual(value) {
            count &+= 1
          } else if show(value.text, slice, rows[row].line, to: &evidence) {
            count &+= 1
          }
        }
      }
    }
    return count
  }

  @inline(__always)
  private static func value(
    _ slice: FieldSlice, in storage: UnsafeRawBufferPointer
  ) -> SurveyedValue {
    let start = storage.baseAddress.unsafelyUnwrapped + slice.offset
    let text = UnsafeRawBufferPointer(start: start, count: slice.count)
    if slice.offset &+ 8 <= storage.count {
      return SurveyedValue(
        text: text, word: UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)))
    }
    var word: UInt64 = 0
    for byte in text.prefix(8).reversed() { word = word << 8 | UInt64(byte) }
    return SurveyedValue(text: text, word: word)
  }

  /// Returns whether the text is a value.
  @inline(never)
  private func show(
    _ text: UnsafeRawBufferPointer, _ slice: FieldSlice, _ line: Int64,
    to evidence: inout some SurveyEvidence
  ) -> Bool {
    let text = WhiteSpace.trimmed(text)
    if text.isEmpty || (nullWords.concern(slice) && nullWords.contains(text)) { return false }
    evidence.add(text, line: line)
    return true
  }
}
