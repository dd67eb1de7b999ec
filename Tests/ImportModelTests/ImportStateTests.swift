import ImportModel
import Testing

/// A way from one state to another.
struct Step: Sendable, Hashable, CustomTestStringConvertible {
  let from: ImportState
  let to: ImportState
  var testDescription: String { "\(from.rawValue) → \(to.rawValue)" }

  init(_ from: ImportState, _ to: ImportState) {
    self.from = from
    self.to = to
  }
}

@Suite("States of an import")
struct ImportStateTests {
  static let allowed: Set<Step> = {
    var steps: Set<Step> = [
      // The way ahead.
      Step(.queued, .parsing), Step(.parsing, .validated), Step(.validated, .loading),
      Step(.loading, .finalizing), Step(.finalizing, .done), Step(.done, .undone),
      // Something may be in of what ended early.
      Step(.failed, .undone), Step(.cancelled, .undone),
      Step(.queued, .failed), Step(.queued, .cancelled),
    ]
    for state in [ImportState.parsing, .validated, .loading, .finalizing] {
      // Another worker takes over, it is handed back, it ends early.
      for next in [ImportState.parsing, .queued, .failed, .cancelled] {
        steps.insert(Step(state, next))
      }
    }
    return steps
  }()

  static let all = ImportState.allCases.flatMap { from in
    ImportState.allCases.map { Step(from, $0) }
  }

  @Test("only the ways of the contract are open", arguments: all)
  func ways(step: Step) {
    #expect(step.from.canMove(to: step.to) == Self.allowed.contains(step))
  }

  @Test("a state either runs, waits or has ended", arguments: ImportState.allCases)
  func kinds(state: ImportState) {
    let runs = ImportState.running.contains(state)
    #expect([runs, state == .queued, state.isTerminal].filter { $0 }.count == 1)
  }

  @Test("the names are those of the contract")
  func names() {
    #expect(
      ImportState.allCases.map(\.rawValue) == [
        "queued", "parsing", "validated", "loading", "finalizing", "done", "failed", "cancelled",
        "undone",
      ])
  }
}
