/// Where a format writes a value in its plain form. Whoever makes one sees to the room.
struct TextSink {
  let out: UnsafeMutableRawPointer
  /// Bytes written.
  var count = 0

  @inline(__always)
  init(_ out: UnsafeMutableRawPointer) { self.out = out }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    out.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ text: UnsafeRawBufferPointer) {
    guard let from = text.baseAddress else { return }
    (out + count).copyMemory(from: from, byteCount: text.count)
    count &+= text.count
  }

  /// Writes a number with at least `digits` digits.
  mutating func append(_ value: Int, digits: Int) {
    var scale = 1
    for _ in 1..<digits { scale &*= 10 }
    while value / scale >= 10 { scale &*= 10 }
    while scale > 0 {
      append(UInt8(truncatingIfNeeded: 0x30 &+ value / scale % 10))
      scale /= 10
    }
  }

  /// Moves the bytes from `start` on `distance` bytes on, and fills the gap.
  mutating func shift(from start: Int, by distance: Int, filling byte: UInt8) {
    (out + start + distance).copyMemory(from: out + start, byteCount: count &- start)
    for index in start..<(start &+ distance) {
      out.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    count &+= distance
  }
}

/// A format of one column: what turns values as people write them into ones as Postgres reads them.
protocol TextFormat {
  /// Most bytes that a value may become longer by.
  static var growth: Int { get }
  /// Writes the plain form of a value. The text has no white space at its ends and is never empty.
  func rewrite(_ text: UnsafeRawBufferPointer, into sink: inout TextSink) -> FormatFit
}

/// Whether a text is of the told format.
enum FormatFit {
  /// It is; the plain form was written.
  case rewritten
  /// It is not, but may go to the encoder as it stands: no told sign changes what it means.
  case plain
  /// It is not.
  case misfit
}
