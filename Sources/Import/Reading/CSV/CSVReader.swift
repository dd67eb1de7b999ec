public import ImportModel

/// Reads the rows of a CSV file (RFC 4180), or of another one that a `CSVDialect` describes, in batches, in
/// memory that does not depend on the file.
///
/// What it takes, where RFC 4180 leaves it open:
/// - LF, CRLF and CR outside quotes end a row, even mixed in one file; within quotes, and behind an escape,
///   they are data. The last row needs none. A UTF-8 byte order mark is dropped.
/// - A quote anywhere in a field begins or ends a quoted part, and within one a doubled quote stands for
///   itself, as in Postgres's `COPY … (FORMAT csv)`: `ab"c,d"e` is the one value `abc,de`. A field with
///   any quote or escape in it counts as quoted, but for `\N` in a dialect with backslash sequences.
/// - An empty line is no row. Where the header has a single column it is a row with one empty field.
///   Empty lines before the header, or before the first row of a file without one, are passed over.
/// - A file without a header has as many columns as its first row: `column_1` and so on.
/// - Lines are counted as an editor counts them, CRLF as one; skipped ones, comments and escaped line ends
///   with them.
///
/// What is wrong with a row becomes its `RowFault`, and reading goes on:
/// - `fieldCount`: it has another number of fields than the header.
/// - `unterminatedQuote`: the file ends within quotes. `tooLong`: the row is longer than
///   `ReadingLimits.maxRowBytes`. A single stray quote does this to a file, so in both cases only the
///   first line of the row is taken as faulty, and the next one is read as a row again: nothing is lost
///   behind it. Every line that is read again has an even number of quotes, for otherwise the row would
///   have ended there, so it does not run on in its turn: no byte is scanned for this more than twice.
///   For the same reason an escaped line end does not end the faulty line.
///
/// Batches depend on the bytes of the file and on `maxBytes` and `maxRows` only, never on how many bytes
/// the source hands out at once. After a thrown error the reader is of no more use; another one may begin
/// at `position`.
public final class CSVReader: RowReader {
  private let source: any ByteSource
  let dialect: Result<CheckedDialect, ReadingError>
  let limits: ReadingLimits
  var header: FileHeader?
  let pending = PendingBytes()
  private let unquoted = UnquotedFields()
  var hasBegun = false
  private(set) var sourceHasEnded = false

  /// Whether plain dialects go through the fast scanner. Off in tests, which hold both scanners together.
  var usesFastScanner = true

  /// Where the rows begin that have not been read: behind the last batch, or behind the header.
  public internal(set) var position: FilePosition

  /// See `RowReader`.
  public var bytesTaken: Int64 { max(0, source.bytesTaken - Int64(pending.count)) }

  /// Makes a reader; nothing is read yet.
  ///
  /// - Parameters:
  ///   - source: the bytes of the file, from `from` on.
  ///   - from: where to go on: a batch's `end`, or a reader's `position`. It needs `header`.
  ///   - header: the names of the columns, where the bytes of the source do not begin with them.
  public init(
    source: any ByteSource, dialect: CSVDialect = CSVDialect(),
    limits: ReadingLimits = ReadingLimits(), from: FilePosition? = nil, header: [String]? = nil
  ) {
    precondition(from == nil || header != nil, "reading from a position needs the header")
    precondition(header?.isEmpty != true, "a header has a column at least")
    self.source = source
    self.dialect = Result { () throws(ReadingError) in try CheckedDialect(dialect) }
    self.limits = limits
    self.header = header.map { FileHeader(names: $0, raw: [], delimiter: dialect.delimiter) }
    position = from ?? FilePosition()
  }

  /// Fills `batch` with the next rows; what was in it is gone. Returns false at the end of the file, with
  /// an empty batch. Reads the header first where that has not been done.
  ///
  /// - Parameters:
  ///   - maxBytes: how much of the file goes into the batch, at most. Only a row that is longer by itself
  ///     goes beyond, as the only row of its batch.
  ///   - maxRows: how many rows, at most. A wide header may set a lower limit: half a million fields.
  /// - Throws: `ReadingError`, and whatever the source throws.
  public func read(
    into batch: RecordBatch, maxBytes: Int = 1 << 20, maxRows: Int = .max
  ) throws -> Bool {
    let columns = try readHeader().names.count
    try begin()
    let context = BatchFilling.Context(
      columns: columns, dialect: try dialect.get(), isFast: usesFastScanner, limits: limits,
      unquoted: unquoted)
    repeat {
      var filling = BatchFilling(batch, context: context, start: position, maxRows: maxRows)
      try fill(&filling, maxBytes: min(max(maxBytes, 1), 1 << 30))
      pending.putBack(filling.rest)
      filling.finish()
      position = batch.end
    } while batch.rows.isEmpty && !isAtEnd
    return !batch.rows.isEmpty
  }
}

// MARK: - Batches

extension CSVReader {
  private var isAtEnd: Bool { sourceHasEnded && pending.count == 0 }

  private func fill(_ filling: inout BatchFilling, maxBytes: Int) throws {
    while !filling.isFull {
      let count = filling.batch.count
      let partial = count - filling.rowStart
      if count < maxBytes {
        // At least as much as there is of an unfinished row, which is scanned again from its start.
        try fetch(min(max(limits.blockBytes, partial), maxBytes - count), for: filling.batch)
      } else if filling.rowStart == 0 {
        // Enough to see that a row is too long: the scanner looks ahead, and CRLF has two bytes.
        let enough = max(limits.maxRowBytes + 2 + (try dialect.get().lookahead) - partial, 1)
        try fetch(min(max(limits.blockBytes, partial), enough), for: filling.batch)
      } else {
        return
      }
      switch filling.scan(isEnd: isAtEnd, onlyOne: count >= maxBytes) {
      case .bytes:
        if isAtEnd { return }
      case .room:
        return
      case .openQuote:
        guard try endLine(of: .row(.unterminatedQuote), in: &filling) else { return }
      case .tooLong:
        let fault = RowFault.tooLong(limit: limits.maxRowBytes)
        guard try endLine(of: .row(fault), in: &filling) else { return }
      case .longComment:
        guard try endLine(of: .comment, in: &filling) else { return }
      }
    }
  }

  /// Returns false when the batch has to end here, because its bytes are those of the file no more.
  private func endLine(of overrun: Overrun, in filling: inout BatchFilling) throws -> Bool {
    if filling.endLine(of: overrun, isEnd: isAtEnd) { return true }
    pending.putBack(filling.cutLine(of: overrun))
    let escape = overrun.escape(in: try dialect.get())
    while true {
      let end = filling.batch.count
      try fetch(max(limits.blockBytes, 4096), for: filling.batch)
      let bytes = filling.rest
      filling.batch.count = end
      let search = LineSearch(in: bytes, isEnd: isAtEnd, escape: escape)
      let passed = search.end?.next ?? search.judged
      filling.drop(passed, lines: search.escapedLines + (search.end == nil ? 0 : 1))
      pending.putBack(UnsafeRawBufferPointer(rebasing: bytes[passed...]))
      if search.end != nil || isAtEnd { return false }
    }
  }

  /// Appends `room` bytes to the batch, or as many as the file still has.
  private func fetch(_ room: Int, for batch: RecordBatch) throws {
    batch.reserve(batch.count + room)
    let end = batch.count + room
    batch.count += pending.take(
      into: UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count..<end]))
    while batch.count < end && !sourceHasEnded {
      let free = UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count..<end])
      batch.count += try readSource(into: free)
    }
  }

  func readSource(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    precondition(count >= 0 && count <= buffer.count, "a source wrote more than it had room for")
    if count == 0 { sourceHasEnded = true }
    return count
  }
}
