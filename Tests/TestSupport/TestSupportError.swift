/// A test cannot go on, or waited in vain.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What a reader of the test's output needs to know.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
