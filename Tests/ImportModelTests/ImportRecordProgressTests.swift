import ImportModel
import Testing

@Suite("How far an import is")
struct ImportRecordProgressTests {
  @Test("what waits is at 0, what is done at 1")
  func ends() {
    #expect(record(.queued, history: [(.queued, 0)]).progress == 0)
    #expect(record(.done, history: [(.done, 0)]).progress == 1)
    #expect(record(.undone, history: [(.undone, 0)]).progress == 1)
  }

  @Test("it grows with the bytes read, then with the rows merged, and never jumps back")
  func grows() {
    var last = 0.0
    for bytes in stride(from: Int64(0), through: 1_000, by: 100) {
      let now = record(.parsing, history: [(.parsing, 0)], ok: bytes, bytesDone: bytes).progress
      #expect(now > last || bytes == 0)
      last = now
    }
    for merged in stride(from: Int64(0), through: 500, by: 100) {
      let now = record(
        .loading, history: [(.parsing, 0), (.loading, 1)], ok: 500, inserted: merged,
        bytesDone: 1_000, total: 500
      ).progress
      #expect(now >= last)
      last = now
    }
    #expect(last > 0.99 && last < 1, "only `done` is all")
  }

  @Test("an empty file has no share to be divided by")
  func empty() {
    let now = record(.parsing, history: [(.parsing, 0)], bytes: 0)
    #expect((0...1).contains(now.progress))
  }

  @Test(
    "what has ended or waits has no time left", arguments: [ImportState.queued, .done, .failed])
  func noEta(state: ImportState) {
    let ended = record(state, history: [(.parsing, 0), (state, 10)], bytesDone: 500)
    #expect(ended.etaSeconds == nil)
  }

  @Test("the time left follows from what is done, counted from the last attempt")
  func eta() throws {
    let history: [(ImportState, Double)] = [
      (.queued, 0), (.parsing, 1), (.queued, 500), (.parsing, 990),
    ]
    let half = record(.parsing, history: history, asOf: 1_000, bytesDone: 500)
    let left = try #require(half.etaSeconds)
    #expect(abs(left - 10 * (1 - half.progress) / half.progress) < 0.001)
    #expect(record(.parsing, history: history, bytesDone: 1).etaSeconds == nil)
  }

  @Test("while rows are merged, their rate tells the time left")
  func mergeEta() {
    let now = record(
      .loading, history: [(.parsing, 0), (.loading, 5)], ok: 1_000, skipped: 100, inserted: 300,
      bytesDone: 1_000, total: 1_000, rate: 60)
    #expect(now.etaSeconds == 10)
  }

  @Test("each stage lasts until the next one, the last until now")
  func stages() {
    let now = record(
      .loading,
      history: [(.queued, 100), (.parsing, 102), (.validated, 106), (.loading, 106.5)],
      asOf: 108.5, ok: 1_000, bad: 200, inserted: 500, bytesDone: 1_000, total: 1_200)
    #expect(now.stages.map(\.name) == [.queued, .parsing, .validated, .loading])
    #expect(now.stages.map(\.seconds) == [2, 4, 0.5, 2])
    #expect(now.stages.map(\.rowsPerSecond) == [nil, 300, nil, 250])
    #expect(now.stages[0].startedAt == "1970-01-01T00:01:40.000Z")
  }

  @Test("rows belong to the last attempt; an end lasts no time")
  func attempts() {
    let now = record(
      .failed, history: [(.parsing, 0), (.queued, 10), (.parsing, 20), (.failed, 22)], asOf: 900,
      ok: 100, bytesDone: 1_000)
    #expect(now.stages.map(\.seconds) == [10, 10, 2, 0])
    #expect(now.stages.map(\.rowsPerSecond) == [nil, nil, 50, nil])
  }

  @Test("a stage that has passed is shown as it was")
  func atStage() {
    var done = record(
      .done,
      history: [(.queued, 1), (.parsing, 2), (.validated, 3), (.loading, 4), (.done, 5)],
      asOf: 9, ok: 10, bad: 1, inserted: 10, bytesDone: 1_000, total: 11)
    done.finishedAt = "2026-01-01T00:00:00.000Z"
    let parsing = done.atStage(1)
    #expect(parsing.status == .parsing)
    #expect(parsing.counts == RowCounts())
    #expect(parsing.rowsTotal == nil)
    #expect(parsing.asOf == 2)
    #expect(parsing.finishedAt == nil)
    #expect(parsing.history.count == 2)
    let validated = done.atStage(2)
    #expect(validated.counts.ok == 10)
    #expect(validated.counts.bad == 1)
    #expect(validated.counts.inserted == 0)
    #expect(done.atStage(4) == done)
    #expect(done.atStage(99) == done)
  }

  @Test("a dry run that was carried out since is shown with what it had found")
  func dryRunAtStage() {
    var queued = record(
      .queued, history: [(.queued, 1), (.parsing, 2), (.validated, 3), (.done, 5), (.queued, 7)],
      ok: 10, bad: 1)
    var found = RowCounts()
    (found.read, found.ok, found.bad, found.inserted) = (11, 10, 1, 10)
    queued.options.dryRun = true
    queued.diff = ImportDiff(
      counts: found, rows: .init(inserted: 10, updated: 0, unchanged: 0), updatedColumns: [],
      target: TargetOutline(TargetTable(oid: 1, schema: "s", name: "t", columns: [], keys: [])))
    #expect(!queued.isDryRun)
    #expect(queued.atStage(2).isDryRun)
    let done = queued.atStage(3)
    #expect(done.isDryRun)
    #expect(done.status == .done)
    #expect(done.counts == found)
    #expect(done.finishedAt == "1970-01-01T00:00:05.000Z")
    #expect(!queued.atStage(4).isDryRun)
  }
}
