import FoundationEssentials
import ImportModel
import Postgres

/// What an import has left to be taken back by: its row of `sluice.undo`.
struct UndoEntry: Sendable, Equatable {
  /// The ways to take an import back.
  enum Kind: String, Sendable {
    /// Row by row, by images of them.
    case rows
    /// As a whole, by the table as it was before it was replaced.
    case table
  }

  let importID: ImportID
  let kind: Kind
  let targetOID: UInt32
  /// Columns by which rows are found again; empty where only what is in them tells.
  let keyColumns: [String]
  let digestColumns: [String]
  /// Columns that updated rows get back.
  let imageColumns: [String]

  /// Reads the entry of an import. Nobody drops it or its images while the import is to be taken back.
  ///
  /// - Throws: `ImportFailure` where there is none any more.
  static func read(_ id: ImportID, on connection: PostgresConnection) async throws -> UndoEntry {
    let sql = """
      SELECT kind, target_oid::bigint AS target_oid, to_json(key_columns)::text AS key_columns,
             to_json(digest_columns)::text AS digest_columns,
             to_json(image_columns)::text AS image_columns
        FROM sluice.undo WHERE import_id = $1::uuid
      """
    guard let row = try await connection.query(sql, [.text(id.description)]).rows.first else {
      throw ImportFailure(
        .database, "what the import could be taken back by is not there any more",
        hint: "images are kept as long as SLUICE_RETENTION says")
    }
    func names(_ column: String) throws -> [String] {
      try JSONDecoder().decode([String].self, from: Data(try row.string(column).utf8))
    }
    let kind = try row.string("kind")
    guard let known = Kind(rawValue: kind) else {
      throw ImportFailure(.internal, "\(kind) is no way to take an import back")
    }
    return UndoEntry(
      importID: id, kind: known, targetOID: UInt32(truncatingIfNeeded: try row.int64("target_oid")),
      keyColumns: try names("key_columns"), digestColumns: try names("digest_columns"),
      imageColumns: try names("image_columns"))
  }
}
