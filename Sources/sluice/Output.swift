import Glibc

/// What the command says to people and scripts; records go to the log instead.
enum Output {
  /// A line on standard output.
  static func line(_ text: String) { write(text + "\n", to: 1) }

  /// A line on standard error.
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// Text on standard error, without a line end: for a progress bar.
  static func draw(_ text: String) { write(text, to: 2) }

  /// Bytes on standard output; false when nobody reads any more.
  static func bytes(_ bytes: UnsafeRawBufferPointer) -> Bool { write(bytes, to: 1) }

  private static func write(_ text: String, to descriptor: Int32) {
    _ = Array(text.utf8).withUnsafeBytes { write($0, to: descriptor) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: bytes)
      let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
      if count < 0 {
        // Nobody reads any more: there is no one to tell.
        if errno != EINTR { return false }
        continue
      }
      bytes = bytes.dropFirst(count)
    }
    return true
  }
}
