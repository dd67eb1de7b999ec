internal import CLibpq
import Telemetry

extension PostgresConnection {
  /// True if the server answers.
  func isAlive() async -> Bool {
    guard isUsable else { return false }
    do {
      _ = try await query("", cancellable: false)
      return isUsable
    } catch {
      logger.debug("idle connection is dead", ["error": "\(error)"])
      return false
    }
  }

  /// Makes the session fit for a stranger: no transaction, nothing left of the last user.
  ///
  /// Prepared statements stay, since they do not show. Costs nothing if the last user only read.
  ///
  /// - Returns: false if the connection has to be closed.
  func reset() async -> Bool {
    guard isUsable else { return false }
    do {
      if transactionStatus != PQTRANS_IDLE {
        try await execute("ROLLBACK", cancellable: false)
      }
      guard session.isTouched else { return true }
      try await execute(Self.resetScript, cancellable: false)
      try await applySettings(cancellable: false)
      session.reset()
      return isUsable
    } catch {
      logger.warning("connection could not be reset", ["error": "\(error)"])
      return false
    }
  }

  /// DISCARD ALL without what concerns prepared statements (PostgreSQL manual, DISCARD).
  private static let resetScript = """
    CLOSE ALL;
    SET SESSION AUTHORIZATION DEFAULT;
    RESET ALL;
    UNLISTEN *;
    SELECT pg_catalog.pg_advisory_unlock_all();
    DISCARD TEMP;
    DISCARD SEQUENCES
    """

  /// Sets what the configuration wants, in one round trip.
  func applySettings(cancellable: Bool = true) async throws {
    // Rows are read in these forms, whatever the role or the database is set to. To compile what reads the catalog
    // takes a hundred times as long as to carry it out.
    var settings = ["bytea_output": "hex", "standard_conforming_strings": "on", "jit": "off"]
    settings.merge(configuration.settings) { _, ours in ours }
    let pairs = settings.sorted { $0.key < $1.key }
    let calls = pairs.indices.map {
      "pg_catalog.set_config($\($0 * 2 + 1), $\($0 * 2 + 2), false)"
    }
    let parameters = pairs.flatMap { [PostgresParameter.text($0.key), .text($0.value)] }
    let mode = "pg_catalog.current_setting('plan_cache_mode') AS plan_cache_mode"
    let row = try await query(
      "SELECT \((calls + [mode]).joined(separator: ", "))", parameters, cancellable: cancellable
    ).rows[0]
    planCacheMode = try row.string("plan_cache_mode")
    session.reset()
  }
}
