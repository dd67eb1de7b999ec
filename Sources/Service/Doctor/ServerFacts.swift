import FoundationEssentials
import ImportModel
import Postgres

/// What a database server says of itself, read in one query.
struct ServerFacts: Sendable, Decodable, Equatable {
  /// A setting as `pg_settings` has it.
  struct Setting: Sendable, Decodable, Equatable {
    var value: String
    var unit: String?
    /// The value that Postgres is built with.
    var builtIn: String?
    var choices: [String]?
    var isPending: Bool

    /// Its value in bytes, where it is an amount of memory or disk.
    var bytes: Int64? {
      let units: [String: Int64] = ["B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20]
      guard let unit, let factor = units[unit], let number = Int64(value) else { return nil }
      return number * factor
    }
  }

  /// Something of the server's that has a name, an age or a size, and SQL that ends it.
  struct Holder: Sendable, Decodable, Equatable {
    var name: String
    var seconds: Double?
    var bytes: Int64?
    var sql: String
  }

  /// An extension that could be newer.
  struct Extension: Sendable, Decodable, Equatable {
    var name: String
    var version: String
    var available: String
    var sql: String
  }

  var database: String
  var role: String
  /// Quoted.
  var sqlRole: String
  var sqlDatabase: String
  var seesStatistics: Bool
  var isReadOnly: Bool
  var databaseBytes: Int64
  var settings: [String: Setting]
  var checkpointsTimed: Int64
  var checkpointsForced: Int64
  var walBytes: Double
  var walPageImages: Int64
  var vacuumsRunning: Int
  var vacuumsDue: Int
  var prepared: [Holder]
  var snapshots: [Holder]
  var slots: [Holder]
  var synchronousStandbys: Int
  var extensions: [Extension]
  /// Where its data lies, if this process is on the same machine and may know it.
  var dataFolder: String?

  /// - Parameter isThorough: whether to look also at what takes long in a large database.
  static func read(
    on connection: PostgresConnection, isThorough: Bool
  ) async throws -> ServerFacts {
    let sql = ServerFacts.sql(version: connection.serverVersion, isThorough: isThorough)
    let text = try await connection.queryCached(sql).rows[0].string("facts")
    return try decoded(ServerFacts.self, text)
  }

  func setting(_ name: String) -> String { settings[name]?.value ?? "" }
  func bytes(_ name: String) -> Int64 { settings[name]?.bytes ?? 0 }

  /// Whether a setting is what Postgres is built with, or what `initdb` writes for it.
  func isLeft(_ name: String) -> Bool {
    guard let setting = settings[name] else { return false }
    return setting.value == setting.builtIn || bytes(name) == ServerFacts.written[name]
  }

  private static let written: [String: Int64] = ["shared_buffers": 128 << 20]
}

/// Reads what a query has made as JSON.
func decoded<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
  do {
    return try JSONDecoder().decode(type, from: Data(text.utf8))
  } catch {
    throw ImportFailure(.internal, "what the catalog says could not be read: \(error)")
  }
}
