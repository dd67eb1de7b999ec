import FoundationEssentials
import HTTP
public import ImportModel
import Reading
import Validation

/// Reads the options of an import out of form fields or query parameters: contract, section 2.
///
/// What this version cannot do is refused by name; nothing is silently left out.
public struct OptionParser {
  /// `target`, once it has been read.
  public private(set) var target: String?
  /// What was told so far.
  public private(set) var options = ImportOptions()
  /// The template that was named.
  private(set) var template: String?
  /// What was taken, in order.
  private(set) var given: [(name: String, value: String)] = []

  /// Nothing told.
  public init() {}

  private typealias Reader = @Sendable (inout OptionParser, String, String) throws -> Void

  /// Takes one option.
  ///
  /// - Throws: `Problem` `bad_option`, naming the option.
  public mutating func take(_ name: String, _ value: String) throws {
    guard let reader = OptionParser.readers[name] else {
      throw Problems.badOption(
        name, "is no option of an import",
        hint: "known options: \(OptionParser.readers.keys.sorted().joined(separator: ", "))")
    }
    // Postgres has no text with it, and no option a use for it.
    guard !value.utf8.contains(0) else { throw Problems.zero(name) }
    try reader(&self, name, value)
    given.append((name, value))
  }

  /// The same with the options of a template, of which those given win.
  ///
  /// - Throws: `Problem` `bad_option`.
  func filled(from template: TemplateOptions) throws -> OptionParser {
    let own = Set(given.map(\.name))
    var parser = OptionParser()
    for (name, value) in template.pairs where !own.contains(name) { try parser.take(name, value) }
    for (name, value) in given { try parser.take(name, value) }
    return parser
  }

  /// Checks what the options taken so far mean together.
  ///
  /// - Parameter isComplete: whether no more come: they could mend what only together is wrong.
  /// - Throws: `OptionError`.
  func check(isComplete: Bool = true) throws(OptionError) {
    do throws(OptionError) {
      if options.mode == .replace, options.commit == .batched {
        throw OptionError(
          "commit", "is atomic where a table is replaced, which is one moment",
          hint: "send commit=atomic, or mode=upsert")
      }
      if options.mode == .replace, options.scope != nil {
        throw OptionError(
          "scope", "means nothing where a table is replaced, which concerns all of its rows",
          hint: "leave `scope` out, or send mode=upsert")
      }
      _ = try FileRequest(options)
      _ = try ValueFormats(options)
    } catch {
      if isComplete || !OptionParser.dependent.contains(error.option) { throw error }
    }
  }

  /// What depends on other options.
  private static let dependent = [
    "delimiter", "quote", "escape", "comment", "thousands", "true_words", "commit",
    "scope",
  ]

  private static let readers: [String: Reader] = [
    "target": { parser, _, value in parser.target = value },
    "mode": { parser, name, value in parser.options.mode = try choice(name, value) },
    "key": { parser, name, value in parser.options.key = try columns(name, value) },
    "scope": { parser, name, value in
      guard !value.isEmpty else { throw Problems.badOption(name, "names one column") }
      try checkName(value, of: name)
      parser.options.scope = value
    },
    "duplicates": { parser, name, value in parser.options.duplicates = try choice(name, value) },
    "on_error": { parser, name, value in parser.options.onError = try choice(name, value) },
    "max_rejects": { parser, name, value in
      parser.options.maxRejects = try number(name, value) {
        Int64($0)
      } check: {
        $0 >= 0
      }
    },
    "max_reject_ratio": { parser, name, value in
      parser.options.maxRejectRatio = try number(name, value) {
        Double($0)
      } check: {
        (0...1).contains($0)
      }
    },
    "mapping": { parser, name, value in parser.options.mapping = try mapping(name, value) },
    "format": text(\.format),
    "encoding": text(\.encoding),
    "delimiter": { parser, name, value in
      try text(\.delimiter)(&parser, name, value == "\\t" ? "\t" : value)
    },
    "quote": text(\.quote),
    "escape": text(\.escape),
    "comment": text(\.comment),
    "header": { parser, name, value in parser.options.header = try boolean(name, value) },
    "skip_rows": { parser, name, value in
      parser.options.skipRows = try number(name, value) {
        Int($0)
      } check: {
        (0...1_000_000).contains($0)
      }
    },
    "sheet": text(\.sheet),
    "decimal": text(\.decimal),
    "thousands": text(\.thousands),
    "currency": { parser, name, value in parser.options.currency = try words(name, value) },
    "percent": { parser, name, value in parser.options.percent = try boolean(name, value) },
    "date_format": text(\.dateFormat),
    "date_order": text(\.dateOrder),
    "excel_serial": { parser, name, value in
      parser.options.excelSerial = try boolean(name, value)
    },
    "true_words": { parser, name, value in parser.options.trueWords = try words(name, value) },
    "false_words": { parser, name, value in parser.options.falseWords = try words(name, value) },
    "trim": { parser, name, value in parser.options.trim = try boolean(name, value) },
    "null": { parser, name, value in
      parser.options.null = (parser.options.null ?? []) + (try words(name, value))
    },
    "timezone": { parser, name, value in
      guard !value.isEmpty, value.utf8.count <= 64 else {
        throw Problems.badOption(name, "must name a time zone, such as Europe/Berlin")
      }
      parser.options.timezone = value
    },
    "priority": { parser, name, value in parser.options.priority = try choice(name, value) },
    "commit": { parser, name, value in parser.options.commit = try choice(name, value) },
    "force": { parser, name, value in parser.options.force = try boolean(name, value) },
    "dry_run": { parser, name, value in parser.options.dryRun = try boolean(name, value) },
    "template": { parser, _, value in parser.template = value },
    "webhook": { _, name, _ in throw Problems.notYet(option: name) },
  ]

  /// An option that is kept as it is told.
  private static func text(
    _ path: any WritableKeyPath<ImportOptions, String?> & Sendable
  ) -> Reader {
    { parser, name, value in
      guard !value.isEmpty, value.utf8.count <= textLimit else {
        throw Problems.badOption(name, "has 1 to \(textLimit) bytes")
      }
      parser.options[keyPath: path] = value
    }
  }

  /// More bytes than any of them has a use for.
  private static let textLimit = 256
}

// MARK: - Values

private func choice<T: RawRepresentable<String> & CaseIterable>(
  _ name: String, _ value: String
) throws -> T {
  if let found = T(rawValue: value) { return found }
  let known = T.allCases.map(\.rawValue).joined(separator: ", ")
  throw Problems.badOption(name, "is one of \(known)")
}

private func boolean(_ name: String, _ value: String) throws -> Bool {
  switch value.lowercased() {
  case "true", "1", "yes", "on": true
  case "false", "0", "no", "off", "": false
  default: throw Problems.badOption(name, "is true or false")
  }
}

private func number<T>(
  _ name: String, _ value: String, _ read: (String) -> T?, check: (T) -> Bool
) throws -> T {
  guard let number = read(value), check(number) else {
    throw Problems.badOption(name, "is out of range or no number")
  }
  return number
}

/// A JSON array of strings, or strings separated by commas.
private func columns(_ name: String, _ value: String) throws -> [String] {
  let columns =
    value.hasPrefix("[")
    ? try json([String].self, name, value, shape: "a JSON array of column names")
    : value.split(separator: ",").map { $0.filter { $0 != " " } }
  guard !columns.isEmpty, columns.allSatisfy({ !$0.isEmpty }) else {
    throw Problems.badOption(name, "names the columns of a unique key, separated by commas")
  }
  guard columns.count <= keyLimit else {
    throw Problems.badOption(name, "names \(columns.count) columns; a key has at most \(keyLimit)")
  }
  try columns.forEach { try checkName($0, of: name) }
  return columns
}

/// As many columns as an index of Postgres may have, unless it was built otherwise.
private let keyLimit = 32
/// Longer than any name in Postgres, 63 bytes, even where it was built to take longer ones.
private let nameLimit = 256

private func checkName(_ column: String, of option: String) throws {
  if column.utf8.contains(0) { throw Problems.zero(option) }
  guard column.utf8.count <= nameLimit else {
    throw Problems.badOption(option, "names a column of more than \(nameLimit) bytes")
  }
}

/// A JSON array of strings, or one word.
private func words(_ name: String, _ value: String) throws -> [String] {
  guard value.hasPrefix("[") else { return [value] }
  let words = try json([String].self, name, value, shape: "a JSON array of words")
  if words.contains(where: { $0.utf8.contains(0) }) { throw Problems.zero(name) }
  return words
}

private func mapping(_ name: String, _ value: String) throws -> [String: MappingEntry?] {
  let mapping: [String: MappingEntry?]
  do {
    mapping = try JSONDecoder().decode([String: MappingEntry?].self, from: Data(value.utf8))
  } catch {
    throw Problems.badOption(
      name, "is a JSON object from headers to columns, to null or to lookups",
      hint: """
        for example {"Serial No.": "serial_number", "remark": null, \
        "mail": {"column": "customer_id", "lookup": "public.customers.email"}}
        """)
  }
  for (header, entry) in mapping {
    if header.utf8.contains(0) { throw Problems.zero(name) }
    guard let entry else { continue }
    try checkName(entry.column, of: name)
    if let lookup = entry.lookup { try checkLookup(lookup, of: name) }
  }
  return mapping
}

private func checkLookup(_ lookup: String, of option: String) throws {
  if lookup.utf8.contains(0) { throw Problems.zero(option) }
  do {
    _ = try QualifiedColumn(parsing: lookup)
  } catch {
    throw Problems.badOption(
      option, "has a lookup that cannot be: \(error.message)", hint: error.hint)
  }
}

private func json<T: Decodable>(
  _ type: T.Type, _ name: String, _ value: String, shape: String
) throws -> T {
  do {
    return try JSONDecoder().decode(type, from: Data(value.utf8))
  } catch {
    throw Problems.badOption(name, "is not \(shape)")
  }
}
