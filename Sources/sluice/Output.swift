import Glibc

/// What the command says to people and scripts; records go to the log instead.
enum Output {
  /// A line on standard output.
  static func line(_ text: String) { write(text + "\n", to: 1) }

  /// A line on standard error.
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// Text on standard error, without a line end: for a progress bar.
  static func draw(_ text: String) { write(text, to: 2) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        // Nobody reads any more: there is no one to tell.
        if errno != EINTR { return }
        continue
      }
      bytes = bytes.dropFirst(count)
    }
  }
}
