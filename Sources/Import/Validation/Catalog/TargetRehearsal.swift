public import ImportModel
public import Postgres

/// Asks Postgres whether it would take rows for some columns of a target, without sending any.
///
/// EXPLAIN rewrites, plans and checks rights as the statement itself would be (manual, "EXPLAIN"), and does
/// nothing: so a missing right on a column, a view over a generated column or a published table without
/// identity is refused before a file is read, in Postgres's own words.
public struct TargetRehearsal: Sendable {
  /// Who waits longer for a lock goes on without: the import itself will wait for it.
  private static let patience = "SET LOCAL lock_timeout = '200ms'"

  private let target: TargetTable
  private let columns: [TargetColumn]
  private let key: [String]
  private let mode: ImportOptions.Mode

  /// Prepares a rehearsal.
  ///
  /// - Parameters:
  ///   - columns: those that the file has; empty where they are not known yet.
  ///   - key: columns of the conflict key; empty where there is none.
  public init(
    target: TargetTable, columns: [TargetColumn], key: [String], mode: ImportOptions.Mode
  ) {
    self.target = target
    self.columns = columns
    self.key = key
    self.mode = mode
  }

  /// Rehearses the import.
  ///
  /// - Throws: `TargetError` where Postgres would refuse it; `PostgresError` where that cannot be known.
  public func run(on connection: PostgresConnection) async throws {
    // What replaces a table does not write into it.
    guard mode != .replace, !columns.isEmpty else { return }
    do {
      try await connection.transaction { connection in
        try await connection.execute(TargetRehearsal.patience)
        for statement in statements { _ = try await connection.query("EXPLAIN \(statement)") }
        try await checkSequences(on: connection)
      }
    } catch let error as PostgresError where error.sqlState == "55P03" {
      return
    } catch let error as PostgresError where error.refusesStatement {
      throw refusal(error)
    }
  }

  /// Sequences of defaults are asked row by row only, and would refuse every one. Those of identities are the
  /// table's own.
  private func checkSequences(on connection: PostgresConnection) async throws {
    let found = try await connection.queryCached(
      """
      SELECT format('%I.%I', n.nspname, s.relname) AS sequence
      FROM pg_attrdef AS d
      JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
        AND p.refclassid = 'pg_class'::regclass
      JOIN pg_class AS s ON s.oid = p.refobjid AND s.relkind = 'S'
      JOIN pg_namespace AS n ON n.oid = s.relnamespace
      WHERE d.adrelid = $1::bigint::oid AND a.attname <> ALL ($2::text[])
        -- The function knows sequences only, and may be called before the join.
        AND CASE WHEN s.relkind = 'S' THEN NOT (
          has_sequence_privilege(s.oid, 'USAGE') OR has_sequence_privilege(s.oid, 'UPDATE')) END
      ORDER BY 1
      """, [.int(Int64(target.oid)), .textArray(columns.map(\.name))])
    guard let sequence = try found.rows.first?.string("sequence") else { return }
    throw TargetError(
      code: .notWritable,
      message:
        "the database role may not use the sequence \(sequence), and the file has no column for it",
      hint: "the role needs the right to use the sequence, or the file a column for it")
  }

  private func refusal(_ error: PostgresError) -> TargetError {
    let words = error.message ?? "no reason given"
    guard error.sqlState == "42501" else {
      return TargetError(
        code: .refused, message: "the database would refuse the import: \(words)",
        hint: error.hint ?? error.detail ?? "mode=\(mode.rawValue) cannot be with this target")
    }
    return TargetError(
      code: .notWritable,
      message: "the database role may not do what mode=\(mode.rawValue) needs: \(words)",
      hint: "the role needs the right to \(rights) on \(target.displayName)")
  }

  private var rights: String {
    switch mode {
    case .upsert: "select, insert and update"
    case .insert: "select and insert"
    case .append, .replace: "insert"
    }
  }

  private var name: String {
    "\(quotedIdentifier(target.schema)).\(quotedIdentifier(target.name))"
  }

  private func list(_ columns: [TargetColumn]) -> String {
    columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
  }

  private var statements: [String] {
    let fixed = columns.contains { $0.identity == .always } ? "OVERRIDING SYSTEM VALUE " : ""
    let values = columns.map { "NULL::\($0.type.sqlName)" }.joined(separator: ", ")
    let insert = "INSERT INTO \(name) (\(list(columns))) \(fixed)SELECT \(values) WHERE false"
    guard mode.needsKey else { return [insert] }
    // Rows that are there are found by their key; to be updated, they are compared.
    let read = mode == .upsert ? columns : columns.filter { key.contains($0.name) }
    let look = "SELECT \(list(read)) FROM \(name) WHERE false"
    let written = columns.filter { !key.contains($0.name) && $0.identity != .always }
    guard mode == .upsert, !written.isEmpty else { return [insert, look] }
    let changes = written.map { "\(quotedIdentifier($0.name)) = NULL" }.joined(separator: ", ")
    return [insert, look, "UPDATE \(name) SET \(changes) WHERE false"]
  }
}

extension PostgresError {
  /// Whether the server has refused the statement itself: a right, a feature, a state of the object. All
  /// else says nothing of what a merge would meet.
  fileprivate var refusesStatement: Bool {
    guard code == .server, let sqlState else { return false }
    return ["0A", "42", "44", "55", "HV"].contains(String(sqlState.prefix(2)))
  }
}
