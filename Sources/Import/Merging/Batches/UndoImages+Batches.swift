import ImportModel
import Postgres

/// The images of an import that goes in by batches: all of them are kept in the same tables.
extension UndoImages {
  /// Makes the tables, unless an earlier batch has left images in them.
  ///
  /// - Throws: `ImportFailure` where the target has got other columns since then, so that images of both could
  ///   not be read as one.
  func createOrGoOn(on connection: PostgresConnection) async throws {
    guard request.keepsImages else { return }
    let sql = """
      SELECT (target_oid, key_columns, digest_columns, image_columns)
             = ($2::bigint::oid, $3::text[], $4::text[], $5::text[]) AS is_same
        FROM sluice.undo WHERE import_id = $1::uuid
      """
    let found = try await connection.query(
      sql,
      [
        .text(request.lease.importID.description), .int(Int64(request.target.oid)),
        .textArray(keys.map(\.name)), .textArray(digest.columnNames),
        .textArray(images.map(\.name)),
      ]
    ).rows.first
    guard let found else {
      try await drop(on: connection)
      return try await create(on: connection)
    }
    if try found.bool("is_same") { return }
    throw ImportFailure(
      .targetChanged,
      "\(request.target.displayName) has got other columns or triggers between two batches",
      hint: "the batches that are in stay, and can be undone; send the file again for the rest")
  }

  /// Drops both.
  func drop(on connection: PostgresConnection) async throws {
    guard request.keepsImages else { return }
    try await connection.execute("DROP TABLE IF EXISTS \(inserted), \(updated)")
  }
}
