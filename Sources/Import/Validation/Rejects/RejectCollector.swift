import ImportModel

/// Writes the rejects of a batch, row by row, each row's faults in the order of its columns.
///
/// Rows with hundreds of faults have one cause: the first of them are listed, the others are counted.
struct RejectCollector {
  /// Faults of one row that are listed.
  static let faultLimit = 20

  let batch: RecordBatch
  let columns: [BatchColumn]
  /// What the report has room for.
  let room: RejectRoom

  func rejects(flags: UnsafePointer<RowFlags>) -> [Reject] {
    var rejects: [Reject] = []
    var room = room
    for row in batch.rows.indices where !flags[row].isEmpty {
      if room.isEmpty { break }
      let first = rejects.count
      if flags[row].contains(.unreadable), let fault = batch.rows[row].fault {
        rejects.append(reject(of: fault, row: batch.rows[row]))
      } else {
        addFaults(of: row, to: &rejects)
      }
      guard first < rejects.count else { continue }
      rejects[first].raw = Array(batch.raw(of: batch.rows[row]))
      room.take(row: rejects[first...])
    }
    return rejects
  }

  private func addFaults(of row: Int, to rejects: inout [Reject]) {
    let badCells = batch.rows[row].badCells
    var faults = 0
    for column in columns {
      let cell = badCells.first { $0.field == column.field }
      guard cell != nil || column.buffer.states[row].isFault else { continue }
      faults += 1
      if faults > RejectCollector.faultLimit + 1 { continue }
      rejects.append(
        cell.map { reject(of: $0, in: column, row: batch.rows[row]) } ?? reject(of: column, at: row)
      )
    }
    let rest = faults - RejectCollector.faultLimit
    guard rest > 1, let last = rejects.indices.last else { return }
    // In the place of the first of them, whose code it keeps.
    rejects[last].column = nil
    rejects[last].value = nil
    rejects[last].message = "and \(rest) more faults"
  }

  private func reject(of fault: RowFault, row: RecordRow) -> Reject {
    let text = FaultText(fault, fieldsInHeader: batch.fieldsPerRow)
    return Reject(
      row: row.number, line: row.line, column: nil, code: text.code, message: text.message,
      value: nil)
  }

  private func reject(of cell: BadCell, in column: BatchColumn, row: RecordRow) -> Reject {
    Reject(
      row: row.number, line: row.line, column: column.target.name, code: .type,
      message: "the cell has the error \(cell.text) in the place of a value", value: cell.text)
  }

  private func reject(of column: BatchColumn, at index: Int) -> Reject {
    let row = batch.rows[index]
    let bytes = batch.bytes(of: batch.fields[index * batch.fieldsPerRow + column.field])
    let state = column.buffer.states[index]
    let (code, message): (RejectCode, String)
    if state == .refused {
      let refusal = column.buffer.refusals[Int(column.buffer.spans[index].offset)]
      (code, message) = (refusal.code, refusal.message)
    } else {
      let text = FaultText(state, column: column.target, text: bytes)
      let expected = text.code == .type ? column.rewriter?.expectation.message(of: bytes) : nil
      (code, message) = (text.code, expected ?? text.message)
    }
    return Reject(
      row: row.number, line: row.line, column: column.target.name, code: code, message: message,
      value: state == .required && bytes.isEmpty ? nil : Excerpt.value(bytes))
  }
}

extension RecordRow {
  fileprivate var badCells: [BadCell] {
    if case .badCells(let cells) = fault { cells } else { [] }
  }
}
