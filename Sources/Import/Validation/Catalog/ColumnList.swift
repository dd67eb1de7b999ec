public import ImportModel

/// Columns as one writes them down: `serial_number bigint, price numeric(10,2) not null`.
///
/// Names are plain or in double quotes, and types are those with an encoder, by any of the names that
/// Postgres has for them. `not null` and `primary key` may stand behind.
public struct ColumnList: Sendable, Equatable {
  /// The columns, numbered from 1.
  public let columns: [TargetColumn]

  /// Reads a list.
  ///
  /// - Throws: `OptionError` of the option `columns`.
  public init(parsing text: String) throws(OptionError) {
    var columns: [TargetColumn] = []
    for part in ColumnList.split(text) {
      columns.append(try ColumnList.column(part, number: columns.count + 1))
    }
    self.columns = columns
  }

  /// A column of texts for each of some names.
  public init(texts names: [String]) {
    columns = names.enumerated().map { index, name in
      ColumnList.column(name, number: index + 1, type: .text, sqlName: "text")
    }
  }

  /// The columns as a table that nowhere exists, with a key that every file has.
  public var table: TargetTable {
    TargetTable(
      oid: 0, schema: "none", name: "none", columns: columns,
      keys: [TargetKey(name: "none", columns: [], isPrimary: true)])
  }

  // MARK: Reading

  /// Parts between commas that stand neither in parentheses nor in quotes.
  private static func split(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    var isQuoted = false
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case "(" where !isQuoted: depth += 1
      case ")" where !isQuoted: depth -= 1
      default: break
      }
      if character == ",", depth == 0, !isQuoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }

  private static func column(_ text: String, number: Int) throws(OptionError) -> TargetColumn {
    var rest = text.drop { $0.isWhitespace }
    guard let name = name(&rest) else {
      throw OptionError(
        "columns", "has no name in \"\(text)\"",
        hint: "write columns as in CREATE TABLE: id bigint, name text")
    }
    var words = rest.lowercased().split { $0.isWhitespace }.joined(separator: " ")[...]
    var isRequired = false
    for ending in [" primary key", " not null"] where words.hasSuffix(ending) {
      words = words.dropLast(ending.count)
      isRequired = true
    }
    guard let type = BaseType(sqlName: String(words)) else {
      throw OptionError(
        "columns", "has no type that is known in \"\(text)\"",
        hint:
          "types with an encoder of their own, such as integer, numeric(10,2), text, timestamptz")
    }
    var column = column(name, number: number, type: type, sqlName: String(words))
    column.isRequired = isRequired
    return column
  }

  private static func name(_ text: inout Substring) -> String? {
    guard text.first == "\"" else {
      let name = text.prefix { !$0.isWhitespace }
      text = text[name.endIndex...]
      return name.isEmpty ? nil : String(name)
    }
    let name = text.dropFirst().prefix { $0 != "\"" }
    text = text[name.endIndex...].dropFirst()
    return name.isEmpty ? nil : String(name)
  }

  private static func column(
    _ name: String, number: Int, type: BaseType, sqlName: String
  ) -> TargetColumn {
    TargetColumn(
      name: name, number: Int16(clamping: number),
      type: ColumnType(oid: 0, sqlName: sqlName, base: type))
  }
}

extension BaseType {
  /// A type by any of the names that Postgres has for it, in lower case, single spaces between words; nil
  /// where it has no encoder.
  init?(sqlName: String) {
    var words = sqlName
    var numbers: [Int] = []
    if let open = words.firstIndex(of: "("), let close = words.firstIndex(of: ")"), open < close {
      let inner = words[words.index(after: open)..<close].split(separator: ",")
      numbers = inner.compactMap { Int($0.filter { !$0.isWhitespace }) }
      guard numbers.count == inner.count, (1...2).contains(numbers.count) else { return nil }
      words.removeSubrange(open...close)
      words = words.split(separator: " ").joined(separator: " ")
    }
    guard let type = BaseType(words: words, numbers) else { return nil }
    self = type
  }

  private init?(words: String, _ numbers: [Int]) {
    if numbers.isEmpty, let plain = BaseType.plain[words] {
      self = plain
      return
    }
    let first = numbers.first
    switch words {
    case "numeric", "decimal":
      self = .numeric(precision: first, scale: first.map { _ in numbers.dropFirst().first ?? 0 })
    case _ where numbers.count > 1: return nil
    case "varchar", "character varying": self = .varchar(limit: first)
    case "char", "character": self = .char(length: first ?? 1)
    case "time", "time without time zone": self = .time(precision: first)
    case "timetz", "time with time zone": self = .timetz(precision: first)
    case "timestamp", "timestamp without time zone": self = .timestamp(precision: first)
    case "timestamptz", "timestamp with time zone": self = .timestamptz(precision: first)
    default: return nil
    }
  }

  private static let plain: [String: BaseType] = [
    "smallint": .smallint, "int2": .smallint, "integer": .integer, "int": .integer,
    "int4": .integer, "bigint": .bigint, "int8": .bigint, "real": .real, "float4": .real,
    "double precision": .doublePrecision, "float8": .doublePrecision, "float": .doublePrecision,
    "boolean": .boolean, "bool": .boolean, "text": .text, "date": .date, "uuid": .uuid,
    "json": .json, "jsonb": .jsonb, "bytea": .bytea, "interval": .interval,
  ]
}
