/// Pauses between attempts: they grow twofold up to a ceiling, and each is a random share of that.
///
/// Full jitter keeps many clients from coming back at the same moment.
struct Backoff: Sendable {
  let base: Duration
  let ceiling: Duration
  private var current: Duration

  init(base: Duration = .milliseconds(100), ceiling: Duration = .seconds(10)) {
    self.base = base
    self.ceiling = ceiling
    current = base
  }

  /// The next pause.
  ///
  /// - Parameter share: from 0 to 1, random.
  mutating func next(share: Double = .random(in: 0...1)) -> Duration {
    defer { current = min(current * 2, ceiling) }
    return current * share
  }

  /// After a success.
  mutating func reset() {
    current = base
  }
}
