import Synchronization

/// Adds up where the time of an import goes, while it runs.
///
/// Steps on different threads are noted at the same time. It holds a few numbers a step, however long the
/// import is; noting costs two looks at the clock and is meant for batches and statements, not for rows.
public final class ProfileRecorder: Sendable {
  /// Seconds of something that begins and ends, several times at once where it must be.
  private struct Total {
    /// What has ended, less the moments at which that began which has not.
    private var sum = 0.0
    private var open = 0

    var isOpen: Bool { open > 0 }

    mutating func begin(at now: Double) {
      sum -= now
      open += 1
    }

    mutating func end(at now: Double) {
      guard open > 0 else { return }
      sum += now
      open -= 1
    }

    mutating func add(_ seconds: Double) { sum += seconds }

    func seconds(at now: Double) -> Double { sum + Double(open) * now }
  }

  private struct Step {
    var whole = Total()
    /// Waiting while the step was under way, which is no work of it.
    var idle = Total()
    var waiting: [ProfileStep: Total] = [:]
    var rows: Int64?
  }

  /// A step that waits for another one.
  public struct Wait: Sendable {
    fileprivate let step: ProfileStep
    fileprivate let other: ProfileStep
    fileprivate let isUnderWay: Bool
  }

  private let steps = Mutex<[ProfileStep: Step]>([:])
  private let now: @Sendable () -> Double

  /// A profile without steps.
  public convenience init() {
    let origin = ContinuousClock.now
    self.init { (ContinuousClock.now - origin) / .seconds(1) }
  }

  /// - Parameter now: the seconds that have passed.
  init(now: @escaping @Sendable () -> Double) {
    self.now = now
  }

  /// Seconds since this was made.
  public var elapsed: Double { now() }

  /// Says that a step begins.
  public func begin(_ step: ProfileStep) {
    let now = now()
    steps.withLock { $0[step, default: Step()].whole.begin(at: now) }
  }

  /// Says that a step has ended; nothing happens where it had not begun.
  public func end(_ step: ProfileStep) {
    let now = now()
    steps.withLock { $0[step]?.whole.end(at: now) }
  }

  /// Counts rows that went through a step.
  public func count(_ step: ProfileStep, rows: Int64) {
    steps.withLock { $0[step, default: Step()].rows = ($0[step]?.rows ?? 0) + rows }
  }

  /// Adds what the body takes.
  public func measure<R>(_ step: ProfileStep, _ body: () throws -> R) rethrows -> R {
    begin(step)
    defer { end(step) }
    return try body()
  }

  /// Adds what the body takes.
  public func measure<R: Sendable>(
    _ step: ProfileStep, _ body: () async throws -> R
  ) async rethrows -> R {
    begin(step)
    defer { end(step) }
    return try await body()
  }

  /// Says that a step waits for another one. Should it be under way, this is no work of it.
  public func beginWaiting(_ step: ProfileStep, for other: ProfileStep) -> Wait {
    let now = now()
    return steps.withLock { steps in
      let isUnderWay = steps[step]?.whole.isOpen ?? false
      steps[step, default: Step()].waiting[other, default: Total()].begin(at: now)
      if isUnderWay { steps[step]?.idle.begin(at: now) }
      return Wait(step: step, other: other, isUnderWay: isUnderWay)
    }
  }

  /// Says that a wait is over.
  public func end(_ wait: Wait) {
    let now = now()
    steps.withLock { steps in
      steps[wait.step]?.waiting[wait.other]?.end(at: now)
      if wait.isUnderWay { steps[wait.step]?.idle.end(at: now) }
    }
  }

  /// Adds what earlier attempts took.
  public func add(_ earlier: ImportProfile) {
    steps.withLock { steps in
      for known in earlier.steps {
        guard let name = ProfileStep(rawValue: known.name) else { continue }
        var step = steps[name] ?? Step()
        step.whole.add(known.seconds)
        for (other, seconds) in known.waiting {
          guard let other = ProfileStep(rawValue: other) else { continue }
          step.waiting[other, default: Total()].add(seconds)
        }
        step.rows = known.rows.map { $0 + (step.rows ?? 0) } ?? step.rows
        steps[name] = step
      }
    }
  }

  /// What has been noted so far; steps that are under way count up to now.
  public var profile: ImportProfile {
    let now = now()
    let steps = steps.withLock { $0 }
    return ImportProfile(
      steps: ProfileStep.allCases.compactMap { name in
        steps[name].map { step in
          ImportProfile.Step(
            name: name.rawValue,
            seconds: max(0, step.whole.seconds(at: now) - step.idle.seconds(at: now)),
            waiting: Dictionary(
              uniqueKeysWithValues: step.waiting.map { ($0.rawValue, max(0, $1.seconds(at: now))) }),
            rows: step.rows)
        }
      })
  }
}
