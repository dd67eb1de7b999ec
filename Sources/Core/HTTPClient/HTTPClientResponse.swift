/// What a server answered.
public struct HTTPClientResponse: Sendable {
  /// Largest body that a client takes, in bytes.
  public static let bodyLimit = 8 << 20

  /// The status code, for instance 202.
  public let status: Int
  /// Header fields in their order, names as the server wrote them.
  public let headers: [(name: String, value: String)]
  /// The whole body.
  public let body: [UInt8]

  /// The first header field of a name, in any case of letters.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
