import ImportModel
import Postgres
import Testing

@testable import Merging

@Suite("What a merge keeps to be taken back")
struct UndoImagesTests {
  private static let columns =
    "(k citext, day date, a text, n numeric, made int DEFAULT 1, "
    + "twice numeric GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (k, day))"
  private static let rows = """
    ; INSERT INTO t VALUES ('Ann', '2026-01-01', 'one', 1), ('bob', '2026-01-01', 'two', 2),
        ('carl', '2026-02-01', NULL, NULL);
    """
  private static let trigger = """
    ; CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN NEW.made := NEW.made + 1; RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()
    """
  private static let plain = "CREATE EXTENSION citext; CREATE TABLE t \(columns)"
  private static let parted =
    plain + " PARTITION BY RANGE (day);"
    + "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
    + "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('2026-02-01') TO ('2027-01-01')"
  private static let file =
    "k,day,a,n\nANN,2026-01-01,new,1\nbob,2026-01-01,two,2.0\ncarl,2026-02-01,,\ndora,2026-03-01,x,\n"

  private static func table(_ id: ImportID, _ kind: String) -> String {
    "sluice.undo_\(id.digits)_\(kind)"
  }

  /// The digests of the rows of `t`, by another way than the merge takes.
  private static func digests(_ bench: ImportBench, _ condition: String) async throws -> [String] {
    let oid = try await bench.connection.query("SELECT 't'::regclass::oid::bigint AS oid").rows[0]
      .int64("oid")
    let digest = try await RowDigest.read(UInt32(oid), on: bench.connection)
    return try await bench.rows("SELECT \(digest.expression("t")) FROM t WHERE \(condition)")
  }

  @Test(
    "keys of new rows, old values of changed ones, and a digest of each as it stands",
    arguments: [plain, parted, plain + trigger, parted + trigger])
  func images(table: String) async throws {
    try await ImportBench.run(table + Self.rows) { bench in
      let done = try await bench.importFile(Self.file) { $0.key = ["k", "day"] }
      try expectDone(done, read: 4, inserted: 1, updated: 2, unchanged: 1)
      let hasTrigger = table.contains("TRIGGER")
      let images = hasTrigger ? "{a,n,made}" : "{a,n}"
      #expect(
        try await bench.rows(
          """
          SELECT kind, target_oid = 't'::regclass, key_columns, digest_columns, image_columns,
            rows_inserted, rows_updated, expires_at - now() BETWEEN '29 days' AND '30 days'
            FROM sluice.undo WHERE import_id = $1::uuid
          """, [.text(done.id.description)])
          == ["rows|t|{k,day}|{k,day,a,n,made}|\(images)|1|2|t"])
      #expect(
        try await bench.rows("SELECT n, k0, k1, digests FROM \(Self.table(done.id, "inserted"))")
          == ["1|{dora}|{2026-03-01}|{\(try await Self.digests(bench, "k = 'dora'")[0])}"])
      let more = hasTrigger ? ", c2" : ""
      let ann = try await Self.digests(bench, "k = 'ann'")[0]
      let bob = try await Self.digests(bench, "k = 'bob'")[0]
      #expect(
        try await bench.rows(
          "SELECT k0, k1, c0, c1\(more), digest FROM \(Self.table(done.id, "updated")) ORDER BY k0")
          == [
            "Ann|2026-01-01|one|1\(hasTrigger ? "|1" : "")|\(ann)",
            "bob|2026-01-01|two|2\(hasTrigger ? "|1" : "")|\(bob)",
          ])
      #expect(
        try await bench.rows("SELECT n FROM t WHERE k = 'bob' AND n::text = '2.0'") == ["2.0"])
    }
  }

  @Test("into an empty table, and appended without a key", arguments: [true, false])
  func insertOnly(isAppended: Bool) async throws {
    let setUp = "CREATE TABLE t (a int\(isAppended ? "" : " PRIMARY KEY"), p point, x int[])"
    try await ImportBench.run(setUp) { bench in
      let text = (1...30_000).reduce(into: "a,p\n") { $0 += "\($1),\"(0,\($1))\"\n" }
      let done = try await bench.importFile(text) {
        $0.mode = isAppended ? .append : .upsert
        $0.key = isAppended ? nil : ["a"]
      }
      try expectDone(done, read: 30_000, inserted: 30_000)
      let inserted = Self.table(done.id, "inserted")
      #expect(
        try await bench.rows(
          """
          SELECT sum(n), sum(cardinality(digests)), max(n) <= 100000, count(*) > 1 FROM \(inserted)
          """) == ["30000|30000|t|t"])
      let kept = try await bench.rows("SELECT unnest(digests) FROM \(inserted)")
      #expect(Set(kept) == Set(try await Self.digests(bench, "true")))
      #expect(
        try await bench.rows("SELECT key_columns, image_columns FROM sluice.undo")
          == [isAppended ? "{}|{}" : "{a}|{p}"])
      #expect(try await bench.count("pg_class WHERE relname LIKE 'undo%updated'") == 0)
      if !isAppended {
        // Keys and digests are in one order.
        let pairs =
          "SELECT k, d FROM \(inserted), unnest(k0, digests) AS u(k, d) ORDER BY k LIMIT 1"
        #expect(
          try await bench.rows(pairs) == ["1|\(try await Self.digests(bench, "a = 1")[0])"])
      }
    }
  }

  @Test(
    "what identifies appended rows",
    arguments: [
      ("id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, u int UNIQUE", "{id}"),
      ("a int, u int NOT NULL, v int, UNIQUE (v), UNIQUE (u)", "{u}"),
      ("a int, u int UNIQUE", "{}"),
      ("a int PRIMARY KEY DEFERRABLE, u int DEFAULT 1 NOT NULL UNIQUE", "{u}"),
    ])
  func rowKey(columns: String, expected: String) async throws {
    try await ImportBench.run("CREATE TABLE t (\(columns))") { bench in
      let done = try await bench.importFile("a,u\n5,1\n") {
        $0.mode = .append
        if columns.hasPrefix("id") { $0.mapping = ["u": nil as MappingEntry?] }
      }
      try expectDone(done, read: 1, inserted: 1)
      #expect(try await bench.rows("SELECT key_columns FROM sluice.undo") == [expected])
    }
  }

  @Test("keys of any type: arrays and what has no array are kept as text")
  func oddKeys() async throws {
    let setUp = """
      CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN code AS char(3);
      CREATE TABLE t (k int[], m mood, c code, b bit(3), z timestamptz, a char(4),
        PRIMARY KEY (k, m, c, b, z));
      INSERT INTO t VALUES ('{1,2}', 'ok', 'x', '101', '2026-01-01Z', 'old')
      """
    try await ImportBench.run(setUp) { bench in
      let done = try await bench.importFile(
        """
        k,m,c,b,z,a
        "{1,2}",ok,x,101,2026-01-01Z,new
        "{3}",sad,yz,111,2026-01-01Z,in

        """
      ) { $0.key = ["k", "m", "c", "b", "z"] }
      try expectDone(done, read: 2, inserted: 1, updated: 1)
      #expect(
        try await bench.rows("SELECT k0, k1, k2, k3 FROM \(Self.table(done.id, "inserted"))")
          == ["{\"{3}\"}|{sad}|{\"yz \"}|{111}"])
      #expect(
        try await bench.rows("SELECT k0, k1, k2, k3, c0 FROM \(Self.table(done.id, "updated"))")
          == ["{1,2}|ok|x  |101|old "])
    }
  }

  @Test("nothing is kept where nothing has changed, or nothing has gone in")
  func nothing() async throws {
    let setUp =
      "CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0)); INSERT INTO t VALUES (1, 1)"
    try await ImportBench.run(setUp) { bench in
      try expectDone(try await bench.importFile("id,a\n1,1\n"), read: 1, unchanged: 1)
      let failed = try await bench.importFile("id,a\n1,2\n2,0\n") { $0.onError = .abort }
      #expect(failed.status == .failed)
      #expect(try await bench.count("sluice.undo") == 0)
      #expect(try await bench.count("pg_class WHERE relname LIKE 'undo\\__%\\_%ed'") == 0)
    }
  }
}
