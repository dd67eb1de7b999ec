/// Where a connection stands with its COPY.
struct CopyState: Sendable {
  private(set) var number = 0
  private(set) var isActive = false
  /// Why the server has ended the COPY that is still open on our side.
  var failure: PostgresError?

  /// - Returns: the number of this COPY, which its writer bears.
  mutating func begin() -> Int {
    number += 1
    isActive = true
    failure = nil
    return number
  }

  mutating func end() {
    isActive = false
    failure = nil
  }
}
