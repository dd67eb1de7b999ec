/// Bytes that have been read but belong to a later batch.
///
/// Memory: the longest piece ever kept. What was taken can be put back as long as nothing was appended.
final class PendingBytes {
  private var storage: UnsafeMutableRawBufferPointer = .allocate(byteCount: 4096, alignment: 16)
  private var head = 0
  private var tail = 0

  deinit {
    storage.deallocate()
  }

  var count: Int { tail - head }

  /// The bytes, valid until something is changed.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[head..<tail])
  }

  /// Moves as many bytes as there are, or as there is room for, to the front of `target`.
  func take(into target: UnsafeMutableRawBufferPointer) -> Int {
    let taken = min(count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[head..<(head + taken)]))
    head += taken
    return taken
  }

  /// Drops bytes from the front.
  func drop(_ bytes: Int) {
    precondition(bytes <= count, "more bytes dropped than there are")
    head += bytes
  }

  /// Puts bytes in front again. While some are left, they must be the ones taken last.
  func putBack(_ bytes: UnsafeRawBufferPointer) {
    if count > 0 {
      precondition(bytes.count <= head, "bytes put back that were never taken")
      head -= bytes.count
    } else {
      (head, tail) = (0, 0)
      makeRoom(for: bytes.count)
      storage.copyMemory(from: bytes)
      tail = bytes.count
    }
  }

  /// Appends up to `room` bytes, as many as `fill` says it has written.
  func append(room: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows {
    makeRoom(for: room)
    let written = try fill(UnsafeMutableRawBufferPointer(rebasing: storage[tail..<(tail + room)]))
    tail += written
  }

  private func makeRoom(for bytes: Int) {
    guard storage.count - tail < bytes else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + bytes, storage.count), alignment: 16)
    larger.copyMemory(from: self.bytes)
    storage.deallocate()
    storage = larger
    (head, tail) = (0, count)
  }
}
