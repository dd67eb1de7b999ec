import ImportModel

/// A source and the bytes that were taken from it too early.
final class JSONInput {
  private let source: any ByteSource
  let pending = PendingBytes()
  private var sourceHasEnded = false
  /// Whether nothing was passed yet: a mark further on is text.
  private var isAtStart = true

  init(_ source: any ByteSource) {
    self.source = source
  }

  /// How many bytes of the file, as it is stored, were taken and used.
  var bytesTaken: Int64 { source.bytesTaken - Int64(pending.count) }

  /// The byte order mark of UTF-8.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Whether the source has nothing any more.
  var isAtSourceEnd: Bool { sourceHasEnded }

  /// Whether nothing comes any more.
  var isAtEnd: Bool { sourceHasEnded && pending.count == 0 }

  /// Appends `room` bytes to the batch, or as many as the file still has.
  func fetch(_ room: Int, for batch: RecordBatch) throws {
    let end = batch.count + room
    batch.reserve(end + JSONBytes.padding)
    batch.count += pending.take(
      into: UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count..<end]))
    while batch.count < end && !sourceHasEnded {
      let free = UnsafeMutableRawBufferPointer(rebasing: batch.storage[batch.count..<end])
      batch.count += try readSource(into: free)
    }
  }

  /// Appends `room` bytes to those pending, or as many as the file still has.
  func fetchPending(_ room: Int) throws {
    let end = pending.count + room
    while pending.count < end && !sourceHasEnded {
      let missing = end - pending.count
      try pending.append(room: missing) { try readSource(into: $0) }
    }
  }

  /// Drops a byte order mark of UTF-8, if the file begins with one, and returns its length. Called again,
  /// it does nothing.
  func passByteOrderMark() throws -> Int64 {
    guard isAtStart else { return 0 }
    isAtStart = false
    let mark = Self.byteOrderMark
    try fetchPending(max(mark.count - pending.count, 0))
    guard pending.bytes.starts(with: mark) else { return 0 }
    pending.drop(mark.count)
    return Int64(mark.count)
  }

  private func readSource(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    precondition(count >= 0 && count <= buffer.count, "a source wrote more than it had room for")
    if count == 0 { sourceHasEnded = true }
    return count
  }
}
