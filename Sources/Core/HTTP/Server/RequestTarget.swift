/// A request target, taken apart and decoded.
///
/// Source: RFC 9112, section 3.2: origin form, absolute form, and `*` for OPTIONS.
struct RequestTarget: Sendable {
  let raw: String
  /// The host of the absolute form, which then counts instead of `Host`.
  let authority: String?
  /// What is between the slashes, decoded; empty for `*`.
  let segments: [String]
  /// The path, decoded.
  let path: String
  let query: HTTPQuery

  init(_ target: String?, method: HTTPMethod) throws(Problem) {
    guard let target, target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw Problem.badRequest("The request target is not valid.")
    }
    raw = target
    if target == "*", method == .options {
      (authority, segments, path, query) = (nil, [], "*", HTTPQuery())
      return
    }
    let (authority, rest) = Self.splitAuthority(Array(target.utf8))
    self.authority = authority.map { String(decoding: $0, as: UTF8.self) }
    // Bytes and not characters: a slash with a combining mark behind it is a slash all the same.
    let halves = rest.split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let rawPath = halves.first, rawPath.first == UInt8(ascii: "/") else {
      throw Problem.badRequest("The request target must begin with a slash.")
    }
    segments = try Self.decodeSegments(rawPath.dropFirst())
    path = "/" + segments.joined(separator: "/")
    query = halves.count == 2 ? try HTTPQuery(decoding: halves[1]) : HTTPQuery()
  }

  private static func decodeSegments(_ path: ArraySlice<UInt8>) throws(Problem) -> [String] {
    var segments: [String] = []
    for piece in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let segment = PercentCoding.decode(piece) else {
        throw Problem.badRequest(
          "The path is not valid percent-encoded UTF-8.",
          hint: "Write a percent sign that is meant as such as %25.")
      }
      segments.append(segment)
    }
    return segments
  }

  private static func splitAuthority(_ target: [UInt8]) -> (ArraySlice<UInt8>?, ArraySlice<UInt8>) {
    for scheme in ["http://", "https://"]
    where target.count >= scheme.utf8.count
      && zip(target, scheme.utf8).allSatisfy({ $0.asciiLowercased == $1 })
    {
      let rest = target.dropFirst(scheme.utf8.count)
      let end =
        rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
      let path = rest[end...]
      if path.first == UInt8(ascii: "/") { return (rest[..<end], path) }
      return (rest[..<end], [UInt8(ascii: "/")] + path)
    }
    return (nil, target[...])
  }
}
