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

  init(offset: Int, next: Int) {
    self.offset = offset
    self.next = next
  }
}

/// A search for the line end that ends a line in spite of its escapes: an escaped one is data.
struct LineSearch {
  /// What was found, or nil.
  private(set) var end: LineEnd?
  /// Escaped line ends before it.
  private(set) var escapedLines: Int64 = 0
  /// Where there is none: bytes that belong to the line whatever follows. An escape or a CR at the end
  /// has to be looked at again, together with what follows it.
  private(set) var judged = 0

  /// - Parameters:
  ///   - isEnd: whether nothing follows the bytes.
  ///   - escape: what makes the byte behind it data, or nil.
  init(in bytes: UnsafeRawBufferPointer, isEnd: Bool, escape: UInt8?) {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == .lf || byte == .cr {
        guard let length = Self.lineEnd(in: bytes, at: index, isEnd: isEnd) else { break }
        end = LineEnd(offset: index, next: index + length)
        break
      }
      index += 1
      guard byte == escape else { continue }
      if index < bytes.count, let length = Self.lineEnd(in: bytes, at: index, isEnd: isEnd) {
        escapedLines += length > 0 ? 1 : 0
        index += max(length, 1)
      } else if !isEnd {
        index -= 1
        break
      }
    }
    judged = index
  }

  /// The length of the line end at a place: 0 where there is none, nil where it is not known yet.
  private static func lineEnd(
    in bytes: UnsafeRawBufferPointer, at index: Int, isEnd: Bool
  ) -> Int? {
    if bytes[index] == .lf { return 1 }
    if bytes[index] != .cr { return 0 }
    if index + 1 < bytes.count { return bytes[index + 1] == .lf ? 2 : 1 }
    return isEnd ? 1 : nil
  }
}
