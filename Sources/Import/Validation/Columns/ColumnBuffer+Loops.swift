import ImportModel

/// The typed loops: each goes over a whole column, and is compiled for each encoder.
extension ColumnBuffer {
  func encodeFixed<F: FixedWidthField>(_ field: F, from source: FieldSource) {
    prepare(rows: source.rowCount, width: F.width)
    let (states, lengths) = (self.states, source.nullWords.lengths)
    var (out, doubtful) = (payload, 0)
    for row in 0..<source.rowCount {
      defer { out += F.width }
      guard source.isReadable(row) else {
        states[row] = .skipped
        continue
      }
      let slice = source.slice(row)
      if slice.count == 0 || source.isNullWord(slice, lengths: lengths) {
        source.note(source.nullState, row: row, in: states)
        continue
      }
      let state = CellState(field.encode(source.text(slice), into: out))
      source.note(state, row: row, in: states)
      if state == .doubtful { doubtful += 1 }
    }
    doubtfulCount = doubtful
  }

  func encodeVariable<F: VariableWidthField>(_ field: F, from source: FieldSource) {
    prepare(rows: source.rowCount, width: 8)
    let (states, spans, lengths) = (self.states, self.spans, source.nullWords.lengths)
    var (used, doubtful) = (0, 0)
    var (out, limit) = (payload, payloadLimit)
    for row in 0..<source.rowCount {
      guard source.isReadable(row) else {
        states[row] = .skipped
        continue
      }
      let slice = source.slice(row)
      if slice.count == 0 || source.isNullWord(slice, lengths: lengths) {
        source.note(source.nullState, row: row, in: states)
        continue
      }
      let most = used &+ field.maxBytes(forText: slice.count)
      if most > limit {
        growPayload(to: most, keeping: used)
        (out, limit) = (payload, payloadLimit)
      }
      var count = 0
      let state = CellState(field.encode(source.text(slice), into: out + used, count: &count))
      source.note(state, row: row, in: states)
      spans[row] = Span(
        offset: UInt32(truncatingIfNeeded: used), count: UInt32(truncatingIfNeeded: count))
      if state == .value { used &+= count }
      if state == .doubtful { doubtful += 1 }
    }
    payloadCount = used
    doubtfulCount = doubtful
  }

  func checkTextual<F: TextualField>(_ field: F, from source: FieldSource) {
    prepare(rows: source.rowCount, width: 0)
    let (states, lengths) = (self.states, source.nullWords.lengths)
    let mustBeChecked = F.needsUTF8 && !source.isPlainASCII
    var doubtful = 0
    for row in 0..<source.rowCount {
      guard source.isReadable(row) else {
        states[row] = .skipped
        continue
      }
      let slice = source.slice(row)
      if slice.count == 0 || source.isNullWord(slice, lengths: lengths) {
        source.note(source.nullState, row: row, in: states)
        continue
      }
      let text = source.text(slice)
      if mustBeChecked, !UTF8Text.isValid(text) {
        source.note(.badEncoding, row: row, in: states)
        continue
      }
      let state = CellState(field.check(text))
      source.note(state, row: row, in: states)
      if state == .doubtful { doubtful += 1 }
    }
    doubtfulCount = doubtful
  }

  /// The loop of `text`, `varchar` and `char`: here a quoted empty field is a value.
  func checkText(limit: Int?, from source: FieldSource) {
    prepare(rows: source.rowCount, width: 0)
    let (states, lengths) = (self.states, source.nullWords.lengths)
    let limit = limit ?? Int.max
    for row in 0..<source.rowCount {
      guard source.isReadable(row) else {
        states[row] = .skipped
        continue
      }
      let slice = source.slice(row)
      let isNull =
        slice.count == 0 ? !slice.isQuoted : source.isNullWord(slice, lengths: lengths)
      if isNull {
        source.note(source.nullState, row: row, in: states)
      } else if !source.isPlainASCII, !UTF8Text.isValid(source.text(slice)) {
        source.note(.badEncoding, row: row, in: states)
      } else if slice.count > limit, !UTF8Text.fits(source.text(slice), limit: limit) {
        source.note(.tooLong, row: row, in: states)
      } else {
        states[row] = .value
      }
    }
  }

  /// The loop of types without an encoder: Postgres decides on every value.
  ///
  /// - Parameters:
  ///   - emptyIsText: whether a quoted empty field is the empty string.
  ///   - asksForNull: whether Postgres has to be asked of NULL too: the CHECK of a domain may refuse it.
  func askAll(emptyIsText: Bool, asksForNull: Bool, from source: FieldSource) {
    prepare(rows: source.rowCount, width: 0)
    let (states, lengths) = (self.states, source.nullWords.lengths)
    var doubtful = 0
    for row in 0..<source.rowCount {
      guard source.isReadable(row) else {
        states[row] = .skipped
        continue
      }
      let slice = source.slice(row)
      let isNull =
        slice.count == 0
        ? !(emptyIsText && slice.isQuoted) : source.isNullWord(slice, lengths: lengths)
      if isNull, source.nullState == .required || !asksForNull {
        source.note(source.nullState, row: row, in: states)
      } else {
        states[row] = .doubtful
        doubtful += 1
      }
    }
    doubtfulCount = doubtful
  }
}
