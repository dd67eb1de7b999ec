internal import CLibpq
import Telemetry

extension PostgresConnection {
  /// Makes a blocking call of libpq on this connection's thread; cancelling the task cancels the
  /// statement at the server.
  ///
  /// - Parameters:
  ///   - cancellable: false for what must run even in a cancelled task, such as ROLLBACK.
  ///   - observed: true if the call is a statement, whose time is measured.
  func interruptible<R: Sendable>(
    cancellable: Bool, observed: Bool = true, _ raw: OpaquePointer,
    _ call: (OpaquePointer) throws -> R
  ) async throws -> R {
    if cancellable { try Task.checkCancellation() }
    let ticket = gate.begin()
    let start = ContinuousClock.now
    let outcome: Result<R, any Error>
    if cancellable {
      outcome = await withTaskCancellationHandler {
        // Not only a check: a closure that does not mention the actor would run on the cooperative
        // pool, and block it.
        preconditionIsolated()
        return Result { try call(raw) }
      } onCancel: {
        gate.cancel(ticket)
      }
    } else {
      outcome = Result { try call(raw) }
    }
    let isClean = gate.end()
    if observed { observer?((ContinuousClock.now - start) / .seconds(1)) }
    guard isClean else { throw abandon() }
    return try conclude(outcome, cancellable: cancellable)
  }

  private func conclude<R>(_ outcome: Result<R, any Error>, cancellable: Bool) throws -> R {
    do {
      return try outcome.get()
    } catch let error as PostgresError {
      // Nothing more can come of it, and a pool or a transaction shall see that at once.
      if error.isConnectionLoss { close() }
      if cancellable, error.sqlState == "57014", Task.isCancelled { throw CancellationError() }
      throw error
    }
  }

  /// A cancel request is stuck on its way: it may hit any later statement, so there will be none.
  private func abandon() -> any Error {
    close()
    logger.warning("connection dropped, since a cancel request was not answered in time")
    var error = PostgresError(
      code: .connection, message: "a cancel request was not answered in time")
    error.connectionBroke = true
    return Task.isCancelled ? CancellationError() : error
  }
}
