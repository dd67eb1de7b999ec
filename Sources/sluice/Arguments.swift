import Glibc

/// The words of a command line, taken apart: long options in the manner of GNU.
struct Arguments {
  let command: Command
  private(set) var values: [String: [String]] = [:]
  private(set) var flags: Set<String> = []
  private(set) var files: [String] = []

  init(_ words: [String], for command: Command) throws {
    self.command = command
    let (valued, plain) = command.options
    let settings = command.takesFile ? [] : Setting.allCases.map(\.flag)
    let known = Set(valued.keys).union(settings)
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--"), word != "--" else {
        if word == "--" { files += rest.drop { _ in false } } else { files.append(word) }
        if word == "--" { break }
        continue
      }
      let parts = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts.first.map(String.init) ?? ""
      if plain[name] != nil, parts.count == 1 {
        flags.insert(name)
      } else if known.contains(name) {
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw UsageError("--\(name) needs a value", help: Usage.of(command))
        }
        values[name, default: []].append(value)
      } else {
        throw UsageError("there is no option \(word)", help: Usage.of(command))
      }
    }
    if !command.takesFile, let file = files.first {
      throw UsageError("\(file) is too much", help: Usage.of(command))
    }
  }

  subscript(_ name: String) -> String? { values[name]?.last }

  func wrong(_ reason: String) -> UsageError {
    UsageError(reason, help: Usage.of(command))
  }
}
