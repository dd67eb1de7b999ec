/// Brings a schema up and down.
///
/// What was applied stands in `<schema>.schema_migrations` with a checksum of the script. Each step
/// is a transaction, with the schema alone in the search path, so that scripts need not name it. An
/// advisory lock keeps two migrators apart: the second waits, and finds the work done.
public struct Migrator: Sendable {
  private let schema: String
  private let migrations: [Migration]
  private let lockKey: Int64

  /// Makes a migrator.
  ///
  /// - Parameters:
  ///   - schema: its plain name; made if it does not exist.
  ///   - migrations: in the order of their versions, from 1.
  ///   - lockKey: the advisory lock, the same in all programs that migrate this schema.
  public init(schema: String, migrations: [Migration], lockKey: Int64) {
    self.schema = schema
    self.migrations = migrations
    self.lockKey = lockKey
  }

  private var table: String { "\(quotedIdentifier(schema)).schema_migrations" }

  /// Compares the database with what is known here; changes nothing.
  public func status(on connection: PostgresConnection) async throws -> MigrationStatus {
    let checksums = try await checksums(on: connection)
    let applied = try await applied(on: connection)
    let known = Set(checksums.keys)
    return MigrationStatus(
      current: applied.keys.max() ?? 0, latest: known.max() ?? 0,
      pending: known.subtracting(applied.keys).sorted(),
      unknown: applied.keys.filter { !known.contains($0) }.sorted(),
      changed: applied.filter { checksums[$0.key] != nil && checksums[$0.key] != $0.value }.keys
        .sorted())
  }

  /// Brings the schema to a version, up or down.
  ///
  /// - Parameters:
  ///   - target: the latest known for nil; 0 takes everything back.
  ///   - dryRun: true to change nothing at all, and only tell what would be done.
  /// - Returns: the steps in their order. Steps before one that fails stay done.
  /// - Throws: `MigrationError`, `PostgresError` of a script, or `CancellationError`.
  public func migrate(
    on connection: PostgresConnection, to target: Int? = nil, dryRun: Bool = false
  ) async throws -> [MigrationStep] {
    let goal = try checked(target)
    guard !dryRun else { return try await plan(on: connection, to: goal).map(\.step) }
    _ = try await connection.query(
      "SELECT pg_catalog.pg_advisory_lock($1::bigint)", [.int(lockKey)])
    do {
      let steps = try await run(on: connection, to: goal)
      try await unlock(connection)
      return steps
    } catch {
      do {
        try await unlock(connection)
      } catch {
        await connection.close()  // With the session the lock ends too.
      }
      throw error
    }
  }
}

extension Migrator {
  private typealias Plan = (step: MigrationStep, migration: Migration)

  private func checked(_ target: Int?) throws -> Int {
    let wrong = zip(migrations, 1...).filter { $0.version != $1 }.map(\.0.version)
    guard wrong.isEmpty else { throw MigrationError(code: .invalidList, versions: wrong) }
    let goal = target ?? migrations.count
    guard 0...migrations.count ~= goal else {
      throw MigrationError(code: .unknownTarget, versions: [goal])
    }
    return goal
  }

  private func run(on connection: PostgresConnection, to goal: Int) async throws -> [MigrationStep]
  {
    try await connection.execute(
      """
      CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(schema));
      CREATE TABLE IF NOT EXISTS \(table) (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      );
      """)
    var steps: [MigrationStep] = []
    for (step, migration) in try await plan(on: connection, to: goal) {
      try await apply(step, migration, on: connection)
      steps.append(step)
    }
    return steps
  }

  private func plan(on connection: PostgresConnection, to goal: Int) async throws -> [Plan] {
    let status = try await status(on: connection)
    guard status.unknown.isEmpty else {
      throw MigrationError(code: .unknownVersion, versions: status.unknown)
    }
    guard status.changed.isEmpty else {
      throw MigrationError(code: .checksumMismatch, versions: status.changed)
    }
    let gaps = status.pending.filter { $0 < status.current }
    guard gaps.isEmpty else { throw MigrationError(code: .gap, versions: gaps) }
    let up = migrations[min(status.current, goal)..<goal].map { ($0, MigrationStep.Direction.up) }
    let down = migrations[min(status.current, goal)..<status.current].reversed()
      .map { ($0, MigrationStep.Direction.down) }
    return (up + down).map { migration, direction in
      let step = MigrationStep(
        version: migration.version, name: migration.name, direction: direction)
      return (step, migration)
    }
  }

  private func apply(
    _ step: MigrationStep, _ migration: Migration, on connection: PostgresConnection
  ) async throws {
    try await connection.transaction { connection in
      _ = try await connection.query("SET LOCAL search_path TO \(quotedIdentifier(schema))")
      switch step.direction {
      case .up:
        try await connection.execute(migration.up)
        _ = try await connection.query(
          """
          INSERT INTO \(table) (version, name, checksum)
          VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
          """, [.int(migration.version), .text(migration.name), .text(migration.up)])
      case .down:
        // The entry goes first: the script may drop the whole schema.
        _ = try await connection.query(
          "DELETE FROM \(table) WHERE version = $1", [.int(migration.version)])
        try await connection.execute(migration.down)
      }
    }
  }

  private func applied(on connection: PostgresConnection) async throws -> [Int: String] {
    let exists = try await connection.query(
      "SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [.text(table)])
    guard try exists.rows[0].bool("there") else { return [:] }
    let rows = try await connection.query("SELECT version, checksum FROM \(table)").rows
    return try Dictionary(
      uniqueKeysWithValues: rows.map { (try $0.int("version"), try $0.string("checksum")) })
  }

  /// SHA-256 in hex of each script, computed by the server, which has it at hand.
  private func checksums(on connection: PostgresConnection) async throws -> [Int: String] {
    let result = try await connection.query(
      """
      SELECT encode(sha256(convert_to(script, 'UTF8')), 'hex') AS checksum
      FROM unnest($1::text[]) WITH ORDINALITY AS list(script, place) ORDER BY place
      """, [.textArray(migrations.map(\.up))])
    let sums = try result.rows.map { try $0.string("checksum") }
    return Dictionary(zip(migrations.map(\.version), sums)) { first, _ in first }
  }

  private func unlock(_ connection: PostgresConnection) async throws {
    _ = try await connection.query(
      "SELECT pg_catalog.pg_advisory_unlock($1::bigint)", [.int(lockKey)], cancellable: false)
  }
}
