import ImportModel

/// Makes rows of the bytes of a batch, one record after another, in memory that is given.
struct JSONRun {
  /// What made it stop. `rowStart` is behind the last row then.
  enum Stop {
    /// The bytes are used up, but for a record whose end is not among them, perhaps.
    case bytes
    /// There is no room for another row.
    case room
    /// A record is broken, and where reading goes on is not among the bytes.
    case broken(Broken)
    /// The record on this line is broken, and nothing behind it can be told apart.
    case lost(line: Int64)
    /// The file is no array.
    case noArray
    /// The file has more names than may be.
    case tooManyNames
  }

  /// A record that goes on behind the bytes.
  struct Broken {
    let fault: RowFault
    /// Offset of its first byte, and the line ends of the file before it.
    let item: Int
    let line: Int64
    /// Bytes before this offset have been looked at.
    let looked: Int
    let recovery: JSONRecovery
  }

  /// What stays the same during a run.
  struct Input {
    /// Followed by `JSONBytes.padding` zeros.
    let bytes: UnsafePointer<UInt8>
    let count: Int
    let isEnd: Bool
    let form: JSONForm
    let columns: Int
    let limits: ReadingLimits
    /// Number of fields that are in the batch before those of this run, and of rows.
    let firstField: Int
    let rowsBefore: Int
    /// Number of the first row of this run.
    let firstRow: Int64
    /// How many rows fit, at least one, into the memory for rows and fields, which is not initialised.
    let room: Int
    let fields: UnsafeMutablePointer<FieldSlice>
    let rows: UnsafeMutablePointer<RecordRow>
  }

  /// What stands behind a record that is whole.
  enum Behind {
    case good(end: Int, lines: Int64)
    case bad(JSONProblem.Kind, at: Int)
    case unknown
  }

  /// How many bytes decide on a record, at most, beyond those of the longest one.
  static let lookahead = 8

  let input: Input
  let memory: JSONScanMemory
  var scan: JSONScan
  var lead: JSONLead
  /// Offset behind the last row, or, while the batch has none, behind what `lead` has passed.
  var rowStart: Int
  /// Line ends of the file before that.
  var line: Int64
  /// Rows made.
  var rowCount = 0
  /// Whether all texts of the rows are ASCII without zeros.
  var isASCII = true

  init(_ input: Input, memory: JSONScanMemory, lead: JSONLead, rowStart: Int, line: Int64) {
    self.input = input
    self.memory = memory
    self.lead = lead
    self.rowStart = rowStart
    self.line = line
    memory.isEnd = input.isEnd
    scan = JSONScan(
      bytes: input.bytes, end: input.count, isLines: input.form == .lines, memory: memory,
      fields: input.fields)
  }

  /// Makes rows until something makes it stop.
  mutating func run() -> Stop {
    defer { scan.finish() }
    while rowCount < input.room {
      if let stop = next() { return stop }
    }
    return .room
  }

  @inline(__always)
  mutating func next() -> Stop? {
    if input.form == .lines && input.bytes[rowStart] == .openBrace && rowStart < input.count {
      return record(at: rowStart, line: line, indent: 0)
    }
    return nextBehindLead()
  }

  @inline(never)
  mutating func nextBehindLead() -> Stop? {
    var (lead, item, lines) = (lead, rowStart, Int64(0))
    let next = lead.pass(
      input.bytes, offset: &item, count: input.count, isEnd: input.isEnd, lines: &lines)
    switch next {
    case .noArray: return .noArray
    case .end:
      (rowStart, line) = (item, line + lines)
      self.lead = lead
      return .bytes
    case .problem(let kind):
      let problem = JSONProblem(kind: kind, offset: item)
      appendFault(.syntax(message: problem.text(at: rest(item, item))), item..<item, line + lines)
      return nil
    case .item, .bytes: break
    }
    let lineOfItem = line + lines
    if input.rowsBefore + rowCount == 0 {
      // A batch without rows is shown to nobody, so what was passed need not be seen again.
      (rowStart, line) = (item, lineOfItem)
      self.lead = lead
    }
    if case .bytes = next { return .bytes }
    if lead.isClosed {
      let problem = JSONProblem(kind: .textBehindArray, offset: item)
      return recover(.rest, item, line: lineOfItem, indent: 0, problem: problem)
    }
    return record(at: item, line: lineOfItem, indent: lead.indent)
  }
}

// MARK: - Records

extension JSONRun {
  @inline(__always)
  mutating func record(at item: Int, line: Int64, indent: Int) -> Stop? {
    let fields = input.fields + rowCount &* input.columns
    fields.initialize(
      repeating: FieldSlice(offset: item, count: 0, isQuoted: false), count: input.columns)
    let outcome = scan.read(from: item, fields: fields, firstField: firstFieldOfRow)
    guard case .whole = outcome, scan.at &- item <= input.limits.maxRowBytes else {
      return broken(outcome, at: item, line: line, indent: indent)
    }
    switch behind(scan.at, of: item) {
    case .good(let end, let lines):
      if input.bytes[item] != .openBrace { return appendNoObject(item, line, end, lines) }
      if scan.hasNewNames, let stop = collectNames(from: item, fields: fields) { return stop }
      if !scan.isASCII { isASCII = false }
      (input.rows + rowCount).initialize(
        to: RecordRow(
          number: input.firstRow &+ Int64(truncatingIfNeeded: rowCount), line: line &+ 1,
          rawOffset: item, rawCount: scan.at &- item))
      endRow(at: end, line: line &+ scan.lines &+ lines)
      return nil
    case .unknown:
      memory.unescaped.remove(from: firstFieldOfRow)
      return .bytes
    case .bad(let kind, let offset):
      return bad(kind, at: offset, item: item, line: line, indent: indent)
    }
  }

  var firstFieldOfRow: Int { input.firstField &+ rowCount &* input.columns }

  @inline(__always)
  mutating func endRow(at end: Int, line: Int64) {
    rowStart = end
    self.line = line
    rowCount &+= 1
    lead = JSONLead(input.form, isStart: false)
  }

  /// Looks at what stands behind a record. Of a line the line end belongs to its record.
  @inline(__always)
  func behind(_ end: Int, of item: Int) -> Behind {
    switch input.form {
    case .lines:
      if input.bytes[end] == .lf && end < input.count { return .good(end: end &+ 1, lines: 1) }
      return behindLine(end, of: item)
    case .concatenated: return .good(end: end, lines: 0)
    case .array:
      if input.bytes[end] == .comma { return .good(end: end, lines: 0) }
      return behindElement(end, of: item)
    }
  }

  @inline(never)
  func behindLine(_ end: Int, of item: Int) -> Behind {
    // White space without end is left to the next record.
    let limit = item + input.limits.maxRowBytes + Self.lookahead / 2
    var index = end
    while index < min(input.count, limit) {
      switch input.bytes[index] {
      case .space, .tab: index += 1
      case .lf: return .good(end: index + 1, lines: 1)
      case .cr:
        if index + 1 == input.count {
          return input.isEnd ? .good(end: index + 1, lines: 1) : .unknown
        }
        return .good(end: index + (input.bytes[index + 1] == .lf ? 2 : 1), lines: 1)
      default: return .bad(.textBehindRecord, at: index)
      }
    }
    if index >= limit { return .good(end: end, lines: 0) }
    return input.isEnd ? .good(end: index, lines: 0) : .unknown
  }

  @inline(never)
  func behindElement(_ end: Int, of item: Int) -> Behind {
    let limit = item + input.limits.maxRowBytes + Self.lookahead / 2
    var index = end
    while index < min(input.count, limit) {
      switch input.bytes[index] {
      case .space, .tab, .lf, .cr: index += 1
      case .comma, .closeBracket: return .good(end: end, lines: 0)
      default: return .bad(.expectedComma, at: index)
      }
    }
    if index >= limit { return .good(end: end, lines: 0) }
    return input.isEnd ? .bad(.endsBeforeArrayDoes, at: index) : .unknown
  }

  /// Reads a record again, and this time learns its names.
  @inline(never)
  mutating func collectNames(
    from item: Int, fields: UnsafeMutablePointer<FieldSlice>
  ) -> Stop? {
    scan.collects = true
    _ = scan.read(from: item, fields: fields, firstField: firstFieldOfRow)
    scan.collects = false
    return memory.collection?.hasTooManyNames == true ? .tooManyNames : nil
  }
}
