/// Waits until a condition holds, looking again and again.
///
/// - Parameters:
///   - what: the condition in words, for the message when it never holds.
///   - duration: how long to wait at most.
/// - Throws: `TestSupportError` when the time is over, or what the condition throws.
public func eventually(
  _ what: String, within duration: Duration = .seconds(10),
  fileID: String = #fileID, line: Int = #line,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + duration
  while true {
    if try await condition() { return }
    guard ContinuousClock.now < deadline else {
      throw TestSupportError("\(fileID):\(line): not within \(duration): \(what)")
    }
    try await Task.sleep(for: .milliseconds(10))
  }
}
