import ImportModel
import Postgres

extension WorkerServices {
  /// How to connect for work on the rows of targets.
  ///
  /// A worker that is stopped or cut off inside a transaction holds locks: the server ends its session. What a
  /// role's own time-outs would end is long by nature.
  static func sessionOnTargets(_ database: PostgresConfiguration) -> PostgresConfiguration {
    var configuration = database
    let settings = [
      "idle_in_transaction_session_timeout": "60s", "tcp_keepalives_idle": "10",
      "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "statement_timeout": "0",
      // A setting, because a name in the URL would win over the configuration's.
      "application_name": WorkSession.loads.rawValue,
    ]
    for (name, value) in settings { configuration.settings[name] = value }
    return configuration
  }
}

extension PostgresConnection {
  /// Says what the session works for, until it is given back.
  func name(_ work: WorkSession, under lease: Lease) async throws {
    _ = try await queryCached(
      "SELECT set_config('application_name', $1, false)", [.text(work.name(under: lease))])
  }

  /// Sets the time zone that an import names, until the session is given back.
  func setZone(_ options: ImportOptions) async throws {
    guard let zone = options.timezone else { return }
    _ = try await query("SELECT set_config('TimeZone', $1, false)", [.text(zone)])
  }
}
