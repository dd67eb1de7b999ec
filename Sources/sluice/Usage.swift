/// The commands that there are. `token` comes with a later version.
enum Command: String, CaseIterable {
  case serve, worker, migrate, `import`, inspect, cat, doctor, bench, demo

  /// Whether it works on a file that is named, and needs no settings.
  var takesFile: Bool { [.import, .inspect, .cat, .bench].contains(self) }

  var summary: String {
    switch self {
    case .serve: "API, WebSocket and dashboard, with a worker in the same process"
    case .worker: "a worker alone, against the same database and spool"
    case .migrate: "bring the `sluice` schema up or down"
    case .import: "upload a file to a running server and wait for the end"
    case .inspect: "what a file is, the types of its columns, and a table that would take it"
    case .cat: "the rows of a file as plain CSV in UTF-8"
    case .doctor: "what stands in the way of imports, and the SQL that mends it"
    case .bench: "how fast the steps of an import are, each by itself; what limits it"
    case .demo: "an embedded Postgres with a demo schema, a first import, then serve"
    }
  }

  /// Options with a value, beside the settings; then those without.
  var options: (valued: [String: String], plain: [String: String]) {
    switch self {
    case .serve:
      ([:], ["no-worker": "serve only; workers run elsewhere"])
    case .worker, .demo:
      ([:], [:])
    case .migrate:
      (["to": "version to go to; 0 removes everything"], ["dry-run": "only say what would be done"])
    case .cat:
      (Command.readingOptions, ["strict": "stop at the first bad row"])
    case .doctor:
      (["target": "schema.table: look at this one only"], ["json": "print the report as JSON"])
    case .bench: (Command.benchOptions, Command.benchFlags)
    case .inspect: (Command.inspectOptions, Command.inspectFlags)
    case .import:
      (
        [
          "target": "schema.table, required unless a template has it",
          "server": "address of the server",
          "mode": "upsert, insert, append or replace",
          "key": "columns of the conflict key", "duplicates": "last, first or reject",
          "scope":
            "column with one value in the whole file: other values may be imported meanwhile",
          "on-error": "reject or abort", "max-rejects": "more than these, and nothing goes in",
          "max-reject-ratio": "a larger share than this, and nothing goes in",
          "template": "saved options, which those given here override",
          "mapping": "JSON object from headers to columns, to null or to lookups",
          "commit": "atomic, or batched: many short transactions",
          "priority": "high, normal or low", "idempotency-key": "names this request",
        ].merging(Command.readingOptions.merging(Command.valueOptions) { first, _ in first }) {
          first, _ in first
        },
        [
          "force": "import again although the same bytes were imported before",
          "dry-run": "change nothing, and tell what would become of the rows",
          "json": "print the final object",
          "fail-on-rejects": "exit with 3 when rows were rejected",
        ]
      )
    }
  }
}

extension Command {
  /// How a file is to be read: what is not told is detected.
  static let readingOptions = [
    "format": "csv, json or xlsx", "encoding": "of a text, such as windows-1252",
    "delimiter": "what stands between two fields; \\t is a tab",
    "quote": "what stands around a field, or none",
    "escape": "what stands before a quote in quotes; copy for the sequences of COPY",
    "comment": "what a line begins with that is a remark",
    "header": "true or false: whether the first row names the columns",
    "skip-rows": "lines before the table", "sheet": "of a workbook: its name or number",
  ]

  /// Those of `bench` that have a value.
  static let benchOptions = [
    "columns":
      "what the fields are, as in CREATE TABLE: \"id bigint, name text\"; texts unless told",
    "rounds": "how often each step is measured; the shortest time counts (3)",
    "target":
      "schema.table: its columns, and the steps that need a database, into a copy that is taken back",
    "mode": "upsert, insert or append", "key": "columns of the conflict key",
    "duplicates": "last or first",
    "mapping": "JSON object from headers to columns",
    Setting.databaseURL.flag: "\(Setting.databaseURL.variable): where the target is",
    Setting.targets.flag: "\(Setting.targets.variable): \(Setting.targets.meaning)",
  ].merging(readingOptions.merging(valueOptions) { first, _ in first }) { first, _ in first }

  /// Those without.
  static let benchFlags = [
    "empty": "leave the rows of the target out of the copy", "json": "print one JSON object",
  ]

  /// Those of `inspect` that have a value.
  static let inspectOptions = [
    "target": "schema.table to hold the file against, or to make with --create",
    "key": "columns of the conflict key, or of the primary key of a table to make",
    "mapping": "JSON object from headers to columns",
    Setting.databaseURL.flag: "\(Setting.databaseURL.variable): where the target is",
    Setting.targets.flag: "\(Setting.targets.variable): \(Setting.targets.meaning)",
  ].merging(readingOptions.merging(valueOptions) { first, _ in first }) { first, _ in first }

  /// Those without.
  static let inspectFlags = [
    "create": "make the proposed table, named by --target",
    "json": "print what was found as JSON",
  ]

  /// How values are written: what is not told is found in the values, or as Postgres reads them.
  static let valueOptions = [
    "null": "a word that means NULL", "decimal": "the decimal sign, . or ,",
    "thousands": "the sign between groups of digits",
    "currency": "a sign that may stand at a number",
    "percent": "true where % divides a number by 100",
    "date-format": "how dates are written, such as DD.MM.YYYY",
    "date-order": "the order of a date's parts: dmy, mdy or ymd",
    "excel-serial": "true where plain numbers are dates of Excel's",
    "true-words": "a JSON array of words for true", "false-words": "the same for false",
    "trim": "true to leave out white space around values", "timezone": "of times that name none",
  ]
}

/// What `--help` shows.
enum Usage {
  static var all: String {
    let commands = Command.allCases.map { "  \(padded($0.rawValue, 10))\($0.summary)" }
    return """
      usage: sluice COMMAND [OPTION…]

      \(commands.joined(separator: "\n"))

      `sluice COMMAND --help` tells the options of a command.
      """
  }

  static func of(_ command: Command) -> String {
    let file = command.takesFile ? " FILE" : ""
    let (valued, plain) = command.options
    var lines = ["usage: sluice \(command.rawValue)\(file) [OPTION…]", "", command.summary, ""]
    lines += valued.sorted { $0.key < $1.key }.map { row("--\($0.key) VALUE", $0.value) }
    lines += plain.sorted { $0.key < $1.key }.map { row("--\($0.key)", $0.value) }
    if !command.takesFile {
      lines += ["", "settings, each also as a variable of the environment:"]
      lines += Setting.allCases.map { row("--\($0.flag) VALUE", "\($0.variable): \($0.meaning)") }
    }
    return lines.joined(separator: "\n")
  }

  private static func row(_ name: String, _ meaning: String) -> String {
    "  \(padded(name, 28))\(meaning)"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// The command line is not one of ours.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  let help: String

  init(_ description: String, help: String) {
    self.description = description
    self.help = help
  }
}
