/// Where a server listens, and its limits.
public struct HTTPServerConfiguration: Sendable {
  /// The numeric address to listen at, IPv4 or IPv6; `0.0.0.0` and `::` for all.
  public var address: String
  /// The port; 0 for any free one.
  public var port: UInt16
  /// The largest head of a request, in bytes; a larger one is answered 431.
  public var maxHeaderBytes = 32 * 1024
  /// The largest body of a request, in bytes, on routes that do not say otherwise; a larger one is
  /// answered 413.
  public var maxBodyBytes: Int64 = 1024 * 1024
  /// How long a connection may take to deliver the whole head of its next request.
  public var idleTimeout: Duration = .seconds(60)
  /// How long a body may take for its next KiB, and an answer to be taken at all; whole seconds.
  public var progressTimeout: Duration = .seconds(60)
  /// How long a request may take from its head to the end of its answer; nil for as long as it likes.
  public var requestTimeout: Duration?
  /// The most connections at a time, WebSockets among them; further ones are answered 503
  /// `too_many_connections`, whatever they ask for.
  public var maxConnections = 1000
  /// So many are accepted beyond, to be answered so; further ones wait to be accepted.
  public var spareConnections = 64
  /// How long one of those may take to ask for something.
  public var spareTimeout: Duration = .seconds(5)
  /// How long a shutdown waits, behind its grace, for the answers of handlers whose body it has cut.
  public var lastWords: Duration = .seconds(2)
  /// The host names, without port, by which the service may be addressed; nil for any.
  ///
  /// A service on loopback should name them, or a page in a browser can reach it through a name of
  /// its own that leads to 127.0.0.1 (DNS rebinding). Others are answered 403.
  public var allowedHosts: [String]?
  /// The limits and intervals of WebSockets.
  public var webSocket = WebSocketConfiguration()

  /// `progressTimeout` in whole seconds.
  var progressSeconds: UInt32 { UInt32(clamping: max(1, progressTimeout.components.seconds)) }

  /// What libmicrohttpd is told, in seconds: long enough that it never ends a body before we have
  /// answered that it took too long.
  var libraryTimeout: UInt32 { UInt32(clamping: 2 * UInt64(progressSeconds) + 10) }

  /// How long a connection may take to deliver a head.
  ///
  /// - Parameter spare: whether it is one beyond the limit.
  func headTimeout(spare: Bool) -> Duration {
    spare ? min(spareTimeout, idleTimeout) : idleTimeout
  }

  /// Makes a configuration with the usual limits.
  public init(address: String = "127.0.0.1", port: UInt16 = 0) {
    self.address = address
    self.port = port
  }
}
