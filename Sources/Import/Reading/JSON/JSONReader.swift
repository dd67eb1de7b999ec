public import ImportModel

/// Reads the records of a JSON file (RFC 8259) in batches, in memory that does not depend on the file.
///
/// A record is an object. Its fields are:
/// - of a string the text, as a quoted field; of a number, `true` and `false` the literal; of `null`, and
///   where the name is missing, NULL; of an object or an array the JSON text as it stands.
/// - A column with a path takes the value within nested objects, unless the record itself has a name that
///   is the path with its dots: then that one counts.
///
/// Every byte of a record is checked, also those that no column takes. What is wrong with a record becomes
/// its `RowFault`, and reading goes on as `JSONRecovery` says:
/// - `syntax`: it breaks the rules of RFC 8259; it is no object; a name comes twice in one of its objects,
///   so that a value would be lost; it has `\u0000` or half of a surrogate pair, which Postgres cannot
///   store; a name of its own is longer than 1 KiB; it is nested more than 512 deep; the file, or its
///   line, ends inside it; in an array nothing follows it that may. The message says where, in characters
///   from the row's start, or of its line where the row has several.
/// - `badEncoding`: a string is not valid UTF-8. `tooLong`: it is longer than
///   `ReadingLimits.maxRowBytes`.
///
/// The raw text of a row is its record; of a faulty one all that was passed over, cut to
/// `ReadingLimits.maxRawBytes` where it is longer than `ReadingLimits.maxRowBytes`. Where more than that
/// would have to be passed over up to the end of the file, reading ends with `corruptFile`. Empty lines
/// are no rows. Lines are counted as an editor counts them, CRLF as one.
public final class JSONReader: RowReader {
  private let input: JSONInput
  private let form: JSONForm
  private let columns: [JSONColumn]
  private let limits: ReadingLimits
  private let memory: JSONScanMemory
  private let isResumed: Bool
  private var lead: JSONLead
  /// Where the bytes begin that have not been passed: `position`, or behind what was passed since and is no
  /// row.
  private var cursor: FilePosition
  private var hasBegun = false

  /// See `RowReader`.
  public private(set) var position: FilePosition

  /// See `RowReader`.
  public var bytesTaken: Int64 { input.bytesTaken }

  /// Makes a reader; nothing is read yet.
  ///
  /// - Parameters:
  ///   - source: the bytes of the file in UTF-8, from `from` on.
  ///   - form: how the records stand, as a `JSONSurvey` has found it.
  ///   - columns: the columns, in the order of the fields.
  ///   - from: where to go on: a batch's `end`, or a reader's `position`.
  public convenience init(
    source: any ByteSource, form: JSONForm, columns: [JSONColumn],
    limits: ReadingLimits = ReadingLimits(), from: FilePosition? = nil
  ) {
    self.init(
      input: JSONInput(source), form: form, columns: columns, limits: limits, from: from,
      memory: JSONScanMemory(tree: JSONNameTree(columns: columns), columns: columns))
  }

  init(
    input: JSONInput, form: JSONForm, columns: [JSONColumn], limits: ReadingLimits,
    from: FilePosition?, memory: JSONScanMemory
  ) {
    self.input = input
    self.form = form
    self.columns = columns
    self.limits = limits
    self.memory = memory
    isResumed = from != nil
    position = from ?? FilePosition()
    cursor = position
    lead = JSONLead(form, isStart: position.row == 0)
  }

  /// Returns the names of the columns; a record has its own, so no row of the file is a header.
  ///
  /// - Throws: `ReadingError.emptyFile` where there are no columns.
  public func readHeader() throws -> FileHeader {
    if columns.isEmpty {
      throw ReadingError(.emptyFile, "The file is empty: it has no record with a name in it.")
    }
    if columns.count > limits.maxColumns { throw Self.tooManyColumns(limits) }
    return FileHeader(names: columns.map(\.name))
  }

  /// See `RowReader`. It throws `emptyFile` where the file has nothing but white space.
  public func read(
    into batch: RecordBatch, maxBytes: Int = 1 << 20, maxRows: Int = .max
  ) throws -> Bool {
    _ = try readHeader()
    return try readRows(into: batch, maxBytes: maxBytes, maxRows: maxRows)
  }

  /// Reads rows, also where there are no columns.
  func readRows(into batch: RecordBatch, maxBytes: Int, maxRows: Int) throws -> Bool {
    try begin()
    let context = JSONFilling.Context(
      form: form, columns: columns.count, limits: limits, memory: memory)
    repeat {
      var filling = JSONFilling(
        batch, context: context, start: cursor, lead: lead, maxRows: maxRows)
      try fill(&filling, maxBytes: min(max(maxBytes, 1), 1 << 30))
      input.pending.putBack(filling.rest)
      filling.finish()
      lead = filling.lead
      cursor = batch.end
    } while batch.rows.isEmpty && !input.isAtEnd
    if batch.rows.isEmpty && !lead.hasText && !isResumed { throw Self.emptyFile }
    position = cursor
    return !batch.rows.isEmpty
  }
}

// MARK: - Batches

extension JSONReader {
  /// Passes a byte order mark, once.
  private func begin() throws {
    if hasBegun { return }
    hasBegun = true
    guard cursor.byte == 0 else { return }
    cursor.byte += try input.passByteOrderMark()
  }

  private func fill(_ filling: inout JSONFilling, maxBytes: Int) throws {
    let longest = limits.maxRowBytes + JSONRun.lookahead + 1
    while !filling.isFull {
      let count = filling.batch.count
      let partial = count - filling.rowStart
      // At least as much as there is of an unfinished record, which is read again from its start.
      let step = max(limits.blockBytes, partial)
      if count < maxBytes {
        try input.fetch(min(step, maxBytes - count), for: filling.batch)
      } else if filling.rowStart == 0 {
        // Enough to see that a record is too long.
        try input.fetch(min(step, max(longest - partial, 1)), for: filling.batch)
      } else {
        return
      }
      switch filling.scan(isEnd: input.isAtEnd, onlyOne: count >= maxBytes) {
      case .bytes:
        if input.isAtEnd { return }
      case .room: return
      case .broken(let broken): return try passBroken(broken, of: &filling)
      case .lost(let line): throw Self.lost(line)
      case .noArray: throw Self.noArray
      case .tooManyNames: throw Self.tooManyColumns(limits)
      }
    }
  }

  /// Passes a broken record that is longer than a record may be. The batch has to end there, because its
  /// bytes are those of the file no more.
  private func passBroken(_ broken: JSONRun.Broken, of filling: inout JSONFilling) throws {
    input.pending.putBack(filling.cut(broken))
    var recovery = broken.recovery
    while true {
      let end = filling.batch.count
      try input.fetch(
        max(limits.blockBytes, 4 * JSONRecovery.maxIndent), for: filling.batch)
      let bytes = filling.rest
      filling.batch.count = end
      let place = recovery.find(
        in: bytes.assumingMemoryBound(to: UInt8.self), isEnd: input.isAtEnd)
      switch place {
      case .found(let offset), .further(let offset):
        filling.drop(UnsafeRawBufferPointer(rebasing: bytes[..<offset]))
        input.pending.putBack(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
      }
      if case .found = place { return }
      if input.isAtEnd {
        if form == .lines { return }
        throw Self.lost(broken.line + 1)
      }
    }
  }
}

// MARK: - Errors

extension JSONReader {
  static var emptyFile: ReadingError {
    ReadingError(.emptyFile, "The file is empty: there is no record in it.")
  }

  static func tooManyColumns(_ limits: ReadingLimits) -> ReadingError {
    ReadingError(
      .tooManyColumns,
      "The records have more than \(limits.maxColumns) different names; no more are read.",
      hint: "Put names that are data into the values: as a list of objects with a key and a value.")
  }

  private static var noArray: ReadingError {
    ReadingError(.unsupportedFormat, "The file does not begin with [, as a JSON array does.")
  }

  private static func lost(_ line: Int64) -> ReadingError {
    ReadingError(
      .corruptFile,
      "The record on line \(line) is broken, and no record behind it can be told from it.",
      hint: "Mend that record, or write each record on a line of its own.")
  }
}
