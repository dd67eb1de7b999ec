public import ImportModel
public import Postgres
public import Telemetry

/// Tells the outside how far the imports of this worker are.
///
/// Every quarter of a second it writes the counters that have moved, all in one statement, and sends one
/// NOTIFY with their ids, over a connection that carries no data: invariant 7. A running import that
/// stands still is told of once a second all the same.
public actor ProgressPublisher {
  /// The channel on which ids of imports travel.
  public static let channel = "sluice_progress"

  /// What a lease was found to be when its counters were written.
  public enum LeaseState: Sendable, Equatable {
    case held, cancelRequested, lost
  }

  private struct Entry {
    let meter: ImportMeter
    let onChange: @Sendable (LeaseState) -> Void
    var published: ImportMeter.Reading?
    var publishedAt: ContinuousClock.Instant
  }

  private let pool: PostgresPool
  private let logger: Logger
  private let interval: Duration
  private let clock = ContinuousClock()
  private var entries: [Lease: Entry] = [:]

  /// Publishes over a pool of one connection.
  ///
  /// - Parameter interval: shortest time between two messages of one import.
  public init(pool: PostgresPool, logger: Logger, interval: Duration = .milliseconds(250)) {
    self.pool = pool
    self.logger = logger
    self.interval = interval
  }

  /// Begins to tell of an import.
  ///
  /// - Parameter onChange: called when the lease is found lost or a cancel is found requested.
  public func add(_ meter: ImportMeter, onChange: @escaping @Sendable (LeaseState) -> Void) {
    entries[meter.lease] = Entry(
      meter: meter, onChange: onChange, publishedAt: clock.now - .seconds(1))
  }

  /// Ends to tell of an import.
  public func remove(_ lease: Lease) {
    entries[lease] = nil
  }

  /// Tells until the task is cancelled.
  public func run() async {
    while !Task.isCancelled {
      do {
        try await publish()
        try await Task.sleep(for: interval)
      } catch is CancellationError {
        return
      } catch {
        // Progress is no data: what could not be told is told with the next round.
        logger.warning("progress could not be published", ["error": "\(error)"])
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
      }
    }
  }

  private func publish() async throws {
    let due = dueEntries()
    guard !due.isEmpty else { return }
    let states = try await write(due)
    let now = clock.now
    for (lease, reading, _) in due {
      guard var entry = entries[lease] else { continue }
      entry.published = reading
      entry.publishedAt = now
      entries[lease] = entry
      let state = states[lease] ?? .lost
      if state != .held { entry.onChange(state) }
    }
  }

  private func dueEntries() -> [(Lease, ImportMeter.Reading, ImportProfile)] {
    let now = clock.now
    return entries.compactMap { lease, entry in
      let reading = entry.meter.reading
      let stale = now - entry.publishedAt >= .milliseconds(400)
      guard reading != entry.published || stale else { return nil }
      return (lease, reading, entry.meter.profile.profile)
    }
  }

  private func write(
    _ due: [(Lease, ImportMeter.Reading, ImportProfile)]
  ) async throws -> [Lease: LeaseState] {
    func column(_ value: (ImportMeter.Reading) -> Int64) -> PostgresParameter {
      .int8Array(due.map { value($0.1) })
    }
    let result = try await pool.query(
      ProgressPublisher.upsert,
      [
        .textArray(due.map { $0.0.importID.description }), .textArray(due.map { $0.0.id }),
        column { $0.bytesDone }, column { $0.counts.read }, column { $0.counts.ok },
        column { $0.counts.bad }, column { $0.counts.skipped }, column { $0.counts.inserted },
        column { $0.counts.updated }, column { $0.counts.unchanged },
        column { Int64($0.rowsPerSecond) }, .text(ProgressPublisher.channel),
        .textArray(try due.map { try $0.2.json }),
      ])
    var states: [Lease: LeaseState] = [:]
    for row in result.rows {
      guard let id = ImportID(try row.string("id")) else { continue }
      let lease = Lease(importID: id, id: try row.string("lease_id"))
      states[lease] = try row.bool("cancel_requested") ? .cancelRequested : .held
    }
    return states
  }

  private static let upsert = """
    WITH due AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[],
        $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
        $13::text[])
        AS d (import_id, lease_id, bytes_done, rows_read, rows_ok, rows_bad, rows_skipped,
              rows_inserted, rows_updated, rows_unchanged, rows_per_second, profile)
    ), held AS (
      SELECT d.*, i.cancel_requested
        FROM due d JOIN sluice.imports i ON i.id = d.import_id AND i.lease_id = d.lease_id
    ), written AS (
      INSERT INTO sluice.progress AS p (import_id, lease_id, bytes_done, rows_read, rows_ok, rows_bad,
          rows_skipped, rows_inserted, rows_updated, rows_unchanged, rows_per_second, profile)
      SELECT import_id, lease_id, bytes_done, rows_read, rows_ok, rows_bad, rows_skipped,
             rows_inserted, rows_updated, rows_unchanged, rows_per_second, profile::jsonb
        FROM held
      ON CONFLICT (import_id) DO UPDATE SET
        lease_id = excluded.lease_id, bytes_done = excluded.bytes_done,
        rows_read = excluded.rows_read, rows_ok = excluded.rows_ok, rows_bad = excluded.rows_bad,
        rows_skipped = excluded.rows_skipped, rows_inserted = excluded.rows_inserted,
        rows_updated = excluded.rows_updated, rows_unchanged = excluded.rows_unchanged,
        rows_per_second = excluded.rows_per_second, profile = excluded.profile,
        updated_at = clock_timestamp()
      RETURNING p.import_id
    )
    SELECT h.import_id AS id, h.lease_id, h.cancel_requested,
           pg_notify($12, h.import_id::text)
      FROM held h LEFT JOIN written w USING (import_id)
    """
}
