/// A number that only grows, with a series for each combination of label values.
public struct Counter: Sendable {
  let family: ScalarFamily

  /// Adds to the series with these label values, given in the order in which they were declared.
  ///
  /// - Parameter amount: at least 0.
  public func increment(by amount: Double = 1, _ labels: String...) {
    precondition(amount >= 0, "a counter only grows")
    family.update(labels) { $0 += amount }
  }
}
