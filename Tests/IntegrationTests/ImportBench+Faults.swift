import ImportModel
import Postgres

extension ImportBench {
  /// All faults of an import, as `row|line|column|code|message|value`.
  func faults(of id: ImportID) async throws -> [String] {
    try await rows(
      """
      SELECT row, line, column_name, code, message, value FROM sluice.rejects
       WHERE import_id = $1::uuid ORDER BY row, ordinal
      """, [.text(id.description)])
  }

  /// The rows that were rejected, each once.
  func rejectedRows(of id: ImportID) async throws -> [String] {
    try await rows(
      "SELECT DISTINCT row FROM sluice.rejects WHERE import_id = $1::uuid ORDER BY row",
      [.text(id.description)])
  }
}

extension ImportBench {
  /// Ends the bench's session when it does nothing inside a transaction for a while, and has all others take longer than
  /// that to make a table.
  func makeOthersSlow() async throws {
    let own = try await rows("SELECT pg_backend_pid()")[0]
    try await connection.execute(
      """
      CREATE FUNCTION public.slow() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF pg_backend_pid() <> \(own) THEN PERFORM pg_sleep(2.5); END IF;
      END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE TABLE')
        EXECUTE FUNCTION public.slow();
      SET idle_in_transaction_session_timeout = '1s'
      """)
  }
}
