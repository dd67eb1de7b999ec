import ImportModel

/// Writes the rejects of a batch, row by row, each row's faults in the order of its columns.
struct RejectCollector {
  let batch: RecordBatch
  let columns: [BatchColumn]

  func rejects(flags: UnsafePointer<RowFlags>) -> [Reject] {
    var rejects: [Reject] = []
    for row in batch.rows.indices where !flags[row].isEmpty {
      let first = rejects.count
      if flags[row].contains(.unreadable), let fault = batch.rows[row].fault {
        rejects.append(reject(of: fault, row: batch.rows[row]))
      } else {
        let badCells = batch.rows[row].badCells
        for column in columns {
          if let cell = badCells.first(where: { $0.field == column.field }) {
            rejects.append(reject(of: cell, in: column, row: batch.rows[row]))
          } else if column.buffer.states[row].isFault {
            rejects.append(reject(of: column, at: row))
          }
        }
      }
      if first < rejects.count { rejects[first].raw = Array(batch.raw(of: batch.rows[row])) }
    }
    return rejects
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
