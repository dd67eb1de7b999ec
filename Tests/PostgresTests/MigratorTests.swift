import Postgres
import TestSupport
import Testing

@Suite("The migrator", .timeLimit(.minutes(1)))
struct MigratorTests {
  static let migrations = [
    Migration(
      version: 1, name: "items", up: "CREATE TABLE items (a int); CREATE INDEX ON items (a)",
      down: "DROP TABLE items"),
    Migration(
      version: 2, name: "more", up: "ALTER TABLE items ADD b text", down: "ALTER TABLE items DROP b"
    ),
    Migration(version: 3, name: "last", up: "CREATE TABLE last ()", down: "DROP TABLE last"),
  ]

  private func migrator(_ schema: String, _ migrations: [Migration] = Self.migrations) -> Migrator {
    Migrator(schema: schema, migrations: migrations, lockKey: 815)
  }

  private func withDatabase(_ body: (PostgresConnection) async throws -> Void) async throws {
    try await withTestDatabase { configuration in
      let connection = try await TestDatabase.connect(configuration)
      do {
        try await body(connection)
        await connection.close()
      } catch {
        await connection.close()
        throw error
      }
    }
  }

  @Test("goes up to the latest, to a version, and down to nothing")
  func upAndDown() async throws {
    try await withDatabase { connection in
      let migrator = migrator("my schema")
      #expect(try await migrator.status(on: connection).pending == [1, 2, 3])
      let up = try await migrator.migrate(on: connection, to: 2)
      #expect(up.map(\.version) == [1, 2])
      #expect(up.allSatisfy { $0.direction == .up })
      _ = try await connection.query("INSERT INTO \"my schema\".items (a, b) VALUES (1, 'x')")
      #expect(try await migrator.migrate(on: connection).map(\.version) == [3])
      #expect(try await migrator.migrate(on: connection).isEmpty)
      let status = try await migrator.status(on: connection)
      #expect(status.isCurrent)
      #expect(status.current == 3)
      let down = try await migrator.migrate(on: connection, to: 0)
      #expect(down.map(\.version) == [3, 2, 1])
      #expect(down.allSatisfy { $0.direction == .down })
      #expect(try await migrator.status(on: connection).current == 0)
      #expect(
        try await connection.query("SELECT to_regclass('\"my schema\".items')").rows[0][0] == nil)
    }
  }

  @Test("a dry run tells the steps and changes nothing")
  func dryRun() async throws {
    try await withDatabase { connection in
      let steps = try await migrator("s").migrate(on: connection, dryRun: true)
      #expect(steps.map(\.version) == [1, 2, 3])
      #expect(
        try await number(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = 's'") == 0)
    }
  }

  @Test("a script that was changed after it had been applied is refused")
  func checksum() async throws {
    try await withDatabase { connection in
      _ = try await migrator("s").migrate(on: connection, to: 2)
      var changed = Self.migrations
      changed[0] = Migration(
        version: 1, name: "items", up: "CREATE TABLE items (a bigint)", down: "")
      let other = migrator("s", changed)
      #expect(try await other.status(on: connection).changed == [1])
      await #expect(throws: MigrationError.self) { _ = try await other.migrate(on: connection) }
      do {
        _ = try await other.migrate(on: connection)
      } catch let error as MigrationError {
        #expect(error.code == .checksumMismatch)
        #expect(error.versions == [1])
      }
      #expect(try await migrator("s").status(on: connection).current == 2)
    }
  }

  @Test("an older program refuses a newer database")
  func unknown() async throws {
    try await withDatabase { connection in
      _ = try await migrator("s").migrate(on: connection)
      let older = migrator("s", Array(Self.migrations.prefix(2)))
      let status = try await older.status(on: connection)
      #expect(status.unknown == [3])
      #expect(!status.isCurrent)
      do {
        _ = try await older.migrate(on: connection)
        Issue.record("it migrated")
      } catch let error as MigrationError {
        #expect(error.code == .unknownVersion)
      }
    }
  }

  @Test("a step that fails leaves those before it and nothing of itself, and the lock is free")
  func failure() async throws {
    try await withDatabase { connection in
      var broken = Self.migrations
      broken[1] = Migration(
        version: 2, name: "broken", up: "CREATE TABLE half (a int); SELECT 1/0", down: "")
      let error = try await postgresError {
        _ = try await migrator("s", broken).migrate(on: connection)
      }
      #expect(error.sqlState == "22012")
      #expect(try await migrator("s", broken).status(on: connection).current == 1)
      #expect(try await connection.query("SELECT to_regclass('s.half')").rows[0][0] == nil)
      #expect(
        try await number(
          connection,
          "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
          == 0)
    }
  }

  @Test("a down script may drop the whole schema")
  func dropsSchema() async throws {
    try await withDatabase { connection in
      let all = [
        Migration(version: 1, name: "all", up: "CREATE TABLE t ()", down: "DROP SCHEMA s CASCADE")
      ]
      _ = try await migrator("s", all).migrate(on: connection)
      #expect(try await migrator("s", all).migrate(on: connection, to: 0).count == 1)
      #expect(try await migrator("s", all).status(on: connection).current == 0)
    }
  }

  @Test("two at once: one does the work, the other finds it done")
  func concurrently() async throws {
    try await withTestDatabase { configuration in
      let done = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let connection = try await TestDatabase.connect(configuration)
            let steps = try await migrator("s").migrate(on: connection)
            await connection.close()
            return steps.count
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(done.sorted() == [0, 0, 0, 3])
    }
  }

  @Test("versions must be 1, 2, 3, …", arguments: [[2], [1, 3], [1, 1], [2, 1]])
  func invalidList(versions: [Int]) async throws {
    try await withConnection { connection in
      let list = versions.map { Migration(version: $0, name: "x", up: "", down: "") }
      do {
        _ = try await migrator("s", list).migrate(on: connection, dryRun: true)
        Issue.record("it was accepted")
      } catch let error as MigrationError {
        #expect(error.code == .invalidList)
      }
    }
  }
}
