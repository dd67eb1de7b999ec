internal import CLibpq
import CrashPoints
import Telemetry

extension PostgresConnection {
  /// Runs the body in a transaction: BEGIN, the body, COMMIT; ROLLBACK if the body throws.
  ///
  /// The body's error is thrown even if the ROLLBACK fails as well. A task that is cancelled before
  /// COMMIT is sent rolls back; COMMIT itself is not cancelled. If the connection is lost during
  /// COMMIT, nobody can tell whether it took place.
  ///
  /// - Parameters:
  ///   - options: what follows BEGIN, such as `ISOLATION LEVEL REPEATABLE READ READ ONLY`; a
  ///     literal, never a caller's words.
  ///   - file: with `function`, what names the place of its commit, see `CrashPoint`.
  public func transaction<R: Sendable>(
    _ options: String = "", file: StaticString = #fileID, function: StaticString = #function,
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    guard transactionStatus == PQTRANS_IDLE else {
      _ = try ready()
      throw PostgresError(
        code: .protocolViolation, message: "a transaction is open already; use savepoint")
    }
    _ = try await query("BEGIN \(options)")
    do {
      let result = try await body(self)
      try Task.checkCancellation()
      CrashPoint.pass(.before, file, function)
      try await commit()
      CrashPoint.pass(.behind, file, function)
      return result
    } catch {
      await rollback()
      throw error
    }
  }

  /// Runs the body as a part of the open transaction that can fail by itself.
  ///
  /// If the body throws, what it did is taken back, its error is thrown, and the transaction goes on.
  public func savepoint<R: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    savepoints += 1
    let name = "sluice_savepoint_\(savepoints)"
    _ = try await query("SAVEPOINT \(name)")
    do {
      let result = try await body(self)
      _ = try await query("RELEASE SAVEPOINT \(name)")
      return result
    } catch {
      await rollback(to: name)
      throw error
    }
  }

  private func commit() async throws {
    guard transactionStatus != PQTRANS_IDLE else {
      throw PostgresError(
        code: .protocolViolation, message: "the body of a transaction has ended it by itself")
    }
    let result = try await query("COMMIT", cancellable: false)
    // The server answers COMMIT of a failed transaction with ROLLBACK, and not with an error.
    guard result.command == "COMMIT" else {
      throw PostgresError(
        code: .rolledBack,
        message: "the transaction was rolled back, since a statement in it had failed")
    }
  }

  private func rollback() async {
    guard isUsable, transactionStatus != PQTRANS_IDLE else { return }
    await clean("ROLLBACK")
  }

  private func rollback(to name: String) async {
    guard isUsable, transactionStatus != PQTRANS_IDLE else { return }
    await clean("ROLLBACK TO SAVEPOINT \(name)")
    guard isUsable else { return }
    await clean("RELEASE SAVEPOINT \(name)")
  }

  /// A cleaning that fails leaves a session of which nothing is known: it is closed.
  private func clean(_ sql: String) async {
    do {
      _ = try await query(sql, cancellable: false)
    } catch {
      logger.warning("connection closed", ["statement": sql, "error": "\(error)"])
      close()
    }
  }
}
