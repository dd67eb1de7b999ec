import ImportModel

/// A mapped column with its encoder and the values of the batch at hand.
final class BatchColumn {
  let field: Int
  let target: TargetColumn
  let encoder: ColumnEncoder
  let layout: PieceLayout
  let nullWords: NullWords
  let buffer = ColumnBuffer()
  /// What puts the values into plain form, or nil where no format was told that concerns them.
  let rewriter: ColumnRewriter?

  init(_ mapped: MappedColumn, options: ValidationOptions, nullWords: NullWords) {
    self.nullWords = nullWords
    rewriter = ColumnRewriter(options, for: mapped.read)
    field = mapped.field
    target = mapped.read
    encoder = ColumnEncoder(for: mapped.read.type, settings: options.settings)
    layout = encoder.layout
  }

  /// Most bytes that the column's values can take in the tuples, the texts in the batch not counted.
  func byteBound(rows: Int) -> Int {
    let judged = buffer.judgedUse
    switch layout {
    case .fixed(let width): return rows * (4 + width) + judged
    case .variable: return rows * 4 + buffer.payloadCount + judged
    case .text: return rows * 4 + judged + (rewriter?.count ?? 0)
    case .versionedText: return rows * 5 + judged + (rewriter?.count ?? 0)
    }
  }

  /// The field of a row as the encoder saw it.
  func slice(of row: Int, in batch: RecordBatch) -> FieldSlice {
    rewriter?.fields[row] ?? batch.fields[row * batch.fieldsPerRow + field]
  }

  /// The null words that may be among the fields as the encoder sees them.
  var wordsLeft: NullWords { rewriter?.resolvesNull ?? false ? .none : nullWords }

  /// The bytes of `slice(of:in:)`.
  func bytes(of row: Int, in batch: RecordBatch) -> UnsafeRawBufferPointer {
    rewriter?.bytes(of: row) ?? batch.bytes(of: slice(of: row, in: batch))
  }
}
