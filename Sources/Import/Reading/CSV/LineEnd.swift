/// The next line end in some bytes, whether within quotes or not.
struct LineEnd {
  /// Bytes before it.
  let offset: Int
  /// Bytes up to and with it.
  let next: Int

  /// Finds the first LF, CRLF or CR.
  ///
  /// - Parameter isEnd: whether nothing follows the bytes. Otherwise a CR as the last byte is not judged,
  ///   for an LF may follow.
  init?(in bytes: UnsafeRawBufferPointer, isEnd: Bool) {
    guard let offset = bytes.firstIndex(where: { $0 == .lf || $0 == .cr }) else { return nil }
    if bytes[offset] == .lf {
      self.init(offset: offset, next: offset + 1)
    } else if offset + 1 < bytes.count {
      self.init(offset: offset, next: bytes[offset + 1] == .lf ? offset + 2 : offset + 1)
    } else if isEnd {
      self.init(offset: offset, next: offset + 1)
    } else {
      return nil
    }
  }

  private init(offset: Int, next: Int) {
    self.offset = offset
    self.next = next
  }
}
