import ImportModel
import Postgres
import Queue
import Testing

@Suite("What makes a request the same")
struct SubmissionTests {
  private static let text = "id\n1\n"

  @Test("a request that comes again, only more urgent, is answered with its first import")
  func replay() async throws {
    try await ImportBench.run { bench in
      let first = try await bench.submission(of: Self.text, into: "public.t")
      let key = try await bench.accept(first)
      let again = try await bench.submission(of: Self.text, into: "public.t") {
        $0.priority = .high
      }
      #expect(
        try await bench.queue.submit(again)
          == .replayed(first.id, status: .queued, idempotencyKey: key))
      #expect(try await bench.count("sluice.imports") == 1)
    }
  }

  @Test("another file, target or option makes another request")
  func others() async throws {
    try await ImportBench.run { bench in
      let submissions = [
        try await bench.submission(of: Self.text, into: "public.t"),
        try await bench.submission(of: "id\n2\n", into: "public.t"),
        try await bench.submission(of: Self.text, into: "public.u"),
        try await bench.submission(of: Self.text, into: "public.t") { $0.duplicates = .first },
      ]
      var keys: Set<String> = []
      for submission in submissions { keys.insert(try await bench.accept(submission)) }
      #expect(keys.count == submissions.count)
    }
  }

  @Test("a failed import frees its key, a finished one does not", arguments: [true, false])
  func ended(hasFailed: Bool) async throws {
    try await ImportBench.run { bench in
      let first = try await bench.submission(of: Self.text, into: "public.t")
      try await bench.accept(first)
      let lease = try await bench.claim().lease
      try await bench.queue.end(
        lease, as: hasFailed ? .failed : .done, failure: nil, counts: RowCounts(), bytes: 0)
      let again = try await bench.submission(of: Self.text, into: "public.t")
      switch try await bench.queue.submit(again) {
      case .accepted: #expect(hasFailed)
      case .replayed(let id, let status, _):
        #expect(!hasFailed)
        #expect(id == first.id)
        #expect(status == .done)
      case .keyReused, .queueFull: Issue.record("neither new nor the same")
      }
    }
  }

  @Test("a hundred equal requests at once make one import and get one answer")
  func hundred() async throws {
    try await ImportBench.run { bench in
      let answers = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<100 {
          group.addTask {
            let submission = try await bench.submission(of: Self.text, into: "public.t")
            switch try await bench.queue.submit(submission) {
            case .accepted(let key): return [submission.id.description, key]
            case .replayed(let id, _, let key): return [id.description, key]
            case .keyReused, .queueFull: throw ImportBenchError("neither new nor the same")
            }
          }
        }
        return try await group.reduce(into: [[String]]()) { $0.append($1) }
      }
      #expect(answers.count == 100)
      #expect(Set(answers).count == 1)
      #expect(try await bench.count("sluice.imports") == 1)
    }
  }

  @Test("the caller's key holds for its request only, until its import is called off")
  func keys() async throws {
    try await ImportBench.run { bench in
      let first = try await bench.submission(
        of: Self.text, into: "public.t", idempotencyKey: "mine")
      #expect(try await bench.accept(first) == "mine")
      let other = try await bench.submission(
        of: "id\n2\n", into: "public.t", idempotencyKey: "mine")
      #expect(try await bench.queue.submit(other) == .keyReused)
      #expect(try await bench.queue.cancel(first.id) == true)
      #expect(try await bench.accept(other) == "mine")
    }
  }

  @Test("a forced request is always new, unless it comes again under the caller's key")
  func forced() async throws {
    try await ImportBench.run { bench in
      func submission(_ key: String?) async throws -> Submission {
        try await bench.submission(of: Self.text, into: "public.t", idempotencyKey: key) {
          $0.force = true
        }
      }
      try await bench.accept(submission(nil))
      try await bench.accept(submission(nil))
      let named = try await submission("mine")
      try await bench.accept(named)
      #expect(
        try await bench.queue.submit(submission("mine"))
          == .replayed(named.id, status: .queued, idempotencyKey: "mine"))
    }
  }

  @Test("a full queue takes nothing new, but still knows what it has")
  func limit() async throws {
    try await ImportBench.run { bench in
      let queue = ImportQueue(pool: bench.pool, limit: 2)
      let first = try await bench.submission(of: Self.text, into: "public.t")
      try await bench.accept(first)
      #expect(try await !queue.isFull())
      try await bench.accept(try await bench.submission(of: "id\n2\n", into: "public.t"))
      #expect(try await queue.isFull())
      let third = try await bench.submission(of: "id\n3\n", into: "public.t")
      #expect(try await queue.submit(third) == .queueFull)
      let again = try await bench.submission(of: Self.text, into: "public.t")
      guard case .replayed(first.id, _, _) = try await queue.submit(again) else {
        Issue.record("a full queue has forgotten what it has")
        return
      }
      _ = try await bench.claim()
      #expect(try await !queue.isFull(), "what runs does not wait")
    }
  }
}
