import ImportModel
import Postgres
import TestSupport
import Worker

/// Files of some thousand rows, which go in by pairs of pages, and workers that stop on the way.
extension ImportBench {
  /// Two pages of staging each, without rest.
  static let smallBatches = BatchSettings(seconds: 0.5, duty: 1, firstRows: 130, bounds: 130...130)

  /// Rows of some 130 bytes: about sixty fit on a page, and short ones into what long ones have left of it.
  static func longRows(_ rows: ClosedRange<Int>, _ value: (Int) -> String = { "value \($0)" })
    -> String
  {
    rows.reduce(into: "id,v\n") {
      $0 += "\($1),\(value($1))\(String(repeating: ".", count: 20 + $1 * 37 % 140))\n"
    }
  }

  /// Queues a file that is to go in by batches.
  func submitBatched(
    _ text: String, into target: String = "public.t",
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> ImportID {
    var options = ImportOptions()
    change(&options)
    let key = options.mode == .append ? [] : options.key ?? ["id"]
    return try await submit(text, into: target, key: key) {
      change(&$0)
      $0.commit = .batched
    }
  }

  /// Takes a queued import to its end, by two pages at a time.
  func finishBatched(_ id: ImportID) async throws -> ImportRecord {
    try await withWorker(batches: ImportBench.smallBatches) { _ in
      try await ended(id, within: .seconds(240))
    }
  }

  /// Runs the body while a worker waits, in the middle of an import, for a row that another session has written
  /// and not committed.
  func whileInside(
    _ row: Int, of table: String = "public.t",
    _ body: @escaping @Sendable (TestDatabaseSession) async throws -> Void
  ) async throws {
    let other = try await TestDatabaseSession.begin(
      self, "INSERT INTO \(table) (id) VALUES (\(row))")
    try await withWorker(batches: ImportBench.smallBatches) { _ in
      try await eventually("a batch waits for the row", within: .seconds(240)) {
        try await other.isAwaited()
      }
      try await body(other)
    }
  }

  /// Stops a worker in the middle of an import, with some batches in.
  func stopInside(_ row: Int, of table: String = "public.t", _ id: ImportID) async throws {
    let box = SessionBox()
    try await whileInside(row, of: table) { await box.keep($0) }
    try await box.session?.rollback()
    let record = try await record(id)
    guard record.status == .queued, record.batches != nil else {
      throw ImportBenchError("it was \(record.status) when it should have been stopped")
    }
  }

  /// The ledger of batches, as `batch|first row|last row|when`.
  func batches(of id: ImportID) async throws -> [String] {
    try await rows(
      """
      SELECT batch, first_row, last_row, committed_at FROM sluice.batches WHERE import_id = $1::uuid
       ORDER BY batch
      """, [.text(id.description)])
  }

  /// What the ledger says was inserted, updated and left as it was.
  func merged(of id: ImportID) async throws -> String {
    try await rows(
      """
      SELECT sum(rows_inserted), sum(rows_updated), sum(rows_unchanged) FROM sluice.batches
       WHERE import_id = $1::uuid
      """, [.text(id.description)]
    ).joined()
  }

  /// Empties what a crash of Postgres empties.
  func loseUnlogged(of id: ImportID) async throws {
    try await connection.execute(
      """
      TRUNCATE sluice.chunks, sluice.progress;
      TRUNCATE sluice."staging_\(id.digits)"
      """)
  }
}

private actor SessionBox {
  private(set) var session: TestDatabaseSession?
  func keep(_ session: TestDatabaseSession) { self.session = session }
}

extension RowCounts {
  /// As `inserted|updated|unchanged`.
  var shownMerge: String { "\(inserted)|\(updated)|\(unchanged)" }
}
