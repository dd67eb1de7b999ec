/// The first row of some bytes, whatever the number of its fields.
enum HeaderRow {
  /// The row.
  case whole(Row)
  /// A comment or an empty line, in place of a row: the bytes and the lines that it takes. No bytes where
  /// the file ends.
  case none(next: Int, lines: Int64)
  /// A comment whose end is not among the bytes.
  case openComment
  /// The end of the row is not among the bytes. `judged` of them are in it.
  case incomplete(isInQuotes: Bool, judged: Int)

  struct Row {
    /// Its fields, or the first of them.
    var fields: [FieldSpan] = []
    /// How many fields it has.
    var columns = 0
    /// Its length without the line end.
    var length = 0
    /// The bytes up to the next row.
    var next = 0
    /// The lines that it takes.
    var lines: Int64 = 0
  }

  /// - Parameters:
  ///   - isEnd: whether the file ends behind the bytes.
  ///   - maxFields: how many fields are kept.
  init(
    in bytes: UnsafeRawBufferPointer, isEnd: Bool, dialect: CheckedDialect, maxFields: Int
  ) {
    guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress, !bytes.isEmpty else {
      self = isEnd ? .none(next: 0, lines: 0) : .incomplete(isInQuotes: false, judged: 0)
      return
    }
    var walk = StructureWalk(start, from: 0, to: bytes.count, isEnd: isEnd, dialect: dialect)
    var row = Row()
    var event = walk.next()
    while event == .delimiter {
      row.append(walk.field, maxFields: maxFields)
      event = walk.next()
    }
    row.append(walk.field, maxFields: maxFields)
    row.length = walk.field.end
    row.next = walk.index
    row.lines = walk.lines
    self = HeaderRow(row, endedBy: event, walk, isEnd: isEnd)
  }

  private init(_ row: Row, endedBy event: StructureWalk.Event, _ walk: StructureWalk, isEnd: Bool) {
    if event == .comment || (event == .rowEnd && row.length == 0) {
      self = .none(next: walk.index, lines: walk.lines)
    } else if walk.isInComment {
      self = .openComment
    } else if event == .rowEnd || (isEnd && !walk.isInQuotes) {
      self = .whole(row)
    } else {
      self = .incomplete(isInQuotes: walk.isInQuotes, judged: walk.index)
    }
  }
}

extension HeaderRow.Row {
  fileprivate mutating func append(_ field: FieldSpan, maxFields: Int) {
    columns += 1
    if fields.count < maxFields { fields.append(field) }
  }
}
