/// White space as Unicode has it, found byte by byte in UTF-8.
enum WhiteSpace {
  /// Bytes of the white space that begins at `index`, or 0.
  @inline(__always)
  static func width(_ text: UnsafeRawBufferPointer, at index: Int) -> Int {
    guard index < text.count else { return 0 }
    let first = text[index]
    if first < 0x80 { return ByteText.isSpace(first) ? 1 : 0 }
    return wideWidth(text, at: index)
  }

  /// The text without white space at its ends.
  @inline(__always)
  static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let first = text.first, let last = text.last else { return text }
    if first > 0x20, first < 0x80, last > 0x20, last < 0x80 { return text }
    return trimmedSlowly(text)
  }

  @inline(never)
  private static func trimmedSlowly(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (start, end) = (0, text.count)
    while start < end {
      let width = width(text, at: start)
      if width == 0 { break }
      start &+= width
    }
    while end > start {
      let width = widthBefore(text, end, from: start)
      if width == 0 { break }
      end &-= width
    }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }

  /// Bytes of the white space that ends before `end`, or 0. No sequence of it is the end of a longer
  /// one.
  private static func widthBefore(
    _ text: UnsafeRawBufferPointer, _ end: Int, from start: Int
  ) -> Int {
    for width in 1...3 where end &- width >= start {
      if self.width(text, at: end &- width) == width { return width }
    }
    return 0
  }

  @inline(never)
  private static func wideWidth(_ text: UnsafeRawBufferPointer, at index: Int) -> Int {
    let left = text.count &- index
    guard left >= 2 else { return 0 }
    let (first, second) = (text[index], text[index &+ 1])
    if first == 0xC2 { return second == 0xA0 || second == 0x85 ? 2 : 0 }
    guard left >= 3 else { return 0 }
    let third = text[index &+ 2]
    switch (first, second) {
    case (0xE1, 0x9A): return third == 0x80 ? 3 : 0
    // U+2000 to U+200A, U+2028, U+2029, U+202F.
    case (0xE2, 0x80):
      return 0x80...0x8A ~= third || third == 0xA8 || third == 0xA9 || third == 0xAF ? 3 : 0
    case (0xE2, 0x81): return third == 0x9F ? 3 : 0
    case (0xE3, 0x80): return third == 0x80 ? 3 : 0
    default: return 0
    }
  }
}
