/// Why a private cluster cannot be had.
public struct EmbeddedClusterError: Error, Sendable, CustomStringConvertible {
  /// What is wrong and what to do about it.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
