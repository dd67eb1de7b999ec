import ImportModel

// The start of a file: what is passed over, and the header.

extension CSVReader {
  /// Reads the header, the first time it is called; then, and where it was given, just returns it. In a
  /// dialect without a header it looks at the first row, which stays to be read.
  ///
  /// - Throws: `ReadingError`, and whatever the source throws.
  public func readHeader() throws -> FileHeader {
    if let header { return header }
    try begin()
    let dialect = try dialect.get()
    while true {
      let row = HeaderRow(
        in: pending.bytes, isEnd: sourceHasEnded, dialect: dialect, maxFields: limits.maxColumns)
      switch row {
      case .none(let next, let lines):
        if next == 0 { throw emptyFile(dialect.dialect) }
        pass(next, lines: lines)
      case .openComment:
        _ = try passLine()
      case .whole(let row):
        let header = try makeHeader(of: row, dialect: dialect)
        self.header = header
        return header
      case .incomplete(let isInQuotes, let judged):
        // One byte less, because a CR at the end may be half of the line end.
        try checkLength(judged - 1, dialect.dialect, isInQuotes: isInQuotes)
        if sourceHasEnded { throw openQuote(dialect.dialect) }
        try fetchPending(max(limits.blockBytes, pending.count))
      }
    }
  }

  /// Looks at the first bytes of the file, once, and passes over what is no row whatever it says.
  func begin() throws {
    if hasBegun { return }
    hasBegun = true
    let dialect = try dialect.get().dialect
    guard position.byte == 0 else { return }
    try fetchPending(FileSignature.length)
    try FileSignature.check(pending.bytes)
    if pending.bytes.starts(with: FileSignature.byteOrderMark) {
      pass(FileSignature.byteOrderMark.count, lines: 0)
    }
    for _ in 0..<dialect.skipRows {
      guard try passLine() else {
        throw ReadingError(
          .emptyFile, "The file ends within the first \(dialect.skipRows) lines, which are skipped."
        )
      }
    }
  }

  private func makeHeader(of row: HeaderRow.Row, dialect: CheckedDialect) throws -> FileHeader {
    try checkLength(row.length, dialect.dialect, isInQuotes: false)
    if row.columns > limits.maxColumns {
      throw ReadingError(
        .tooManyColumns,
        "\(name(dialect.dialect)) has \(row.columns) columns; at most \(limits.maxColumns) are read."
      )
    }
    guard dialect.dialect.hasHeader else {
      return FileHeader(columns: row.columns, dialect: dialect.dialect)
    }
    let raw = UnsafeRawBufferPointer(rebasing: pending.bytes[..<row.length])
    let header = try FileHeader(row, raw: raw, dialect: dialect)
    pass(row.next, lines: row.lines)
    return header
  }

  /// Passes over a line, whatever is in it, in little memory. Returns false where there is none.
  private func passLine() throws -> Bool {
    var isThere = false
    while true {
      if let end = LineEnd(in: pending.bytes, isEnd: sourceHasEnded) {
        pass(end.next, lines: 1)
        return true
      }
      // A CR at the end may be half of the line end.
      let isHalf = pending.bytes.last == .cr
      isThere = isThere || pending.count > 0
      pass(pending.count - (isHalf ? 1 : 0), lines: 0)
      if sourceHasEnded { return isThere }
      try fetchPending(limits.blockBytes)
    }
  }

  /// Goes on behind bytes that are pending.
  private func pass(_ bytes: Int, lines: Int64) {
    pending.drop(bytes)
    position.byte += Int64(bytes)
    position.line += lines
  }

  /// Appends `room` bytes to those pending, or as many as the file still has.
  private func fetchPending(_ room: Int) throws {
    let end = pending.count + room
    while pending.count < end && !sourceHasEnded {
      let missing = end - pending.count
      try pending.append(room: missing) { try readSource(into: $0) }
    }
  }
}

// MARK: - What can be wrong with it

extension CSVReader {
  private func name(_ dialect: CSVDialect) -> String {
    dialect.hasHeader ? "The header" : "The first row"
  }

  private func checkLength(
    _ length: Int, _ dialect: CSVDialect, isInQuotes: Bool
  ) throws(ReadingError) {
    guard length > limits.maxRowBytes else { return }
    let reason = isInQuotes ? " A quote in it is perhaps never closed." : ""
    throw ReadingError(
      .headerTooLong, "\(name(dialect)) is longer than \(limits.maxRowBytes) bytes.\(reason)")
  }

  private func emptyFile(_ dialect: CSVDialect) -> ReadingError {
    let need = dialect.hasHeader ? "its first row must name the columns" : "it has no row"
    return ReadingError(.emptyFile, "The file is empty: \(need).")
  }

  private func openQuote(_ dialect: CSVDialect) -> ReadingError {
    ReadingError(
      .headerUnterminatedQuote,
      dialect.hasHeader
        ? "The file ends within quotes that were opened in its header."
        : "The file ends within quotes that were opened in its first row.")
  }
}
