public import ImportModel

/// Reads the rows of a CSV file (RFC 4180) in batches, in memory that does not depend on the file.
///
/// What it takes, where RFC 4180 leaves it open:
/// - LF, CRLF and CR outside quotes end a row, even mixed in one file; within quotes they are data. The
///   last row needs none. A UTF-8 byte order mark is dropped.
/// - A quote anywhere in a field begins or ends a quoted part, and within one a doubled quote stands for
///   itself, as in Postgres's `COPY … (FORMAT csv)`: `ab"c,d"e` is the one value `abc,de`. A field with
///   any quote in it counts as quoted.
/// - An empty line is no row. Where the header has a single column it is a row with one empty field.
///   Empty lines before the header are passed over.
/// - Lines are counted as an editor counts them, CRLF as one.
///
/// What is wrong with a row becomes its `RowFault`, and reading goes on:
/// - `fieldCount`: it has another number of fields than the header.
/// - `unterminatedQuote`: the file ends within quotes. `tooLong`: the row is longer than
///   `ReadingLimits.maxRowBytes`. A single stray quote does this to a file, so in both cases only the
///   first line of the row is taken as faulty, and the next one is read as a row again: nothing is lost
///   behind it. Every line that is read again has an even number of quotes, for otherwise the row would
///   have ended there, so it does not run on in its turn: no byte is scanned for this more than twice.
///
/// Batches depend on the bytes of the file and on `maxBytes` and `maxRows` only, never on how many bytes
/// the source hands out at once. After a thrown error the reader is of no more use; another one may begin
/// at `position`.
public final class CSVReader: RowReader {
  private let source: any ByteSource
  private let dialect: Result<PlainDialect, ReadingError>
  private let limits: ReadingLimits
  private var header: FileHeader?
  private let pending = PendingBytes()
  private let unquoted = UnquotedFields()
  private var hasBegun = false
  private var sourceHasEnded = false

  /// Where the rows begin that have not been read: behind the last batch, or behind the header.
  public private(set) var position: FilePosition

  /// See `RowReader`.
  public var bytesTaken: Int64 { source.bytesTaken - Int64(pending.count) }

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
    self.dialect = Result { () throws(ReadingError) in try dialect.plain() }
    self.limits = limits
    self.header = header.map { FileHeader(names: $0, raw: [], delimiter: dialect.delimiter) }
    position = from ?? FilePosition()
  }

  /// Reads the header, the first time it is called; then, and where it was given, just returns it.
  ///
  /// - Throws: `ReadingError`, and whatever the source throws.
  public func readHeader() throws -> FileHeader {
    if let header { return header }
    try begin()
    while true {
      let row = HeaderRow(in: pending.bytes, isEnd: sourceHasEnded, quote: try dialect.get().quote)
      switch row {
      case .incomplete(let isInQuotes):
        try checkHeader(length: pending.count - 1, isInQuotes: isInQuotes)
        if sourceHasEnded { throw Self.openQuoteInHeader }
        try fetchPending(max(limits.blockBytes, pending.count))
      case .whole(let length, let next, let lines):
        if next == 0 { throw Self.emptyFile }
        try checkHeader(length: length, isInQuotes: false)
        if let header = try takeHeader(length: length, next: next, lines: lines) { return header }
      }
    }
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
      columns: columns, dialect: try dialect.get(), limits: limits, unquoted: unquoted)
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
        // Enough to see that a row is too long: the scanner looks ahead by a byte, and CRLF has two.
        let enough = max(limits.maxRowBytes + 3 - partial, 1)
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
        guard try endFaultyRow(.unterminatedQuote, of: &filling) else { return }
      case .tooLong:
        guard try endFaultyRow(.tooLong(limit: limits.maxRowBytes), of: &filling) else { return }
      }
    }
  }

  /// Returns false when the batch has to end here, because its bytes are those of the file no more.
  private func endFaultyRow(
    _ fault: RowFault, of filling: inout BatchFilling
  ) throws -> Bool {
    if filling.endFaultyRow(fault, isEnd: isAtEnd) { return true }
    var lastByte = filling.rest.last
    filling.cutFaultyRow(fault)
    while true {
      if lastByte == .cr {
        // Half of a CRLF, perhaps: look at it together with what follows.
        withUnsafeBytes(of: UInt8.cr) { pending.putBack($0) }
        filling.drop(-1, lines: 0)
      }
      let end = filling.batch.count
      try fetch(max(limits.blockBytes, 4096), for: filling.batch)
      let bytes = filling.rest
      filling.batch.count = end
      if let lineEnd = LineEnd(in: bytes, isEnd: isAtEnd) {
        filling.drop(lineEnd.next, lines: 1)
        pending.putBack(UnsafeRawBufferPointer(rebasing: bytes[lineEnd.next...]))
        return false
      }
      filling.drop(bytes.count, lines: 0)
      if isAtEnd { return false }
      lastByte = bytes.last
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

  private func readSource(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    precondition(count >= 0 && count <= buffer.count, "a source wrote more than it had room for")
    if count == 0 { sourceHasEnded = true }
    return count
  }
}

// MARK: - The start of the file

extension CSVReader {
  /// Looks at the first bytes of the file, once.
  private func begin() throws {
    if hasBegun { return }
    hasBegun = true
    _ = try dialect.get()
    guard position.byte == 0 else { return }
    try fetchPending(FileSignature.length)
    try FileSignature.check(pending.bytes)
    if pending.bytes.starts(with: FileSignature.byteOrderMark) {
      pending.drop(FileSignature.byteOrderMark.count)
      position.byte += Int64(FileSignature.byteOrderMark.count)
    }
  }

  /// Returns nil where the row is an empty line.
  private func takeHeader(length: Int, next: Int, lines: Int64) throws -> FileHeader? {
    if length > 0 {
      header = try FileHeader(
        parsing: UnsafeRawBufferPointer(rebasing: pending.bytes[..<length]), dialect: try dialect.get(),
        limits: limits)
    }
    pending.drop(next)
    position.byte += Int64(next)
    position.line += lines
    return header
  }

  private func checkHeader(length: Int, isInQuotes: Bool) throws(ReadingError) {
    guard length > limits.maxRowBytes else { return }
    let reason = isInQuotes ? " A quote in it is perhaps never closed." : ""
    throw ReadingError(
      .headerTooLong, "The header is longer than \(limits.maxRowBytes) bytes.\(reason)")
  }

  private static var emptyFile: ReadingError {
    ReadingError(.emptyFile, "The file is empty: its first row must name the columns.")
  }

  private static var openQuoteInHeader: ReadingError {
    ReadingError(
      .headerUnterminatedQuote, "The file ends within quotes that were opened in its header.")
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
