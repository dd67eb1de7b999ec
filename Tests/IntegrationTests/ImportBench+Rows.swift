import ImportModel
import Postgres
import Queue

extension ImportBench {
  /// Gives the body a database with some tables in it.
  static func run(
    _ tables: String, _ body: @Sendable (ImportBench) async throws -> Void
  ) async throws {
    try await run { bench in
      try await bench.connection.execute(tables)
      try await body(bench)
    }
  }

  /// Takes a file to its end, and says how it ended.
  func importFile(
    _ text: String, into target: String = "public.t",
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> ImportRecord {
    var options = ImportOptions()
    change(&options)
    let id = try await submit(text, into: target, key: options.key ?? ["id"], change)
    return try await withWorker { _ in try await ended(id) }
  }

  /// Queues an import, and says under which key.
  @discardableResult
  func accept(_ submission: Submission) async throws -> String {
    guard case .accepted(let key) = try await queue.submit(submission) else {
      throw ImportBenchError("the submission is not new")
    }
    return key
  }

  func claim() async throws -> ClaimedImport {
    guard let claimed = try await queue.claim(worker: "test", leaseSeconds: 30) else {
      throw ImportBenchError("there is nothing to claim")
    }
    return claimed
  }

  /// Has so many workers claim at once, each until it finds nothing more.
  func claimAtOnce(workers: Int) async throws -> [ClaimedImport] {
    try await withThrowingTaskGroup(of: [ClaimedImport].self) { group in
      for _ in 0..<workers {
        group.addTask {
          var mine: [ClaimedImport] = []
          while let claim = try await queue.claim(worker: "w", leaseSeconds: 30) {
            mine.append(claim)
          }
          return mine
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// The rows of a query, each as its fields joined by `|`, NULL as `∅`.
  func rows(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> [String] {
    let result = try await connection.query(sql, parameters)
    return result.rows.map { row in
      result.columns.indices.map { row[$0] ?? "∅" }.joined(separator: "|")
    }
  }

  /// The rejects of an import, as `row|line|column|code|raw`.
  func rejects(of id: ImportID) async throws -> [String] {
    try await rows(
      """
      SELECT row, line, column_name, code, convert_from(raw, 'UTF8') FROM sluice.rejects
       WHERE import_id = $1::uuid ORDER BY row, ordinal
      """, [.text(id.description)])
  }
}
