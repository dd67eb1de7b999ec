/// The methods that the router knows; a request with any other is answered 501.
///
/// Source: RFC 9110, section 9; RFC 5789 for PATCH.
public enum HTTPMethod: String, Sendable, CaseIterable, Comparable {
  /// Reads.
  case get = "GET"
  /// Reads the head only.
  case head = "HEAD"
  /// Makes or does something.
  case post = "POST"
  /// Writes a whole.
  case put = "PUT"
  /// Writes a part.
  case patch = "PATCH"
  /// Removes.
  case delete = "DELETE"
  /// Asks what may be asked.
  case options = "OPTIONS"

  /// By name, for stable `Allow` headers.
  public static func < (left: HTTPMethod, right: HTTPMethod) -> Bool {
    left.rawValue < right.rawValue
  }
}
