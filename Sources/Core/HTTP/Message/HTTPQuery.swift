/// The names and values behind a request target's `?`, decoded.
///
/// Rules of `application/x-www-form-urlencoded`: pairs between `&`, `+` is a space, names may repeat.
/// Source: WHATWG URL, section 5.1; but malformed percent-encoding, NUL and bytes that are not UTF-8
/// are refused rather than patched up.
public struct HTTPQuery: Sendable {
  /// One name and its value.
  public struct Pair: Sendable, Equatable {
    /// The name, decoded.
    public let name: String
    /// The value, decoded; empty where there was no `=`.
    public let value: String

    /// Makes a pair.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// All pairs, in order.
  public let pairs: [Pair]

  /// Makes a query out of pairs.
  public init(_ pairs: [Pair] = []) {
    self.pairs = pairs
  }

  /// Reads a query as it was sent, without its `?`; throws `Problem` 400 when it cannot be decoded.
  public init(decoding raw: some StringProtocol) throws(Problem) {
    try self.init(decoding: Array(raw.utf8)[...])
  }

  init(decoding raw: ArraySlice<UInt8>) throws(Problem) {
    var pairs: [Pair] = []
    for piece in raw.split(separator: UInt8(ascii: "&")) {
      let halves = piece.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = try Self.decode(halves[0])
      let value = halves.count == 2 ? try Self.decode(halves[1]) : ""
      pairs.append(Pair(name: name, value: value))
    }
    self.pairs = pairs
  }

  /// The first value of a name.
  public subscript(_ name: String) -> String? {
    pairs.first { $0.name == name }?.value
  }

  /// Every value of a name, in order.
  public func values(_ name: String) -> [String] {
    pairs.filter { $0.name == name }.map(\.value)
  }

  private static func decode(_ bytes: some Collection<UInt8>) throws(Problem) -> String {
    guard let text = PercentCoding.decode(bytes, plusIsSpace: true) else {
      throw Problem.badRequest(
        "The query is not valid percent-encoded UTF-8.",
        hint: "Encode each name and value as UTF-8 and percent-encode what is not plain text.")
    }
    return text
  }
}
