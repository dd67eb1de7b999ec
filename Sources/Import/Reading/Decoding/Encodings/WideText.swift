/// UTF-16 or UTF-32 without a byte order mark, told by where zero bytes stand: in a table there are always
/// delimiters, digits and line ends, whose upper bytes are zero.
struct WideText {
  let encoding: TextEncoding
  /// Whether the zero bytes are many, or all on one side, and nothing contradicts.
  let isSure: Bool

  /// Looks at the start of a file; nil where it is in bytes.
  init?(start: UnsafeRawBufferPointer) {
    guard start.count >= 4 else { return nil }
    var zeros = SIMD4<Int>.zero
    for place in start.indices where start[place] == 0 { zeros[place & 3] += 1 }
    guard zeros.wrappedSum() > 0 else { return nil }
    if let wide = Self.utf32(start, zeros) ?? Self.utf16(start, zeros) {
      self = wide
    } else {
      return nil
    }
  }

  private init(_ name: String, isSure: Bool) {
    encoding = TextEncoding(known: name)
    self.isSure = isSure
  }

  /// No character is above U+10FFFF, and hardly one above U+FFFF.
  private static func utf32(_ start: UnsafeRawBufferPointer, _ zeros: SIMD4<Int>) -> WideText? {
    let units = start.count / 4
    let enough = units - units / 10
    if zeros[3] >= units, zeros[2] >= enough, zeros[0] <= units / 10 {
      return WideText("UTF-32LE", isSure: units >= 8)
    }
    if zeros[0] >= units, zeros[1] >= enough, zeros[3] <= units / 10 {
      return WideText("UTF-32BE", isSure: units >= 8)
    }
    return nil
  }

  private static func utf16(_ start: UnsafeRawBufferPointer, _ zeros: SIMD4<Int>) -> WideText? {
    let units = start.count / 2
    let (even, odd) = (zeros[0] + zeros[2], zeros[1] + zeros[3])
    // Two in a hundred, and three times as many as those of characters like U+4E00, whose lower byte is
    // zero.
    guard max(even, odd) * 50 >= units, max(even, odd) >= 3 * min(even, odd) else { return nil }
    // A few zero bytes in what is a text in bytes otherwise are a few bad rows.
    guard max(even, odd) * 4 >= units || !isText(start) else { return nil }
    let isBigEndian = even > odd
    let lone = loneSurrogates(start, highByte: isBigEndian ? 0 : 1)
    guard lone * 100 <= units else { return nil }
    let isClear = max(even, odd) * 4 >= units || (min(even, odd) == 0 && max(even, odd) >= 8)
    return WideText(isBigEndian ? "UTF-16BE" : "UTF-16LE", isSure: lone == 0 && isClear)
  }

  /// Whether it is valid UTF-8 without control characters, but for zero bytes and for a character that is
  /// cut off at the end. The upper bytes of UTF-16 would be control characters, or above 0x7F.
  private static func isText(_ start: UnsafeRawBufferPointer) -> Bool {
    let hasControls = start.contains { $0 < 0x20 && ![0, 0x09, 0x0A, 0x0D].contains($0) }
    return !hasControls
      && (0..<4).contains { String(validating: start.dropLast($0), as: UTF8.self) != nil }
  }

  private static func loneSurrogates(_ start: UnsafeRawBufferPointer, highByte: Int) -> Int {
    var count = 0
    var isWithinPair = false
    for place in stride(from: highByte, to: start.count, by: 2) {
      switch start[place] {
      case 0xD8...0xDB:
        if isWithinPair { count += 1 }
        isWithinPair = true
      case 0xDC...0xDF:
        if !isWithinPair { count += 1 }
        isWithinPair = false
      default:
        if isWithinPair { count += 1 }
        isWithinPair = false
      }
    }
    return count
  }
}
