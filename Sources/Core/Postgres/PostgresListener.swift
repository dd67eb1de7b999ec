import Synchronization
public import Telemetry

/// What a listener reports.
public enum ListenerEvent: Sendable, Equatable {
  /// Listening, after the first connect or a later one; also when events had to be dropped since the
  /// consumer was slow. Whatever was notified before is unknown: read the state again.
  case connected
  /// A notification, in the order of the server.
  case notification(PostgresNotification)
  /// The connection is lost; the listener is trying again.
  case disconnected(reason: String)
}

/// Listens to channels on a connection of its own, and comes back when that is lost.
///
/// Between two attempts it pauses for up to 100 ms, 200 ms, … 10 s, with full jitter.
public actor PostgresListener {
  private let configuration: PostgresConfiguration
  private let channels: [String]
  private let logger: Logger
  private let stream: AsyncStream<ListenerEvent>
  private let continuation: AsyncStream<ListenerEvent>.Continuation
  private let connected = Atomic(false)
  private var loop: Task<Void, Never>?
  private var isStopped = false
  /// Events so far, also those that were dropped.
  private(set) var emitted = 0
  /// What `emitted` was when the consumer was last told that some were dropped.
  private var lastTold: Int?

  /// Events that wait for the consumer; then the oldest go.
  static let capacity = 1024
  /// Milliseconds of silence after which the server is asked whether it is still there.
  private static let silence: Int32 = 30_000

  /// Makes a listener; `run` starts it.
  ///
  /// - Parameter channels: names as they are, quoted here.
  public init(configuration: PostgresConfiguration, channels: [String], logger: Logger) {
    self.configuration = configuration
    self.channels = channels
    self.logger = logger
    (stream, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Self.capacity))
  }

  /// What happens, for one consumer; ends after `stop`, or when `run` is cancelled.
  public nonisolated func events() -> AsyncStream<ListenerEvent> { stream }

  /// True while the listener hears.
  public nonisolated var isConnected: Bool { connected.load(ordering: .acquiring) }

  /// Listens until the task is cancelled or `stop` is called; may be called once.
  public func run() async {
    guard !isStopped, loop == nil else { return }
    let loop = Task { await listenForever() }
    self.loop = loop
    await withTaskCancellationHandler {
      await loop.value
    } onCancel: {
      loop.cancel()
    }
  }

  /// Ends the listening, and returns when the connection is closed.
  public func stop() async {
    isStopped = true
    loop?.cancel()
    await loop?.value
    continuation.finish()
  }

  private func listenForever() async {
    var backoff = Backoff()
    while !Task.isCancelled {
      let reason = await listenOnce { backoff.reset() }
      if connected.exchange(false, ordering: .acquiringAndReleasing), !Task.isCancelled {
        emit(.disconnected(reason: reason))
      }
      guard !Task.isCancelled else { break }
      logger.warning("not listening to the database", ["reason": reason])
      do {
        try await Task.sleep(for: backoff.next())
      } catch {
        break  // Cancelled.
      }
    }
    continuation.finish()
  }

  /// - Returns: why it has ended, fit for a log.
  private func listenOnce(_ whenConnected: () -> Void) async -> String {
    do {
      let wake = try WakePipe()
      let connection = try await PostgresConnection.connect(configuration, logger: logger)
      let reason = await withTaskCancellationHandler {
        await listen(on: connection, wake, whenConnected)
      } onCancel: {
        wake.wake()
      }
      await connection.close()
      return reason
    } catch {
      return String(reflecting: error)
    }
  }

  private func listen(
    on connection: PostgresConnection, _ wake: WakePipe, _ whenConnected: () -> Void
  ) async -> String {
    do {
      for channel in channels {
        _ = try await connection.query("LISTEN \(quotedIdentifier(channel))")
      }
      connected.store(true, ordering: .releasing)
      whenConnected()
      emit(.connected)
      while !Task.isCancelled {
        let notes = try await connection.notifications(wake: wake, timeout: Self.silence)
        notes.forEach { emit(.notification($0)) }
        if notes.isEmpty { _ = try await connection.query("") }
      }
      return "stopped"
    } catch {
      return String(reflecting: error)
    }
  }

  private func emit(_ event: ListenerEvent) {
    emitted += 1
    guard case .dropped = continuation.yield(event) else { return }
    // Often enough that one of these is among the newest, whatever is dropped later.
    if let lastTold, emitted - lastTold < Self.capacity / 2 { return }
    lastTold = emitted
    continuation.yield(.connected)
  }
}
