/// Decodes a text piece by piece, and marks what is no text.
final class IconvDecoder {
  private let handle: IconvHandle
  private let unitSize: Int
  private var hasFlushed = false

  /// The smallest buffer that is sure to take what comes at once.
  static let minRoom = 64

  init(_ handle: consuming IconvHandle, unitSize: Int) {
    self.handle = handle
    self.unitSize = unitSize
  }

  /// Writes the next bytes of the text, in UTF-8: at least one, and 0 at the end only.
  ///
  /// - Parameter output: at least `minRoom` bytes.
  func decode(
    _ input: StoredInput, into output: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    var count = 0
    while output.count - count >= Self.minRoom || count == 0 {
      guard try input.fill(1) else { return count + flushAtEnd(into: output, from: count) }
      let done = handle.convert(
        input.bytes, into: UnsafeMutableRawBufferPointer(rebasing: output[count...]))
      input.consume(done.consumed)
      count += done.produced
      switch done.stop {
      case .outputFull: return count
      case .inputEnd: if count > 0 { return count }
      case .incomplete:
        // The next bytes decide; at the end of the file there are none.
        if count > 0 && !input.sourceHasEnded { return count }
        if try !input.fill(input.count + 1) { count += leaveOut(input, into: output, from: count) }
      case .invalid:
        count += leaveOut(input, into: output, from: count)
      }
    }
    return count
  }

  /// Puts the mark of a bad byte in place of a code unit.
  private func leaveOut(
    _ input: StoredInput, into output: UnsafeMutableRawBufferPointer, from start: Int
  ) -> Int {
    // What iconv still holds back stands before it. 48 bytes of room are left for certain below.
    guard output.count - start > 16 else { return 0 }
    let held = handle.flush(into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
    output[start + held] = TranscodingSource.badByte
    input.consume(min(unitSize, input.count))
    return held + 1
  }

  private func flushAtEnd(
    into output: UnsafeMutableRawBufferPointer, from start: Int
  ) -> Int {
    if hasFlushed { return 0 }
    hasFlushed = true
    return handle.flush(into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
  }
}
