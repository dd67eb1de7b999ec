import ImportModel

/// A row of a file with commas and double quotes, as it stands there.
struct RawRow {
  private let fields: UnsafePointer<FieldSlice>
  private let count: Int
  private let storage: UnsafeRawPointer
  /// First byte in the storage of the batch.
  let start: Int
  /// The byte behind the last one.
  let end: Int

  @inline(__always)
  init(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ rawOffset: Int, _ rawCount: Int,
    _ storage: UnsafeRawPointer
  ) {
    self.fields = fields
    self.count = count
    self.storage = storage
    start = rawOffset
    end = rawOffset &+ rawCount
  }

  /// Whether it is what `CSVPrinter` writes: quotes where they are needed, and nowhere else.
  ///
  /// A field without quotes has no structure in it, so only its ends count. An empty field in quotes is
  /// written as such. Any other one must need its quotes and have none within them: the value of those
  /// that have does not lie in the row's own text.
  @inline(__always)
  var isPrinted: Bool {
    for index in 0..<count {
      let field = fields[index]
      if field.count == 0 { continue }
      if field.isQuoted {
        guard field.offset < end,
          QuoteNeed.isThere(
            UnsafeRawBufferPointer(start: storage + field.offset, count: field.count))
        else { return false }
      } else {
        let first = storage.load(fromByteOffset: field.offset, as: UInt8.self)
        let last = storage.load(fromByteOffset: field.offset &+ field.count &- 1, as: UInt8.self)
        if QuoteNeed.isThere(first: first, last: last) { return false }
      }
    }
    return true
  }
}

/// Rows that follow each other in a batch, with a line feed between them, to be copied as one.
struct RawRun {
  private let storage: UnsafeRawPointer
  private var start = 0
  private var end = 0

  init(storage: UnsafeRawPointer) {
    self.storage = storage
  }

  /// Begins with a row; the run must be empty.
  @inline(__always)
  mutating func begin(_ row: RawRow) {
    (start, end) = (row.start, row.end)
  }

  /// Takes in the row if it follows at once.
  @inline(__always)
  mutating func extend(by row: RawRow) -> Bool {
    guard end > start, row.start == end &+ 1,
      storage.load(fromByteOffset: end, as: UInt8.self) == .lf
    else { return false }
    end = row.end
    return true
  }

  /// Writes the rows, each with a line feed, and forgets them.
  mutating func flush(to output: inout ByteBuffer) {
    guard end > start else { return }
    output.append(UnsafeRawBufferPointer(start: storage + start, count: end - start))
    output.append(.lf)
    (start, end) = (0, 0)
  }
}

/// Whether a value can only stand between quotes: what would be taken for structure, and white space at
/// the ends, which some readers drop.
enum QuoteNeed {
  /// - Parameter field: not empty.
  static func isThere(_ field: UnsafeRawBufferPointer) -> Bool {
    guard let first = field.first, let last = field.last else { return true }
    if isThere(first: first, last: last) { return true }
    for byte in field where byte == .comma || byte == .doubleQuote || byte == .lf || byte == .cr {
      return true
    }
    return false
  }

  /// By the first and the last byte alone.
  @inline(__always)
  static func isThere(first: UInt8, last: UInt8) -> Bool {
    first == 0x20 || first == 0x09 || last == 0x20 || last == 0x09
  }
}
