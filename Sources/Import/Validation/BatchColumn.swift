import ImportModel

/// A mapped column with its encoder and the values of the batch at hand.
final class BatchColumn {
  let field: Int
  let target: TargetColumn
  let encoder: ColumnEncoder
  let layout: PieceLayout
  let nullWords: NullWords
  let buffer = ColumnBuffer()

  init(_ mapped: MappedColumn, settings: ValidationSettings, nullWords: NullWords) {
    self.nullWords = nullWords
    field = mapped.field
    target = mapped.column
    encoder = ColumnEncoder(for: mapped.column.type, settings: settings)
    layout = encoder.layout
  }

  /// Most bytes that the column's values can take in the tuples, the texts in the batch not counted.
  func byteBound(rows: Int) -> Int {
    let judged = buffer.judgedUse
    switch layout {
    case .fixed(let width): return rows * (4 + width) + judged
    case .variable: return rows * 4 + buffer.payloadCount + judged
    case .text: return rows * 4 + judged
    case .versionedText: return rows * 5 + judged
    }
  }
}
