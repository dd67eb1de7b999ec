/// Knows whether a session may still be as it was when it began.
///
/// Errs on the safe side. Only statements that read, and the brackets around them, leave a session
/// as it is; whatever writes may fire triggers, and these may set anything.
struct SessionTracker: Sendable {
  /// True if the session may have changed since the last reset.
  private(set) var isTouched = false

  private static let harmless: Set<String> = [
    "", "SELECT", "SHOW", "FETCH", "EXPLAIN", "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK",
    "SAVEPOINT", "RELEASE",
  ]

  /// A SELECT that calls one of these changes its session all the same.
  private static let words = ["set_config", "advisory_lock", "dblink", "setval", "nextval"]

  /// Takes note of a statement that has run, whatever came of it.
  ///
  /// - Parameter command: its tag; empty if it failed.
  mutating func note(_ sql: String, command: String) {
    guard !isTouched else { return }
    isTouched = !Self.harmless.contains(command) || Self.words.contains { Self.find($0, in: sql) }
  }

  /// Takes note of something of which nothing is known.
  mutating func touch() {
    isTouched = true
  }

  /// The session is as it was at its beginning.
  mutating func reset() {
    isTouched = false
  }

  private static func find(_ word: String, in sql: String) -> Bool {
    let word = Array(word.utf8)
    var matched = 0
    for byte in sql.utf8 {
      let lower = byte >= 65 && byte <= 90 ? byte | 32 : byte
      if lower == word[matched] {
        matched += 1
        if matched == word.count { return true }
      } else {
        matched = lower == word[0] ? 1 : 0
      }
    }
    return false
  }
}
