import Foundation
import ImportModel
import Postgres
import Queue
import Spool
import Staging
import Telemetry
import TestSupport
import Testing
import Worker

@Suite("Carrying a dry run out")
struct DryRunCommitTests {
  private static let table = "CREATE TABLE t (id int PRIMARY KEY, a text)"
  private static let file = "id,a\n1,x\n2,y\n"

  @Test("is wished for once, however often it is said")
  func once() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      let answers = try await withThrowingTaskGroup(of: CommitOutcome.self) { group in
        for _ in 0..<20 { group.addTask { try await bench.queue.commit(dry.id) } }
        return try await group.reduce(into: [CommitOutcome]()) { $0.append($1) }
      }
      #expect(answers.filter { $0 == .queued }.count == 1)
      #expect(answers.filter { $0 == .known }.count == 19)
      let record = try await bench.record(dry.id)
      #expect(record.status == .queued)
      #expect((record.startedAt, record.finishedAt) == (nil, nil))
      #expect((record.counts.read, record.counts.inserted) == (2, 0))
      let done = try await bench.withWorker { _ in try await bench.ended(dry.id) }
      #expect(done.status == .done)
      #expect(try await bench.queue.commit(dry.id) == .known)
      #expect(try await bench.count("t") == 2)
    }
  }

  @Test("is not for what is no dry run, or has not ended")
  func refused() async throws {
    try await ImportBench.run(Self.table) { bench in
      #expect(try await bench.queue.commit(ImportID()) == .unknown)
      let plain = try await bench.submit(Self.file, into: "public.t")
      #expect(try await bench.queue.commit(plain) == .notADryRun)
      let dry = try await bench.submit(Self.file, into: "public.t") { $0.dryRun = true }
      #expect(try await bench.queue.commit(dry) == .notFinished(.queued))
      _ = try await bench.queue.cancel(dry)
      #expect(try await bench.queue.commit(dry) == .ended(.cancelled))
    }
  }

  @Test("waits for room in the queue")
  func fullQueue() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      _ = try await bench.submit("id\n9\n", into: "public.t")
      let queue = ImportQueue(pool: bench.pool, limit: 1)
      #expect(try await queue.commit(dry.id) == .queueFull)
      #expect(try await bench.record(dry.id).status == .done)
    }
  }

  @Test("a finished dry run cannot be called off; one that is carried out can")
  func cancelled() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      #expect(try await bench.queue.cancel(dry.id) == false)
      #expect(try await bench.queue.commit(dry.id) == .queued)
      #expect(try await bench.queue.cancel(dry.id) == true)
      #expect(try await bench.record(dry.id).status == .cancelled)
      try await bench.janitor().sweep()
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
      #expect(try await bench.count("t") == 0)
    }
  }

  @Test("file and staging stay for a day, and are swept then")
  func expiry() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun(Self.file)
      let age = "commit_until - finished_at BETWEEN '23:59:59' AND '24:00:01'"
      #expect(try await bench.count("sluice.imports WHERE \(age)") == 1)
      try bench.ageFiles()
      try await bench.janitor().sweep()
      #expect(bench.spool.exists(id: dry.id.description))
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 1)
      try await bench.connection.execute(
        "UPDATE sluice.imports SET commit_until = clock_timestamp() - interval '1 s'")
      #expect(try await bench.queue.commit(dry.id) == .expired)
      try await bench.janitor().sweep()
      #expect(!bench.spool.exists(id: dry.id.description))
      #expect(try await bench.count("pg_class WHERE relname LIKE 'staging%'") == 0)
      #expect(try await bench.count("sluice.chunks") == 0)
      #expect(try await bench.record(dry.id).diff != nil)
    }
  }

  @Test("once it is carried out it fails like any import, and its rejects are not lost")
  func failure() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.dryRun("id,a\n1,x\nz,y\n")
      try await bench.connection.execute("ALTER TABLE t DROP COLUMN a")
      let failed = try await bench.carryOut(dry.id)
      #expect(failed.status == .failed)
      #expect(failed.failure?.code == .unknownColumn)
      #expect(try await bench.rejectedRows(of: dry.id) == ["2"])
      #expect(try await bench.count("t") == 0)
    }
  }

  @Test("a dry run and the import of the same file are two requests")
  func requests() async throws {
    try await ImportBench.run(Self.table) { bench in
      let dry = try await bench.submission(of: Self.file, into: "public.t") { $0.dryRun = true }
      let key = try await bench.accept(dry)
      let plain = try await bench.submission(of: Self.file, into: "public.t")
      #expect(try await bench.accept(plain) != key)
      let again = try await bench.submission(of: Self.file, into: "public.t") { $0.dryRun = true }
      #expect(
        try await bench.queue.submit(again)
          == .replayed(dry.id, status: .queued, idempotencyKey: key))
    }
  }
}

extension ImportBench {
  /// Makes the files of the spool two days old.
  fileprivate func ageFiles() throws {
    let folder = URL(fileURLWithPath: spool.folder)
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -172_800)],
        ofItemAtPath: folder.appendingPathComponent(name).path)
    }
  }
}
