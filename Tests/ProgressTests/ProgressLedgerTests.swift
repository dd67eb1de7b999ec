import ImportModel
import Testing

@testable import Progress

/// An import as it stands in the database.
func record(
  _ id: ImportID, _ stages: [ImportState], read: Int64 = 0, asOf: Double = 100
) -> ImportRecord {
  var counts = RowCounts()
  counts.read = read
  counts.ok = read
  return ImportRecord(
    id: id, idempotencyKey: "k", status: stages.last ?? .queued, target: "demo.sales", key: ["id"],
    options: ImportOptions(), attempt: 1,
    source: ImportSource(name: "sales.csv", bytes: 1_000, sha256: "00"), bytesDone: read,
    rowsTotal: nil, counts: counts, rowsPerSecond: 0,
    history: stages.enumerated().map { ImportRecord.Stage(name: $1, at: Double($0)) }, asOf: asOf,
    createdAt: "2026-01-01T00:00:00.000Z", startedAt: nil, finishedAt: nil, failure: nil)
}

@Suite("What a hub has told")
struct ProgressLedgerTests {
  private let id = ImportID()

  @Test("what came of an undo is told with it, and not with the end before")
  func undone() {
    var undone = record(id, [.queued, .done, .undone])
    (undone.undo.deleted, undone.undo.left, undone.finishedAt) = (3, 1, "2026-01-01T00:00:02.000Z")
    var ledger = ProgressLedger()
    let told = ledger.note(undone, evenIfSame: false, now: 0).map(\.0)
    #expect(told.map(\.status) == [.queued, .done, .undone])
    #expect(told.map(\.undo.deleted) == [nil, nil, 3])
    #expect(told.map { $0.finishedAt == nil } == [true, false, false])
  }

  @Test("one that is to be taken back is looked after, though it has ended")
  func undoing() {
    var ledger = ProgressLedger()
    var done = record(id, [.queued, .done])
    _ = ledger.note(done, evenIfSame: false, now: 0)
    #expect(ledger.quiet(since: 1, limit: 10).isEmpty)
    done.undo.isRequested = true
    #expect(ledger.note(done, evenIfSame: true, now: 0).count == 1)
    #expect(ledger.quiet(since: 1, limit: 10) == [id])
  }

  @Test("states that passed unread are told in their order, each with a number of its own")
  func missed() {
    var ledger = ProgressLedger()
    let told = ledger.note(
      record(id, [.queued, .parsing, .validated, .loading]), evenIfSame: false, now: 0)
    #expect(told.map(\.0.status) == [.queued, .parsing, .validated, .loading])
    #expect(told.map(\.1) == [1, 2, 3, 4])
    let rest = ledger.note(
      record(id, [.queued, .parsing, .validated, .loading, .finalizing, .done]),
      evenIfSame: false, now: 1)
    #expect(rest.map(\.0.status) == [.finalizing, .done])
    #expect(rest.map(\.1) == [5, 6])
    #expect(ledger.last(of: id)?.seq == 6)
  }

  @Test("what has not ended is remembered, however many others end meanwhile")
  func runningStays() {
    var ledger = ProgressLedger(limit: 3)
    _ = ledger.note(record(id, [.queued, .parsing]), evenIfSame: false, now: 0)
    for _ in 0..<10 {
      _ = ledger.note(record(ImportID(), [.queued, .done]), evenIfSame: false, now: 1)
    }
    let told = ledger.note(
      record(id, [.queued, .parsing, .validated]), evenIfSame: false, now: 2)
    #expect(told.map(\.0.status) == [.validated])
  }

  @Test("a record that shows nothing new is told only where a sign of life is wanted")
  func same() {
    var ledger = ProgressLedger()
    _ = ledger.note(record(id, [.queued, .parsing], read: 5), evenIfSame: false, now: 0)
    let later = record(id, [.queued, .parsing], read: 5, asOf: 101)
    #expect(ledger.note(later, evenIfSame: false, now: 1).isEmpty)
    #expect(ledger.note(later, evenIfSame: true, now: 2).map(\.0) == [later])
  }

  @Test("rows that moved are told")
  func moved() {
    var ledger = ProgressLedger()
    _ = ledger.note(record(id, [.queued, .parsing], read: 5), evenIfSame: false, now: 0)
    let later = record(id, [.queued, .parsing], read: 6, asOf: 101)
    #expect(ledger.note(later, evenIfSame: false, now: 1).map(\.0) == [later])
  }

  @Test("late notices of an import that has ended are silent", arguments: [true, false])
  func late(evenIfSame: Bool) {
    var ledger = ProgressLedger()
    _ = ledger.note(record(id, [.queued, .parsing, .failed]), evenIfSame: false, now: 0)
    let again = record(id, [.queued, .parsing, .failed], asOf: 200)
    #expect(ledger.note(again, evenIfSame: evenIfSame, now: 1).isEmpty)
  }

  @Test("a record read before the one that was told is ignored")
  func older() {
    var ledger = ProgressLedger()
    _ = ledger.note(record(id, [.queued, .parsing, .validated]), evenIfSame: false, now: 0)
    let stage = record(id, [.queued, .parsing], read: 3, asOf: 99)
    #expect(ledger.note(stage, evenIfSame: true, now: 1).isEmpty)
  }

  @Test("a record of the same stage that was read earlier is ignored as well")
  func olderInStage() {
    var ledger = ProgressLedger()
    _ = ledger.note(record(id, [.queued, .parsing], read: 9, asOf: 100), evenIfSame: true, now: 0)
    let stale = record(id, [.queued, .parsing], read: 3, asOf: 99)
    #expect(ledger.note(stale, evenIfSame: true, now: 1).isEmpty)
  }

  @Test("running imports are quiet once nothing was told or looked at for a while")
  func quiet() {
    var ledger = ProgressLedger()
    let ended = ImportID()
    _ = ledger.note(record(id, [.queued, .parsing]), evenIfSame: false, now: 10)
    _ = ledger.note(record(ended, [.queued, .cancelled]), evenIfSame: false, now: 10)
    #expect(ledger.quiet(since: 10, limit: 9).isEmpty)
    #expect(ledger.quiet(since: 10.5, limit: 9) == [id])
    #expect(ledger.quiet(since: 10.5, limit: 0).isEmpty)
    ledger.touch(id, now: 11)
    #expect(ledger.quiet(since: 10.5, limit: 9).isEmpty)
  }

  @Test("it remembers a bounded number of imports, the newest")
  func eviction() {
    var ledger = ProgressLedger(limit: 3)
    let ids = (0..<5).map { _ in ImportID() }
    for id in ids { _ = ledger.note(record(id, [.queued]), evenIfSame: false, now: 0) }
    #expect(ids.map { ledger.last(of: $0)?.seq != nil } == [false, false, true, true, true])
  }
}
