import ImportModel

/// The values of one column of a batch in their plain form, for the encoder and for Postgres to read.
///
/// The batch itself is left as it is: rejects show what stood in the file. Filled, used and filled again;
/// nothing is allocated for a value.
final class ColumnRewriter {
  /// What the rejects of the column say was expected.
  let expectation: FormatExpectation

  /// One field a row, into `bytes`.
  private(set) var fields: UnsafeMutablePointer<FieldSlice>
  /// Bytes of the plain forms in use.
  private(set) var count = 0

  private let format: ColumnFormat
  private let trims: Bool
  /// Whether numbers without the mark of a text are in plain form already.
  private let sparesNumbers: Bool
  private var text: UnsafeMutableRawPointer
  private var textCapacity = 64
  private var rowCapacity = 1
  private var misfits: [Int] = []
  /// The storage of the batch at hand, which fields point into where nothing is rewritten.
  private var storage: UnsafeRawBufferPointer?

  /// Nil where nothing that is told concerns the column.
  init?(_ options: ValidationOptions, for column: TargetColumn) {
    let own = options.formats.formats(of: column.name)
    guard
      let format = ColumnFormat(own, for: column.type.base, textsAreJSON: options.textsAreJSON)
    else { return nil }
    self.format = format
    sparesNumbers = options.marksText && format.isNumber
    expectation = FormatExpectation(own, for: column.type.base)
    trims = own.trim
    fields = .allocate(capacity: 1)
    text = .allocate(byteCount: textCapacity, alignment: 16)
  }

  deinit {
    fields.deallocate()
    text.deallocate()
  }

  /// Whether what is left after it is NULL where it is empty, and only there.
  var resolvesNull: Bool { if case .trim = format { false } else { true } }

  /// What `fields` point into.
  var bytes: UnsafeRawBufferPointer {
    storage ?? UnsafeRawBufferPointer(start: text, count: textCapacity)
  }

  /// The bytes of a row's field.
  func bytes(of row: Int) -> UnsafeRawBufferPointer {
    let slice = fields[row]
    return UnsafeRawBufferPointer(rebasing: bytes[slice.offset..<(slice.offset + slice.count)])
  }

  /// Rewrites a column of a batch.
  ///
  /// - Parameter storage: the batch's.
  /// - Returns: the same column for the encoder.
  func run(_ source: FieldSource, storage: UnsafeRawBufferPointer) -> FieldSource {
    makeRoom(rows: source.rowCount)
    misfits.removeAll(keepingCapacity: true)
    count = 0
    self.storage = nil
    switch format {
    case .number(let format): rewrite(source, format)
    case .date(let format): rewrite(source, format)
    case .time(let format): rewrite(source, format)
    case .boolean(let format): rewrite(source, format)
    case .jsonText: quote(source)
    case .trim:
      self.storage = storage
      trim(source)
    }
    return source.replacing(
      bytes: bytes, fields: UnsafePointer(fields),
      nullWords: resolvesNull ? .none : source.nullWords)
  }

  /// Notes the rows whose value is not of the format, when the encoder is done.
  func noteMisfits(in buffer: ColumnBuffer, _ source: FieldSource) {
    for row in misfits {
      if buffer.states[row] == .doubtful { buffer.doubtfulCount -= 1 }
      source.note(.invalid, row: row, in: buffer.states)
    }
  }

  private func makeRoom(rows: Int) {
    guard rows > rowCapacity else { return }
    fields.deallocate()
    rowCapacity = max(rows, rowCapacity * 2)
    fields = .allocate(capacity: rowCapacity)
  }
}

extension ColumnRewriter {
  private static let null = FieldSlice(offset: 0, count: 0, isQuoted: false)

  private func rewrite<F: TextFormat>(_ source: FieldSource, _ format: F) {
    let lengths = source.nullWords.lengths
    for row in 0..<source.rowCount {
      fields[row] = Self.null
      guard source.isReadable(row) else { continue }
      let slice = source.slice(row)
      if slice.count == 0 || source.isNullWord(slice, lengths: lengths) { continue }
      let text = source.text(slice)
      let core = WhiteSpace.trimmed(text)
      if trims, isNull(core, slice, source) { continue }
      reserve(text.count &+ F.growth)
      var sink = TextSink(self.text + count)
      let isPlain = core.isEmpty || (sparesNumbers && !slice.isQuoted)
      switch isPlain ? .plain : format.rewrite(core, into: &sink) {
      case .rewritten: break
      case .plain: sink.append(trims ? core : text)
      case .misfit:
        misfits.append(row)
        sink.count = 0
      }
      fields[row] = FieldSlice(offset: count, count: sink.count, isQuoted: true)
      count &+= sink.count
    }
  }

  private func quote(_ source: FieldSource) {
    let lengths = source.nullWords.lengths
    for row in 0..<source.rowCount {
      fields[row] = Self.null
      guard source.isReadable(row) else { continue }
      let slice = source.slice(row)
      if slice.count == 0, !slice.isQuoted { continue }
      if source.isNullWord(slice, lengths: lengths) { continue }
      let text = source.text(slice)
      let core = trims ? WhiteSpace.trimmed(text) : text
      if trims, isNull(core, slice, source) { continue }
      reserve(core.count &* JSONString.growth &+ 2)
      var sink = TextSink(self.text + count)
      if slice.isQuoted { JSONString.write(core, into: &sink) } else { sink.append(core) }
      fields[row] = FieldSlice(offset: count, count: sink.count, isQuoted: true)
      count &+= sink.count
    }
  }

  private func trim(_ source: FieldSource) {
    for row in 0..<source.rowCount {
      let slice = source.slice(row)
      fields[row] = slice
      guard slice.count > 0, source.isReadable(row) else { continue }
      let text = source.text(slice)
      let core = WhiteSpace.trimmed(text)
      guard core.count < text.count else { continue }
      let skipped = core.baseAddress.map { $0 - (source.bytes + slice.offset) } ?? 0
      fields[row] = FieldSlice(
        offset: slice.offset &+ skipped, count: core.count, isQuoted: slice.isQuoted)
    }
  }

  /// Whether nothing is left of a field, or a null word.
  private func isNull(
    _ core: UnsafeRawBufferPointer, _ slice: FieldSlice, _ source: FieldSource
  ) -> Bool {
    core.isEmpty || (source.nullWords.concern(slice) && source.nullWords.contains(core))
  }

  @inline(__always)
  private func reserve(_ more: Int) {
    if count &+ more > textCapacity { growText(to: count &+ more) }
  }

  @inline(never)
  private func growText(to capacity: Int) {
    textCapacity = max(capacity, textCapacity * 2)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: textCapacity, alignment: 16)
    larger.copyMemory(from: text, byteCount: count)
    text.deallocate()
    text = larger
  }
}
