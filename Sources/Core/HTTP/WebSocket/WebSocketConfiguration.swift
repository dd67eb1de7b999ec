import Glibc

/// The limits and intervals of WebSockets.
public struct WebSocketConfiguration: Sendable {
  /// Time between two pings.
  public var pingInterval: Duration = .seconds(25)
  /// How long a ping may stay unanswered before the socket is closed (1011).
  public var pongTimeout: Duration = .seconds(10)
  /// How long nothing may drain while data waits before the socket is dropped.
  public var drainTimeout: Duration = .seconds(30)
  /// How long a closing handshake may take, from the wish to close to the end.
  public var closeTimeout: Duration = .seconds(5)
  /// The largest message from a client, in bytes; a larger one closes with 1009.
  public var maxMessageBytes = 64 * 1024
  /// How many messages may wait to be sent.
  public var outboxLimit = 256
  /// How many messages may wait for the handler before reading from the socket pauses.
  public var inboxLimit = 16
  /// The size asked of the kernel for a socket's send buffer (`SO_SNDBUF`), in bytes.
  ///
  /// Small, because what lies there can no longer be replaced by something newer.
  public var sendBufferBytes: Int32 = 32 * 1024
  /// The clock: time since any fixed moment; must not go backwards.
  public var now: @Sendable () -> Duration = WebSocketConfiguration.monotonicTime

  /// The values of the contract.
  public init() {}

  private static let monotonicTime: @Sendable () -> Duration = {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
