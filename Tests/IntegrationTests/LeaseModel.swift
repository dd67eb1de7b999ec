/// An import as the queue keeps it, and what two workers believe of it: a value, to be walked through.
///
/// Workers are as wrong as they can be: each may stop for any time between two steps, and go on with a lease that
/// another one has had since.
struct LeaseModel: Hashable {
  enum Status: String, Hashable {
    case queued, running, done, failed, cancelled, undone

    var isTerminal: Bool { self != .queued && self != .running }
  }

  enum Step: Hashable {
    /// A worker looks for work.
    case claim(Int)
    /// A worker's heartbeat comes through.
    case beat(Int)
    /// No heartbeat came through for as long as a lease holds.
    case expire
    /// A worker stages a chunk, or notes how far it has come.
    case write(Int)
    /// A worker merges, with all that belongs to the end.
    case merge(Int)
    /// A worker ends the import in `failed`, or in `cancelled` where it was called off.
    case end(Int)
    /// A worker hands back what it has.
    case release(Int)
    /// A worker is gone, and has told nobody.
    case die(Int)
    case cancel
    case askForUndo
    /// A worker takes the import back.
    case undo(Int)
  }

  static let chunks = 2
  /// Leases are given so often at the most, that there is an end to all ways.
  static let claimLimit = 4

  /// Whether writes carry the lease. Without it, the walk has to find what goes wrong.
  var isFenced = true
  var status = Status.queued
  /// The lease that holds, of all that were given.
  var lease: Int?
  var isExpired = false
  var isCalledOff = false
  var isUndoWanted = false
  /// The lease that each worker believes to hold.
  var hands: [Int?] = [nil, nil]
  var claims = 0
  var staged = 0
  var merges = 0
  var undos = 0

  static let steps: [Step] =
    [.expire, .cancel, .askForUndo]
    + (0..<2).flatMap {
      [.claim($0), .beat($0), .write($0), .merge($0), .end($0), .release($0), .die($0), .undo($0)]
    }

  /// Whether anything can come of a step.
  func allows(_ step: Step) -> Bool {
    switch step {
    case .claim(let worker): hands[worker] == nil && claims < Self.claimLimit
    case .beat(let worker), .write(let worker), .merge(let worker), .end(let worker),
      .release(let worker), .die(let worker), .undo(let worker):
      hands[worker] != nil
    case .expire: lease != nil && !isExpired
    case .cancel, .askForUndo: true
    }
  }

  /// Takes a step.
  ///
  /// - Returns: whether it had its effect; a worker whose write has none gives up what it believed to hold.
  @discardableResult
  mutating func take(_ step: Step) -> Bool {
    switch step {
    case .claim(let worker):
      guard canBeClaimed else { return false }
      claims += 1
      lease = claims
      isExpired = false
      hands[worker] = claims
      if !status.isTerminal { status = .running }
      return true
    case .beat(let worker):
      guard holds(worker) else { return giveUp(worker) }
      isExpired = false
      return true
    case .expire:
      isExpired = true
      return true
    case .write(let worker):
      guard isFenced ? holds(worker) && !isCalledOff && status == .running : staged < 9 else {
        return giveUp(worker)
      }
      // What is there already is not staged again by whoever has looked.
      if staged < Self.chunks || !isFenced { staged += 1 }
      return true
    case .merge(let worker):
      let mayMerge = isFenced ? holds(worker) && !isCalledOff && status == .running : merges < 9
      guard mayMerge, staged >= Self.chunks else { return giveUp(worker) }
      merges += 1
      settle(.done, worker)
      return true
    case .end(let worker):
      guard holds(worker), status == .running else { return giveUp(worker) }
      settle(isCalledOff ? .cancelled : .failed, worker)
      return true
    case .release(let worker):
      guard holds(worker) else { return giveUp(worker) }
      settle(status == .running ? (isCalledOff ? .cancelled : .queued) : status, worker)
      return true
    case .die(let worker):
      hands[worker] = nil
      return true
    case .cancel:
      guard !status.isTerminal else { return false }
      isCalledOff = true
      if status == .queued { status = .cancelled }
      return true
    case .askForUndo:
      guard status == .done, !isUndoWanted else { return false }
      isUndoWanted = true
      isCalledOff = false
      return true
    case .undo(let worker):
      guard isFenced ? holds(worker) && isUndoWanted && status == .done : undos < 9 else {
        return giveUp(worker)
      }
      undos += 1
      isUndoWanted = false
      settle(.undone, worker)
      return true
    }
  }

  /// What is wrong in this state.
  var faults: [String] {
    var found: [String] = []
    func demand(_ holds: Bool, _ what: String) { if !holds { found.append(what) } }
    demand(merges <= 1, "it was merged twice")
    demand(staged <= Self.chunks, "a chunk was staged twice")
    demand(undos <= 1, "it was taken back twice")
    demand(
      (merges == 1) == (status == .done || status == .undone),
      "merged, but not done, or done unmerged")
    demand((undos == 1) == (status == .undone), "taken back, but not undone")
    demand(!isCalledOff || status != .done, "called off, and done all the same")
    demand(
      (lease != nil) == (status == .running || isUndoWanted && lease != nil), "a lease on nothing")
    demand(hands.count { $0 != nil && $0 == lease } <= 1, "two hold one lease")
    return found
  }

  private var canBeClaimed: Bool {
    if lease != nil { return isExpired }
    return status == .queued || isUndoWanted && status == .done
  }

  private func holds(_ worker: Int) -> Bool { lease != nil && hands[worker] == lease }

  private mutating func giveUp(_ worker: Int) -> Bool {
    if !holds(worker) { hands[worker] = nil }
    return false
  }

  private mutating func settle(_ new: Status, _ worker: Int) {
    status = new
    lease = nil
    isExpired = false
    hands[worker] = nil
  }
}
