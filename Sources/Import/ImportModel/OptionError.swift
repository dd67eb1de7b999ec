/// Why an option of an import cannot be as it is told.
public struct OptionError: Error, Sendable, Equatable {
  /// Name of the option, as the contract has it.
  public let option: String
  /// What is wrong, as it follows the name: `is one of csv, json, xlsx`.
  public let message: String
  /// What the caller can do about it, or nil.
  public let hint: String?

  /// Describes one mistake.
  public init(_ option: String, _ message: String, hint: String? = nil) {
    self.option = option
    self.message = message
    self.hint = hint
  }
}
