import ImportModel
public import Postgres
public import Validation

/// Makes the table that an inspection proposed.
public struct TableCreation {
  /// Makes it.
  ///
  /// - Parameter patterns: those of `SLUICE_TARGETS`, or nil.
  /// - Throws: `TableCreationError`, and `PostgresError` where it is the connection that fails.
  public static func run(
    _ inspection: FileInspection, named name: QualifiedName, patterns: [String]?,
    on connection: PostgresConnection
  ) async throws {
    try await check(name, patterns: patterns, on: connection)
    do {
      try await connection.execute(inspection.proposal.ddl)
    } catch let error as PostgresError where error.sqlState != nil {
      throw TableCreationError(error, name)
    }
  }

  /// Refuses what an import would refuse afterwards.
  private static func check(
    _ name: QualifiedName, patterns: [String]?, on connection: PostgresConnection
  ) async throws {
    guard try await TargetCatalog().isOpen(name, patterns: patterns, on: connection) else {
      throw TableCreationError(
        "\(name) is not among the tables that may be imported into",
        hint: "choose a schema of your own; SLUICE_TARGETS lists what is allowed")
    }
    let found = try await connection.query(
      "SELECT to_regclass(quote_ident($1) || '.' || quote_ident($2)) IS NOT NULL AS is_there",
      [.text(name.schema), .text(name.name)])
    if try found.rows.first?.bool("is_there") ?? false { throw TableCreationError.exists(name) }
  }
}

/// Why a table could not be made.
public struct TableCreationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public let message: String
  /// What can be done about it.
  public let hint: String

  init(_ message: String, hint: String) {
    self.message = message
    self.hint = hint
  }

  /// There is a relation of that name.
  public static func exists(_ name: QualifiedName) -> TableCreationError {
    TableCreationError(
      "\(name) exists already",
      hint: "import into it, or choose another name; without --create it is held against the file")
  }

  init(_ error: PostgresError, _ name: QualifiedName) {
    switch error.sqlState {
    case "42P07": self = .exists(name)
    case "3F000":
      self.init("there is no schema \(name.schema)", hint: "make it first, with CREATE SCHEMA")
    case "42501":
      self.init(
        "the database role may not make tables in the schema \(name.schema)",
        hint: "GRANT CREATE ON SCHEMA to the role")
    default:
      self.init(
        "the database refused the table: \(error.message ?? error.code.rawValue)",
        hint: "the statement stands above; change it and run it by hand")
    }
  }

  /// The message and the hint.
  public var description: String { "\(message) (\(hint))" }
}
