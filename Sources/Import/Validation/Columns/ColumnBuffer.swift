/// The encoded values of one column of a batch. Filled, used and filled again.
final class ColumnBuffer {
  /// Where a value lies in `payload` or `judged`.
  struct Span {
    var offset: UInt32
    var count: UInt32
  }

  /// One a row.
  private(set) var states: UnsafeMutablePointer<CellState>
  /// One a row; only meant for variable widths and judged values. For a refusal, `offset` is its index.
  private(set) var spans: UnsafeMutablePointer<Span>
  /// Values that the encoder wrote: `width` bytes a row, or one behind the other.
  private(set) var payload: UnsafeMutableRawPointer
  /// Bytes of `payload` in use, for variable widths.
  var payloadCount = 0
  /// Values that Postgres converted, one behind the other.
  private(set) var judged: UnsafeMutableRawPointer
  /// Bytes of `judged` in use.
  private(set) var judgedCount = 0
  /// Bytes that the rows take from `judged`, each row by itself: several may share a value.
  var judgedUse = 0
  /// Why Postgres refused values.
  var refusals: [Refusal] = []
  /// Rows whose value is doubtful.
  var doubtfulCount = 0

  private var rowCapacity = 0
  private var payloadCapacity = 0
  private var judgedCapacity = 0

  init() {
    states = .allocate(capacity: 1)
    spans = .allocate(capacity: 1)
    payload = .allocate(byteCount: 16, alignment: 16)
    judged = .allocate(byteCount: 16, alignment: 16)
  }

  deinit {
    states.deallocate()
    spans.deallocate()
    payload.deallocate()
    judged.deallocate()
  }

  /// Empties the buffer and makes room for `rows` values of `width` bytes.
  func prepare(rows: Int, width: Int) {
    payloadCount = 0
    judgedCount = 0
    judgedUse = 0
    refusals.removeAll(keepingCapacity: true)
    doubtfulCount = 0
    if rows > rowCapacity {
      states.deallocate()
      spans.deallocate()
      rowCapacity = max(rows, rowCapacity * 2)
      states = .allocate(capacity: rowCapacity)
      spans = .allocate(capacity: rowCapacity)
    }
    if rows * width > payloadCapacity {
      payload.deallocate()
      payloadCapacity = max(rows * width, payloadCapacity * 2)
      payload = .allocate(byteCount: payloadCapacity, alignment: 16)
    }
  }

  /// Makes room in `payload` for at least `capacity` bytes, keeping those in use.
  @inline(never)
  func growPayload(to capacity: Int, keeping used: Int) {
    guard capacity > payloadCapacity else { return }
    payloadCapacity = max(capacity, payloadCapacity * 2)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: payloadCapacity, alignment: 16)
    larger.copyMemory(from: payload, byteCount: used)
    payload.deallocate()
    payload = larger
  }

  /// How far `payload` reaches.
  var payloadLimit: Int { payloadCapacity }

  /// Keeps a value that Postgres converted.
  func appendJudged(_ bytes: [UInt8]) -> Span {
    let start = judgedCount
    if start + bytes.count > judgedCapacity {
      judgedCapacity = max(start + bytes.count, judgedCapacity * 2, 4096)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: judgedCapacity, alignment: 16)
      larger.copyMemory(from: judged, byteCount: start)
      judged.deallocate()
      judged = larger
    }
    bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress else { return }
      (judged + start).copyMemory(from: from, byteCount: source.count)
    }
    judgedCount += bytes.count
    return Span(offset: UInt32(start), count: UInt32(bytes.count))
  }
}
