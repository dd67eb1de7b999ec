/// A request whose head has been read and checked; its body may still be on the way.
public struct HTTPRequest: Sendable {
  /// What is asked for.
  public var method: HTTPMethod
  /// The path, percent-decoded, without the query; begins with `/`.
  public var path: String
  /// The request target as it was sent, query included.
  public var rawTarget: String
  /// The pairs behind the `?`.
  public var query: HTTPQuery
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body, read as it comes in.
  public var body: HTTPBody
  /// What the `{names}` of the route's pattern stand for in this path, percent-decoded.
  public var parameters: [String: String]
  /// The numeric address of the other end of the connection; empty if unknown.
  public var remoteAddress: String
  /// The request's id: the caller's `X-Request-ID` if it is sane, else 16 random hex digits.
  public var id: String
  /// Further fields for the request's line in the access log.
  public var notes: RequestNotes

  /// Makes a request; the server makes them from the wire, tests by hand.
  public init(
    method: HTTPMethod, path: String, rawTarget: String? = nil, query: HTTPQuery = HTTPQuery(),
    headers: HTTPHeaders = [:], body: HTTPBody = .empty, parameters: [String: String] = [:],
    remoteAddress: String = "", id: String = "0000000000000000",
    notes: RequestNotes = RequestNotes()
  ) {
    self.method = method
    self.path = path
    self.rawTarget = rawTarget ?? path
    self.query = query
    self.headers = headers
    self.body = body
    self.parameters = parameters
    self.remoteAddress = remoteAddress
    self.id = id
    self.notes = notes
  }
}
