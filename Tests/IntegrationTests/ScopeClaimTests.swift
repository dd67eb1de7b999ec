import ImportModel
import Postgres
import Queue
import Testing

@Suite("Turns of imports with a scope")
struct ScopeClaimTests {
  @Test(
    "two run side by side where both keep to the same column, to different values",
    arguments: [
      ("store=1", "store=2", true), ("store=1", "store=1", false), ("store=1", "item=2", false),
      ("store=1", "item=1", false), ("store=1", "all", false), ("all", "store=1", false),
      ("all", "all", false),
    ] as [(Part, Part, Bool)])
  func pairs(one: Part, other: Part, together: Bool) async throws {
    try await ImportBench.run { bench in
      let first = try await bench.submit("id\n1\n", scope: one.scope)
      let second = try await bench.submit("id\n2\n", scope: other.scope)
      let claimed = try await bench.claim()
      #expect(claimed.lease.importID == first)
      let next = try await bench.queue.claim(worker: "w", leaseSeconds: 30)
      #expect(next?.lease.importID == (together ? second : nil))
      // One whose worker fell silent still has its part.
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET lease_expires_at = clock_timestamp() - interval '1 s'
         WHERE id = '\(first)'
        """)
      #expect(try await bench.claim().lease.importID == first)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
    }
  }

  @Test("an undo has all of the target, whatever its import kept to", arguments: [true, false])
  func undo(isFirst: Bool) async throws {
    try await ImportBench.run { bench in
      let done = try await bench.submit("id\n1\n", scope: ImportScope(column: "store", value: "1"))
      let other = try await bench.submit("id\n2\n", scope: ImportScope(column: "store", value: "2"))
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET status = 'done', finished_at = now(), undo_requested = true,
               priority = \(isFirst ? 0 : 2) WHERE id = '\(done)'
        """)
      #expect(try await bench.claim().lease.importID == (isFirst ? done : other))
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
    }
  }

  @Test("none overtakes an import that it would keep waiting, unless it is more urgent")
  func fairness() async throws {
    try await ImportBench.run { bench in
      let running = try await bench.submit(
        "id\n1\n", scope: ImportScope(column: "store", value: "1"))
      let whole = try await bench.submit("id\n2\n", scope: nil)
      let young = try await bench.submit("id\n3\n", scope: ImportScope(column: "store", value: "2"))
      let first = try await bench.claim()
      #expect(first.lease.importID == running)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      let urgent = try await bench.submit(
        "id\n4\n", scope: ImportScope(column: "store", value: "3")
      ) { $0.priority = .high }
      let second = try await bench.claim()
      #expect(second.lease.importID == urgent)
      for claimed in [first, second] { try await bench.fail(claimed) }
      let third = try await bench.claim()
      #expect(third.lease.importID == whole)
      #expect(try await bench.queue.claim(worker: "w", leaseSeconds: 30) == nil)
      try await bench.fail(third)
      #expect(try await bench.claim().lease.importID == young)
    }
  }

  @Test("one that waits for another attempt keeps nobody waiting")
  func handedBack() async throws {
    try await ImportBench.run { bench in
      let store = ImportScope(column: "store", value: "2")
      _ = try await bench.submit("id\n1\n", scope: ImportScope(column: "store", value: "1"))
      _ = try await bench.claim()
      _ = try await bench.submit("id\n2\n", scope: nil)
      let young = try await bench.submit("id\n3\n", scope: store)
      try await bench.connection.execute(
        """
        UPDATE sluice.imports SET available_at = now() + interval '1 h' WHERE scope_column IS NULL
        """)
      #expect(try await bench.claim().lease.importID == young)
    }
  }

  @Test("workers that claim at once never run two that exclude each other, and forget none")
  func race() async throws {
    try await ImportBench.run { bench in
      for number in 0..<24 {
        let column = ["store", "store", "store", "item", nil][number % 5]
        let scope = column.map { ImportScope(column: $0, value: "\(number % 6)") }
        // All are equally old and urgent: claims come in any order.
        _ = try await bench.submit("id\n\(number)\n", scope: scope)
      }
      var (ended, largest) = (0, 0)
      while ended < 24 {
        let claims = try await bench.claimAtOnce(workers: 8)
        #expect(
          try await bench.count(
            """
            sluice.imports a JOIN sluice.imports b ON a.target = b.target AND a.id < b.id
             WHERE a.lease_id IS NOT NULL AND b.lease_id IS NOT NULL
               AND (a.scope_column = b.scope_column AND a.scope_value <> b.scope_value) IS NOT TRUE
            """) == 0)
        try #require(!claims.isEmpty)
        for claim in claims { try await bench.fail(claim) }
        ended += claims.count
        largest = max(largest, claims.count)
      }
      #expect(ended == 24)
      #expect(largest > 1)
    }
  }

  @Test("the schema itself forbids two that exclude each other", arguments: ["item", nil])
  func schema(column: String?) async throws {
    try await ImportBench.run { bench in
      _ = try await bench.submit("id\n1\n", scope: ImportScope(column: "store", value: "1"))
      _ = try await bench.submit(
        "id\n2\n", scope: column.map { ImportScope(column: $0, value: "2") })
      let error = await #expect(throws: PostgresError.self) {
        try await bench.connection.execute(
          """
          UPDATE sluice.imports SET status = 'parsing', lease_id = gen_random_uuid(),
                 lease_expires_at = now()
          """)
      }
      #expect(error?.constraint == "imports_running_target")
    }
  }

  @Test("an earlier version finds those that run side by side in the queue")
  func down() async throws {
    try await ImportBench.run { bench in
      for number in 1...2 {
        _ = try await bench.submit(
          "id\n\(number)\n", scope: ImportScope(column: "store", value: "\(number)"))
        _ = try await bench.claim()
      }
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection, to: 5)
      #expect(try await bench.count("sluice.imports WHERE status = 'queued'") == 2)
      _ = try await SluiceSchema.migrator.migrate(on: bench.connection)
      #expect(try await bench.count("sluice.imports WHERE scope_column IS NULL") == 2)
    }
  }
}

extension ImportBench {
  fileprivate func fail(_ claimed: ClaimedImport) async throws {
    try await queue.end(
      claimed.lease, as: .failed, failure: nil, counts: RowCounts(), bytes: 0)
  }
}
