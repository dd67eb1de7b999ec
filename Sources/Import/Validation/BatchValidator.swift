public import ImportModel

/// Turns batches of rows into binary COPY tuples, and what is wrong with them into rejects.
///
/// It works in two passes: column by column, in a loop compiled for the column's type; then row by row,
/// copying the columns' bytes together. In the steady state nothing is allocated for a field or a good
/// row. Values in a form that only Postgres knows are sent to it in sets (see `Arbiter`).
///
/// One thread owns it.
public final class BatchValidator {
  /// The columns of the staging table, in the order of the tuples' fields after the row number, if there is one.
  public let stagingColumns: [StagingColumn]
  /// How many values so far were in forms that only Postgres knows.
  public private(set) var doubtfulCount: Int64 = 0

  private let columns: [BatchColumn]
  private let arbiter: Arbiter
  private let profile: ProfileRecorder
  private let fieldsNeeded: Int
  private let numbersRows: Bool
  private var flags: ContiguousArray<RowFlags> = []

  /// Prepares the columns.
  ///
  /// - Parameters:
  ///   - table: the target that the mapping was made for.
  ///   - mapping: at least one column, as `HeaderMapping` makes it.
  ///   - arbiter: a session with the settings of the one that loads.
  ///   - numbersRows: whether tuples begin with the row's number.
  ///   - profile: where it notes what it takes.
  /// - Throws: `MappingError` where nothing is mapped, or a column that is none of the table's, or the
  ///   formats do not fit together.
  public init(
    table: TargetTable, mapping: [MappedColumn], options: ValidationOptions, arbiter: Arbiter,
    numbersRows: Bool = true, profile: ProfileRecorder = ProfileRecorder()
  ) throws(MappingError) {
    guard !mapping.isEmpty else {
      throw MappingError(
        code: .nothingMapped, message: "no column of the file goes into \(table.displayName)",
        hint: "map at least one header to a column")
    }
    for mapped in mapping where !table.columns.contains(mapped.column) {
      throw MappingError(
        code: .unknownColumn,
        message: "\"\(mapped.column.name)\" is no column of \(table.displayName)",
        hint: "the table may have been changed since the header was mapped")
    }
    do {
      try options.formats.validate()
    } catch {
      throw MappingError(code: .badFormats, message: error.message, hint: error.hint)
    }
    let nullWords = NullWords(options.nullWords, areTexts: options.marksText)
    columns = mapping.map { BatchColumn($0, options: options, nullWords: nullWords) }
    stagingColumns = mapping.map { StagingColumn(for: $0.read) }
    fieldsNeeded = mapping.reduce(0) { max($0, $1.field + 1) }
    self.numbersRows = numbersRows
    self.arbiter = arbiter
    self.profile = profile
  }

  /// Encodes a batch.
  ///
  /// - Parameters:
  ///   - batch: rows with as many fields as the mapping was made for.
  ///   - start: where the batch begins in the file.
  ///   - output: overwritten; its memory is used again.
  ///   - rejectRoom: rejects are made of as many bad rows as it has room for; `output.rowsBad` counts all.
  /// - Throws: `PostgresError` where Postgres had to be asked and did not answer, `CancellationError`.
  ///   What is wrong with the rows is in `output.rejects`.
  public nonisolated(nonsending) func encode(
    _ batch: RecordBatch, start: FilePosition, into output: inout EncodedBatch,
    rejectRoom: RejectRoom = .standard
  ) async throws {
    precondition(
      batch.rows.isEmpty || batch.fieldsPerRow >= fieldsNeeded,
      "the batch has fewer fields than the mapping was made for")
    (output.start, output.end) = (start, batch.end)
    (output.count, output.rowsOK, output.rowsBad, output.rejects) = (0, 0, 0, [])
    guard !batch.rows.isEmpty else { return }
    profile.measure(.validate) { encodeColumns(of: batch) }
    profile.count(.validate, rows: Int64(batch.rows.count))
    for column in columns where column.buffer.doubtfulCount > 0 {
      doubtfulCount += Int64(column.buffer.doubtfulCount)
      profile.begin(.arbiter)
      defer { profile.end(.arbiter) }
      try await arbitrate(column, of: batch)
    }
    profile.begin(.encode)
    defer { profile.end(.encode) }
    assemble(batch, into: &output)
    profile.count(.encode, rows: Int64(output.rowsOK))
    output.rowsBad = batch.rows.count - output.rowsOK
    if output.rowsBad > 0 { output.rejects = collectRejects(of: batch, rejectRoom) }
  }

  /// The text of a field of the batch that was encoded last, in the form that Postgres reads; nil for NULL. It means
  /// nothing where the field is at fault.
  ///
  /// - Parameter column: its place in the mapping.
  public func text(ofRow row: Int, column: Int, in batch: RecordBatch) -> String? {
    let column = columns[column]
    guard column.buffer.states[row] != .null else { return nil }
    return String(decoding: column.bytes(of: row, in: batch), as: UTF8.self)
  }

  private func encodeColumns(of batch: RecordBatch) {
    flags.removeAll(keepingCapacity: true)
    for row in batch.rows { flags.append(flags(of: row.fault)) }
    flags.withUnsafeMutableBufferPointer { flags in
      batch.fields.withUnsafeBufferPointer { fields in
        guard let flags = flags.baseAddress, let fields = fields.baseAddress else { return }
        for column in columns {
          let source = source(column, batch, fields, flags)
          guard let rewriter = column.rewriter else {
            column.encoder.run(source, into: column.buffer)
            continue
          }
          let plain = rewriter.run(source, storage: UnsafeRawBufferPointer(batch.storage))
          column.encoder.run(plain, into: column.buffer)
          rewriter.noteMisfits(in: column.buffer, plain)
        }
      }
    }
  }

  /// Bad cells count where their field goes into a column, and let the others be checked.
  private func flags(of fault: RowFault?) -> RowFlags {
    guard let fault else { return [] }
    guard case .badCells(let cells) = fault else { return .unreadable }
    return cells.contains { cell in columns.contains { $0.field == cell.field } } ? .faulty : []
  }

  private func source(
    _ column: BatchColumn, _ batch: RecordBatch, _ fields: UnsafePointer<FieldSlice>,
    _ flags: UnsafeMutablePointer<RowFlags>
  ) -> FieldSource {
    FieldSource(
      bytes: UnsafeRawPointer(batch.storage.baseAddress.unsafelyUnwrapped),
      fields: fields + column.field, fieldsPerRow: batch.fieldsPerRow, rowCount: batch.rows.count,
      flags: flags, isPlainASCII: batch.isPlainASCII, nullWords: column.nullWords,
      nullState: column.target.isRequired ? .required : .null)
  }

  private nonisolated(nonsending) func arbitrate(
    _ column: BatchColumn, of batch: RecordBatch
  ) async throws {
    var docket = Docket(column: column, batch: batch)
    for row in docket.sortOut() { flags[row].insert(.faulty) }
    while let values = docket.next() {
      let judgements = try await arbiter.judge(values, as: column.target.type)
      for row in docket.enter(judgements) { flags[row].insert(.faulty) }
    }
  }

  private func collectRejects(of batch: RecordBatch, _ room: RejectRoom) -> [Reject] {
    let collector = RejectCollector(batch: batch, columns: columns, room: room)
    return flags.withUnsafeBufferPointer { flags in
      guard let flags = flags.baseAddress else { return [] }
      return collector.rejects(flags: flags)
    }
  }
}

/// The second pass.
extension BatchValidator {
  private func assemble(_ batch: RecordBatch, into output: inout EncodedBatch) {
    makeRoom(for: batch, in: &output.bytes)
    let written = output.bytes.withUnsafeMutableBytes { bytes in
      withAssembler(of: batch) { $0.run(into: bytes.baseAddress.unsafelyUnwrapped) }
    }
    (output.count, output.rowsOK) = written
  }

  private func makeRoom(for batch: RecordBatch, in bytes: inout [UInt8]) {
    let rowCount = batch.rows.count
    // Each field goes into one column at most, so all texts together are no more than the batch.
    let bound = columns.reduce(rowCount * 14 + batch.count + TupleAssembler.slack) {
      $0 + $1.byteBound(rows: rowCount)
    }
    if bytes.count < bound { bytes = [UInt8](repeating: 0, count: bound + bound / 4) }
  }

  private func withAssembler<R>(of batch: RecordBatch, _ body: (TupleAssembler) -> R) -> R {
    batch.fields.withUnsafeBufferPointer { fields in
      batch.rows.withUnsafeBufferPointer { rows in
        flags.withUnsafeBufferPointer { flags in
          withPieces(of: batch, fields.baseAddress.unsafelyUnwrapped) { pieces in
            body(
              TupleAssembler(
                pieces: pieces, rows: rows.baseAddress.unsafelyUnwrapped,
                flags: flags.baseAddress.unsafelyUnwrapped, rowCount: rows.count,
                numbersRows: numbersRows))
          }
        }
      }
    }
  }

  private func withPieces<R>(
    of batch: RecordBatch, _ fields: UnsafePointer<FieldSlice>,
    _ body: (UnsafeBufferPointer<TupleAssembler.Piece>) -> R
  ) -> R {
    let pieces = columns.map { column in
      let storage = column.rewriter?.bytes ?? UnsafeRawBufferPointer(batch.storage)
      return TupleAssembler.Piece(
        layout: column.layout, states: UnsafePointer(column.buffer.states),
        spans: UnsafePointer(column.buffer.spans),
        payload: UnsafeRawPointer(column.buffer.payload),
        judged: UnsafeRawPointer(column.buffer.judged),
        fields: column.rewriter.map { UnsafePointer($0.fields) } ?? fields + column.field,
        fieldStride: column.rewriter == nil ? batch.fieldsPerRow : 1,
        storage: storage.baseAddress.unsafelyUnwrapped, storageLimit: storage.count)
    }
    return pieces.withUnsafeBufferPointer(body)
  }
}
