/// What encoding a text seems to be in.
public struct EncodingGuess: Sendable, Equatable, Codable {
  /// The encoding.
  public let encoding: TextEncoding
  /// Whether there is no other that is worth a thought.
  public let isSure: Bool
  /// What the one who sent the file should know: what else it may be, or what is broken. nil is nothing.
  public let note: String?

  /// Describes a guess.
  public init(encoding: TextEncoding, isSure: Bool, note: String? = nil) {
    self.encoding = encoding
    self.isSure = isSure
    self.note = note
  }
}
