import Glibc

/// How far an import is, for people: a bar on a terminal, plain lines elsewhere.
struct ProgressDisplay {
  private static let width = 30

  private let isTerminal = isatty(2) == 1
  private var lastLine = ""

  /// Shows a step, from 0 to 1.
  mutating func show(_ stage: String, share: Double, note: String = "") {
    let percent = Int((share * 100).rounded(.down))
    if isTerminal {
      let filled = Int(share * Double(ProgressDisplay.width))
      let bar =
        String(repeating: "█", count: filled)
        + String(repeating: "░", count: ProgressDisplay.width - filled)
      Output.draw("\r\u{1B}[K\(stage) \(bar) \(percent) % \(note)")
    } else if lastLine != stage {
      // One line a stage: a log is no place for a bar.
      Output.error("\(stage)")
    }
    lastLine = stage
  }

  /// Leaves the bar.
  mutating func end() {
    if isTerminal, !lastLine.isEmpty { Output.draw("\r\u{1B}[K") }
    lastLine = ""
  }
}
