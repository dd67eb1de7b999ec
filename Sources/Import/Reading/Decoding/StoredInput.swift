/// Bytes on their way from a source into a decoder that takes them in pieces of its own choice.
final class StoredInput {
  private let source: any ByteSource
  private let storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Whether the source has no more bytes.
  private(set) var sourceHasEnded = false

  init(_ source: any ByteSource, capacity: Int = 64 << 10) {
    self.source = source
    storage = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    storage.deallocate()
  }

  /// What was taken from the source and consumed here.
  var bytesTaken: Int64 { source.bytesTaken - Int64(count) }

  var count: Int { end - start }

  /// The bytes not consumed yet, valid until `fill`.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[start..<end])
  }

  func consume(_ count: Int) {
    precondition(count >= 0 && count <= self.count, "more bytes consumed than there are")
    start += count
  }

  /// Moves bytes to the front of `target`, as many as there are and as fit.
  func take(into target: UnsafeMutableRawBufferPointer) -> Int {
    let taken = min(count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
    start += taken
    return taken
  }

  /// Reads until there are `wanted` bytes or the source has ended.
  ///
  /// - Returns: whether there are as many.
  func fill(_ wanted: Int) throws -> Bool {
    precondition(wanted <= storage.count, "more bytes wanted than there is room for")
    while count < wanted && !sourceHasEnded {
      if start > 0 { moveToFront() }
      let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
      sourceHasEnded = got == 0
      end += got
    }
    return count >= wanted
  }

  private func moveToFront() {
    UnsafeMutableRawBufferPointer(rebasing: storage[..<count]).copyMemory(from: bytes)
    (start, end) = (0, count)
  }
}
