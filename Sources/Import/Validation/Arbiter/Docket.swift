import ImportModel

/// The doubtful values of one column of a batch, brought before the arbiter in sets.
///
/// Equal texts of a set are asked about once.
struct Docket {
  /// Most values of a set.
  static let valueLimit = 2_000
  /// Most bytes of a set, but for a single value that is larger.
  static let byteLimit = 1 << 20

  private let column: BatchColumn
  private let batch: RecordBatch
  private var nextRow = 0
  /// Rows of the set at hand, and the index of their value in it.
  private var asked: [(row: Int, index: Int)] = []

  init(column: BatchColumn, batch: RecordBatch) {
    self.column = column
    self.batch = batch
  }

  /// Settles what needs no asking: texts that are no text.
  ///
  /// - Returns: the rows at fault.
  func sortOut() -> [Int] {
    guard !batch.isPlainASCII else { return [] }
    let states = column.buffer.states
    let broken = batch.rows.indices.filter { row in
      states[row] == .doubtful && !UTF8Text.isValid(bytes(of: row))
    }
    for row in broken { states[row] = .badEncoding }
    return broken
  }

  /// The values of the next set, or nil when there are no more.
  mutating func next() -> [String?]? {
    var values: [String?] = []
    var indexes: [String?: Int] = [:]
    var size = 0
    asked.removeAll(keepingCapacity: true)
    while nextRow < batch.rows.count, values.count < Self.valueLimit, size < Self.byteLimit {
      defer { nextRow += 1 }
      guard column.buffer.states[nextRow] == .doubtful else { continue }
      let value = text(of: nextRow)
      let index = indexes[value] ?? values.count
      if index == values.count {
        indexes[value] = index
        values.append(value)
        size += value?.utf8.count ?? 0
      }
      asked.append((nextRow, index))
    }
    return values.isEmpty ? nil : values
  }

  /// Enters what was decided on the values of the set.
  ///
  /// - Returns: the rows at fault.
  func enter(_ judgements: [Judgement]) -> [Int] {
    let buffer = column.buffer
    let places = judgements.map { buffer.enter($0) }
    var faulty: [Int] = []
    for (row, index) in asked {
      let (state, span) = places[index]
      buffer.states[row] = state
      buffer.spans[row] = span
      if state.isFault { faulty.append(row) }
      if state == .judged { buffer.judgedUse += Int(span.count) }
    }
    return faulty
  }

  private func bytes(of row: Int) -> UnsafeRawBufferPointer {
    column.bytes(of: row, in: batch)
  }

  /// The text, or nil where the field is NULL and the domain has to be asked of it.
  private func text(of row: Int) -> String? {
    let field = column.slice(of: row, in: batch)
    let bytes = bytes(of: row)
    if field.count == 0 {
      return field.isQuoted && column.target.type.base.isTextLike ? "" : nil
    }
    if column.wordsLeft.concern(field), column.wordsLeft.contains(bytes) { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ColumnBuffer {
  /// Keeps what was decided on a value, and says what to note of the rows that have it.
  fileprivate func enter(_ judgement: Judgement) -> (CellState, Span) {
    let nothing = Span(offset: 0, count: 0)
    switch judgement {
    case .value(let bytes):
      return (.judged, appendJudged(bytes))
    case .accepted:
      return (.value, nothing)
    case .null:
      return (.null, nothing)
    case .refused(let refusal):
      refusals.append(refusal)
      return (.refused, Span(offset: UInt32(refusals.count - 1), count: 0))
    }
  }
}
