import Doctor
import Glibc
import ImportModel
import Postgres
import Queue
import Spool
import Testing
import Worker

@Suite("What the doctor says of the next sweep")
struct DoctorSweepTests {
  private static let table = "CREATE TABLE public.t (id integer PRIMARY KEY, v text)"
  private static let unknown = "0123456789abcdef0123456789abcdef"
  private static let codes: Set<String> = [
    "sweep_files", "sweep_files_of_nobody", "sweep_unfinished_files", "sweep_imports",
    "sweep_staging", "sweep_images_expired", "sweep_images", "sweep_former_tables",
    "sweep_attempt_tables",
  ]

  private static func notes(_ bench: ImportBench) async throws -> [String: String] {
    let report = try await Examination(
      targets: [], spoolFolder: bench.spool.folder, retentionSeconds: 86_400
    ).run(on: bench.connection)
    let found = report.sections.flatMap(\.findings).filter { $0.code.hasPrefix("sweep_") }
    #expect(found.allSatisfy { $0.severity == .note && $0.sql == nil })
    return Dictionary(uniqueKeysWithValues: found.map { ($0.code, $0.message) })
  }

  /// Puts a file into the spool, last written so many seconds ago.
  private static func put(_ name: String, bytes: Int, age: Int, _ bench: ImportBench) throws {
    let file = open("\(bench.spool.folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    try #require(write(file, [UInt8](repeating: 1, count: bytes), bytes) == bytes)
    let moment = timespec(tv_sec: time(nil) - age, tv_nsec: 0)
    try #require(futimens(file, [moment, moment]) == 0)
  }

  /// What is there, in database and spool.
  private static func inventory(_ bench: ImportBench) async throws -> [String] {
    let tables = try await bench.rows(
      "SELECT relname FROM pg_class WHERE relnamespace = 'sluice'::regnamespace ORDER BY 1")
    let imports = try await bench.rows("SELECT id, xmin FROM sluice.imports ORDER BY 1")
    let images = try await bench.rows("SELECT import_id, xmin FROM sluice.undo ORDER BY 1")
    return tables + imports + images + (try bench.spool.identifiers().sorted())
      + ["\(bench.spool.usage())"]
  }

  /// Everything that looks like a leftover and is needed.
  private static func livingThings(_ bench: ImportBench) async throws {
    let running = try await bench.submit("id\nrunning\n", into: "public.running")
    let lease = try await bench.claim().lease
    let failed = try await bench.submit("id\nfailed\n", into: "public.failed")
    let waiting = try await bench.submit("id\nwaiting\n", into: "public.waiting")
    try await bench.connection.execute(
      """
      CREATE TABLE sluice.staging_\(running.digits) ();
      CREATE TABLE sluice.staging_\(waiting.digits) ();
      CREATE TABLE sluice.beside_\(running.digits)_\(lease.id.filter { $0 != "-" }.prefix(12))_updated ();
      CREATE TABLE sluice.replace_\(running.digits) ();
      UPDATE sluice.imports SET status = 'failed', finished_at = clock_timestamp() WHERE id = '\(failed)'
      """)
    _ = try await bench.imported("INSERT INTO public.t VALUES (1, 'a')")
    // It is long past its time, but somebody has asked to take it back.
    let asked = try await bench.imported("INSERT INTO public.t VALUES (2, 'a')")
    #expect(try await bench.queue.requestUndo(asked) == .requested)
    try await bench.connection.execute(
      """
      UPDATE sluice.imports SET finished_at = clock_timestamp() - interval '3 days' WHERE id = '\(asked)';
      UPDATE sluice.undo SET expires_at = clock_timestamp() WHERE import_id = '\(asked)'
      """)
    let needed = [running, failed, waiting].map(\.description)
    for id in try bench.spool.identifiers() where !needed.contains(id) {
      try bench.spool.remove(id: id)
    }
    try put("coming", bytes: 10, age: 1000, bench)
    try put(".coming.1.part", bytes: 10, age: 1000, bench)
    // Nobody's business.
    try put(".profile", bytes: 10, age: 200_000, bench)
    try await bench.connection.execute("CREATE TABLE sluice.staging_mine ()")
  }

  private static func leftovers(_ bench: ImportBench) async throws {
    let ended = try await bench.submit("id\nended\n", into: "public.ended")
    let past = try await bench.submit("id\npast\n", into: "public.past")
    let expired = try await bench.imported("INSERT INTO public.t VALUES (3, 'a')")
    try bench.spool.remove(id: expired.description)
    try bench.spool.remove(id: past.description)
    try await bench.connection.execute(
      """
      UPDATE sluice.imports SET status = 'cancelled', finished_at = clock_timestamp() WHERE id = '\(ended)';
      CREATE TABLE sluice.staging_\(ended.digits) AS SELECT FROM generate_series(1, 100);
      UPDATE sluice.imports SET status = 'failed', finished_at = clock_timestamp() - interval '2 days'
       WHERE id = '\(past)';
      UPDATE sluice.undo SET expires_at = clock_timestamp() WHERE import_id = '\(expired)';
      CREATE TABLE sluice.undo_\(unknown)_inserted ();
      CREATE TABLE sluice.undo_\(unknown)_updated ();
      CREATE TABLE sluice.replace_\(unknown) ();
      CREATE TABLE sluice.beside_\(unknown)_0123456789ab_updated ()
      """)
    try put("nobody", bytes: 2048, age: 100_000, bench)
    try put("nobody-too", bytes: 1024, age: 100_000, bench)
    try put(".broken.1.part", bytes: 4096, age: 100_000, bench)
  }

  @Test("nothing that is needed is named, though it looks like what is left")
  func alive() async throws {
    try await ImportBench.run(Self.table) { bench in
      try await Self.livingThings(bench)
      #expect(try await Self.notes(bench) == [:])
      let before = try await Self.inventory(bench)
      try await bench.janitor().sweep()
      #expect(try await Self.inventory(bench) == before)
    }
  }

  @Test(
    "all that it takes is named, with its size, nothing is changed, and afterwards nothing is left")
  func dead() async throws {
    try await ImportBench.run(Self.table) { bench in
      try await Self.livingThings(bench)
      let living = try await Self.inventory(bench)
      try await Self.leftovers(bench)
      let before = try await Self.inventory(bench)

      let notes = try await Self.notes(bench)

      #expect(Set(notes.keys) == Self.codes)
      let end = "the next sweep removes them"
      #expect(notes["sweep_files"] == "1 file of an ended import (9 bytes): \(end)")
      #expect(
        notes["sweep_files_of_nobody"] == "2 files that no import knows (3 kB): \(end)")
      #expect(
        notes["sweep_unfinished_files"] == "1 file of an upload that broke off (4 kB): \(end)")
      #expect(notes["sweep_imports"]?.hasPrefix("1 import past retention") == true)
      #expect(
        notes["sweep_staging"] == "1 staging table of an ended import (8 kB): \(end)")
      for (code, message) in notes {
        #expect(message.hasSuffix(end) && !message.hasPrefix("0 "), "\(code)")
      }
      #expect(try await Self.inventory(bench) == before)

      try await bench.janitor().sweep()

      #expect(try await Self.notes(bench) == [:])
      let after = try await Self.inventory(bench)
      #expect(living.filter { !after.contains($0) } == [])
    }
  }
}
