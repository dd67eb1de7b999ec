import ImportModel
import Postgres
import Queue
import TestSupport
import Testing

@Suite("States, leases and fences as a small machine")
struct LeaseModelTests {
  /// All states that can be reached, each with those one step further.
  private static func walk(from start: LeaseModel) -> [LeaseModel: Set<LeaseModel>] {
    var known: [LeaseModel: Set<LeaseModel>] = [:]
    var ahead = [start]
    while let state = ahead.popLast() {
      guard known[state] == nil else { continue }
      var following: Set<LeaseModel> = []
      for step in LeaseModel.steps where state.allows(step) {
        var next = state
        next.take(step)
        following.insert(next)
      }
      known[state] = following
      // Nothing good comes of what is wrong already.
      if state.faults.isEmpty { ahead += following }
    }
    return known
  }

  @Test("nothing is wrong in any state, whoever stops, dies and comes back when")
  func exhaustive() throws {
    let states = Self.walk(from: LeaseModel())
    #expect(states.count > 500)
    for state in states.keys where !state.faults.isEmpty {
      Issue.record("\(state.faults): \(state)")
    }
    let ends: Set<LeaseModel.Status> = [.done, .failed, .cancelled, .undone]
    #expect(Set(states.keys.map(\.status)).isSuperset(of: ends))
  }

  @Test("from each state a way leads to an end, as long as workers may claim")
  func live() {
    let states = Self.walk(from: LeaseModel())
    var before: [LeaseModel: [LeaseModel]] = [:]
    for (state, following) in states {
      for next in following { before[next, default: []].append(state) }
    }
    var ending = Set(states.keys.filter { $0.status.isTerminal && !$0.isUndoWanted })
    var ahead = Array(ending)
    while let state = ahead.popLast() {
      for earlier in before[state] ?? [] where ending.insert(earlier).inserted {
        ahead.append(earlier)
      }
    }
    let stuck = states.keys.filter { !ending.contains($0) && $0.claims < LeaseModel.claimLimit }
    #expect(stuck.isEmpty, "\(stuck.first.map { "\($0)" } ?? "")")
  }

  @Test(
    "without the fence, the walk finds an import that is merged twice and a chunk that is staged twice"
  )
  func unfenced() {
    var start = LeaseModel()
    start.isFenced = false
    let faults = Set(Self.walk(from: start).keys.flatMap(\.faults))
    #expect(faults.contains("it was merged twice"))
    #expect(faults.contains("a chunk was staged twice"))
    #expect(faults.contains("called off, and done all the same"))
  }

  @Test("the queue does what the machine does", arguments: UInt64(0)..<8)
  func queue(seed: UInt64) async throws {
    try await ImportBench.run { bench in
      var chance = SeededGenerator(seed: seed)
      for walk in 0..<6 {
        let player = try await LeasePlayer(bench, target: "public.t\(walk)")
        var model = LeaseModel()
        var told: [String] = []
        for _ in 0..<25 {
          let possible = LeaseModel.steps.filter { model.allows($0) && LeasePlayer.knows($0) }
          guard let step = possible.randomElement(using: &chance) else { break }
          let before = model.hands
          let expected = model.take(step)
          let found = try await player.take(step, hands: before)
          told.append("\(step): \(expected)")
          try #require(found == expected, "seed \(seed): \(told)")
          try #require(
            try await player.state() == LeasePlayer.state(of: model), "seed \(seed): \(told)")
        }
      }
    }
  }
}

/// Takes steps of the model in the database.
private final class LeasePlayer {
  private let bench: ImportBench
  private let id: ImportID
  private var leases: [Lease] = []

  init(_ bench: ImportBench, target: String) async throws {
    self.bench = bench
    id = try await bench.submit("id\n1\n", into: target)
  }

  /// The merge and the undo are for workers: they are ended at each of their commits elsewhere.
  static func knows(_ step: LeaseModel.Step) -> Bool {
    switch step {
    case .merge, .undo, .askForUndo: false
    default: true
    }
  }

  /// - Returns: whether it had its effect.
  func take(_ step: LeaseModel.Step, hands: [Int?]) async throws -> Bool {
    switch step {
    case .claim:
      guard let claimed = try await bench.queue.claim(worker: "w", leaseSeconds: 3600) else {
        return false
      }
      leases.append(claimed.lease)
      return true
    case .beat(let worker):
      return try await bench.queue.heartbeat(lease(of: worker, hands), seconds: 3600) != .lost
    case .expire:
      try await bench.connection.execute(
        "UPDATE sluice.imports SET lease_expires_at = clock_timestamp() - interval '1 s' WHERE lease_id IS NOT NULL"
      )
      return true
    case .write(let worker):
      return try await holds { try await bench.queue.move(lease(of: worker, hands), to: .parsing) }
    case .end(let worker):
      let isCalledOff =
        try await bench.queue.heartbeat(lease(of: worker, hands), seconds: 3600) == .cancelRequested
      return try await holds {
        try await bench.queue.end(
          lease(of: worker, hands), as: isCalledOff ? .cancelled : .failed, failure: nil,
          counts: nil, bytes: 0)
      }
    case .release(let worker):
      let held = try await bench.record(id).status
      try await bench.queue.release(lease(of: worker, hands), after: .zero, countsAsAttempt: true)
      return try await bench.record(id).status != held
    case .die: return true
    case .cancel: return try await bench.queue.cancel(id) == true
    case .merge, .undo, .askForUndo: return false
    }
  }

  private func lease(of worker: Int, _ hands: [Int?]) -> Lease { leases[(hands[worker] ?? 0) - 1] }

  private func holds(_ body: () async throws -> Void) async throws -> Bool {
    do {
      try await body()
      return true
    } catch is LeaseLost {
      return false
    }
  }

  /// State, holder, whether time is over, whether it was called off.
  func state() async throws -> String {
    let row = try await bench.connection.query(
      """
      SELECT status, lease_id, coalesce(lease_expires_at < clock_timestamp(), false) AS expired, cancel_requested
        FROM sluice.imports WHERE id = $1::uuid
      """, [.text(id.description)]
    ).rows[0]
    let running = ["parsing", "validated", "loading", "finalizing"]
    let status = try row.string("status")
    let holder = row["lease_id"].map { held in
      leases.firstIndex { $0.id == held }.map { $0 + 1 } ?? 0
    }
    return
      "\(running.contains(status) ? "running" : status) \(holder ?? 0) \(try row.bool("expired")) \(try row.bool("cancel_requested"))"
  }

  static func state(of model: LeaseModel) -> String {
    "\(model.status) \(model.lease ?? 0) \(model.isExpired) \(model.isCalledOff)"
  }
}
