/// An entry in the ledger of chunks that more than one step makes.
public enum LedgerEntry {
  /// Notes, behind the last chunk and without bytes of its own, that rows were staged and are not any more.
  ///
  /// The parameters are the import, its lease, and how many rows were rejected and skipped. It inserts nothing
  /// where the lease no longer holds or the import was called off, and keeps the lease until the transaction
  /// ends.
  public static let removal = """
    INSERT INTO sluice.chunks (import_id, chunk, first_byte, last_byte, first_row, last_row,
        first_line, last_line, rows_ok, rows_bad, rows_skipped, attempt)
    SELECT i.id, max(c.chunk) + 1, max(c.last_byte) + 1, max(c.last_byte), max(c.last_row) + 1,
           max(c.last_row), max(c.last_line) + 1, max(c.last_line), -$3::bigint, $3::bigint,
           $4::bigint, i.attempt
      FROM (SELECT * FROM sluice.imports
             WHERE id = $1::uuid AND lease_id = $2::uuid AND NOT cancel_requested FOR SHARE) i
      JOIN sluice.chunks c ON c.import_id = i.id GROUP BY i.id, i.attempt
    """
}
