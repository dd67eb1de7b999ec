/// Which handler answers which requests.
///
/// A pattern is a path whose segments are either literal or `{name}`, which stands for one segment
/// that is not empty; a literal wins over a name. `GET` answers `HEAD` as well, `OPTIONS` is answered
/// with the methods that a path allows, other paths with 404 `not_found` and other methods with 405
/// `method_not_allowed`.
public struct HTTPRouter: Sendable {
  /// Answers a request.
  public typealias Handler = @Sendable (HTTPRequest) async throws -> HTTPResponse

  /// What stands at the end of a path.
  struct Route: Sendable {
    /// What answers.
    enum Endpoint: Sendable {
      case handler(Handler)
      case webSocket(
        authorize: @Sendable (HTTPRequest) async throws -> WebSocketAcceptance,
        handler: @Sendable (WebSocketConnection) async -> Void)
    }

    let pattern: String
    let names: [String]
    let maxBodyBytes: Int64?
    let endpoint: Endpoint
  }

  /// What a path and a method come to.
  enum Resolution: Sendable {
    case route(Route, parameters: [String: String])
    case methodNotAllowed([HTTPMethod])
    case options([HTTPMethod])
    case notFound
  }

  private struct Node: Sendable {
    var literals: [String: Node] = [:]
    /// At most one; an array, because a struct cannot hold itself.
    var names: [Node] = []
    var routes: [HTTPMethod: Route] = [:]
  }

  private var root = Node()

  /// Makes a router without routes.
  public init() {}

  /// Adds a route.
  ///
  /// A malformed pattern, or one that is already taken, is a mistake in the program and stops it.
  ///
  /// - Parameter maxBodyBytes: the largest body in bytes; the server's setting if nil.
  public mutating func on(
    _ method: HTTPMethod, _ pattern: String, maxBodyBytes: Int64? = nil,
    _ handler: @escaping Handler
  ) {
    add(method, pattern, maxBodyBytes: maxBodyBytes, .handler(handler))
  }

  /// Adds a route that becomes a WebSocket.
  ///
  /// - Parameters:
  ///   - authorize: decides on the request before the handshake is answered; a thrown `Problem` is
  ///     the answer.
  ///   - handler: runs as long as the WebSocket is served; it is closed when the handler returns.
  public mutating func webSocket(
    _ pattern: String,
    authorize: @escaping @Sendable (HTTPRequest) async throws -> WebSocketAcceptance,
    _ handler: @escaping @Sendable (WebSocketConnection) async -> Void
  ) {
    add(.get, pattern, maxBodyBytes: 0, .webSocket(authorize: authorize, handler: handler))
  }

  private mutating func add(
    _ method: HTTPMethod, _ pattern: String, maxBodyBytes: Int64?, _ endpoint: Route.Endpoint
  ) {
    precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
    let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    let names = segments.filter(Self.isName).map { String($0.dropFirst().dropLast()) }
    precondition(Set(names).count == names.count, "a name stands twice in \(pattern)")
    let route = Route(
      pattern: pattern, names: names, maxBodyBytes: maxBodyBytes, endpoint: endpoint)
    Self.insert(route, method, at: segments[...], into: &root)
  }

  private static func insert(
    _ route: Route, _ method: HTTPMethod, at segments: ArraySlice<Substring>, into node: inout Node
  ) {
    guard let segment = segments.first else {
      precondition(node.routes[method] == nil, "\(method.rawValue) \(route.pattern) stands twice")
      node.routes[method] = route
      return
    }
    if isName(segment) {
      if node.names.isEmpty { node.names = [Node()] }
      insert(route, method, at: segments.dropFirst(), into: &node.names[0])
    } else {
      insert(
        route, method, at: segments.dropFirst(),
        into: &node.literals[String(segment), default: Node()])
    }
  }

  private static func isName(_ segment: Substring) -> Bool {
    segment.count > 2 && segment.hasPrefix("{") && segment.hasSuffix("}")
  }

  /// Looks a request up.
  ///
  /// - Parameter segments: what is between the path's slashes, each percent-decoded.
  func resolve(_ method: HTTPMethod, _ segments: [String]) -> Resolution {
    guard let (routes, values) = Self.find(segments[...], from: root, values: []) else {
      return .notFound
    }
    if let route = routes[method] ?? (method == .head ? routes[.get] : nil) {
      let parameters = Dictionary(uniqueKeysWithValues: zip(route.names, values))
      return .route(route, parameters: parameters)
    }
    var allowed = Set(routes.keys).union([.options])
    if allowed.contains(.get) { allowed.insert(.head) }
    return method == .options ? .options(allowed.sorted()) : .methodNotAllowed(allowed.sorted())
  }

  private static func find(
    _ segments: ArraySlice<String>, from node: Node, values: [String]
  ) -> ([HTTPMethod: Route], [String])? {
    guard let segment = segments.first else {
      return node.routes.isEmpty ? nil : (node.routes, values)
    }
    let rest = segments.dropFirst()
    if let next = node.literals[segment], let found = find(rest, from: next, values: values) {
      return found
    }
    guard let next = node.names.first, !segment.isEmpty else { return nil }
    return find(rest, from: next, values: values + [segment])
  }
}
