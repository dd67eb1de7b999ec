/// A number that goes up and down, with a series for each combination of label values.
public struct Gauge: Sendable {
  let family: ScalarFamily

  /// Sets the series with these label values, given in the order in which they were declared.
  public func set(_ value: Double, _ labels: String...) {
    family.update(labels) { $0 = value }
  }

  /// Adds to the series with these label values; a negative number takes away.
  public func add(_ delta: Double, _ labels: String...) {
    family.update(labels) { $0 += delta }
  }
}
