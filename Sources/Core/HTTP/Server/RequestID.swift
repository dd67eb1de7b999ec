/// The id of a request: in its answer, in the log and in error answers.
enum RequestID {
  /// The caller's, if it is 1 to 64 letters, digits, dots, dashes and underscores; else a random one.
  static func accept(_ offered: String?) -> String {
    if let offered, (1...64).contains(offered.utf8.count), offered.utf8.allSatisfy(isPlain) {
      return offered
    }
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }
}
