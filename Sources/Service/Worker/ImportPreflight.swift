public import ImportModel
import Reading
public import Spool
import Validation

/// What can be known of an import before a row is read: whether its file has a header that fits the
/// target, and which key it goes by.
public struct ImportPreflight: Sendable {
  /// The names in the header.
  public let header: [String]
  /// The header as it stands in the file.
  public var rawHeader: [UInt8] { csvHeader.raw }
  /// The conflict key.
  public let key: TargetKey
  let csvHeader: FileHeader
  let start: FilePosition
  let dialect: CSVDialect
  let mapping: [MappedColumn]

  /// Reads the header and maps it.
  ///
  /// - Throws: `ImportFailure` with the reason in its code.
  public init(
    handle: SpoolHandle, target: TargetTable, options: ImportOptions
  ) throws {
    dialect = try ImportPreflight.dialect(of: options)
    do {
      let reader = CSVReader(source: FileSource(handle), dialect: dialect)
      csvHeader = try reader.readHeader()
      start = reader.position
      header = csvHeader.names
      mapping = try HeaderMapping(explicit: ImportPreflight.mapping(options, header, target))
        .resolve(header: header, table: target)
    } catch let error as ReadingError {
      throw ImportFailure(.unreadableFile, error.message)
    } catch let error as MappingError {
      throw ImportFailure(error.failureCode, error.message, hint: error.hint)
    }
    key = try ImportPreflight.key(of: target, named: options.key)
    try checkKeyIsInFile(target)
  }

  /// The mapping asked for. The column that the report of rejected rows appends is left out, so that the
  /// mended report can be sent as it is.
  private static func mapping(
    _ options: ImportOptions, _ header: [String], _ target: TargetTable
  ) -> [String: String?] {
    var mapping = options.mapping ?? [:]
    let errors = "_errors"
    if mapping[errors] == nil, header.last == errors,
      !target.columns.contains(where: { $0.name == errors })
    {
      mapping[errors] = .some(nil)
    }
    return mapping
  }

  private func checkKeyIsInFile(_ target: TargetTable) throws {
    let given = Set(mapping.map(\.column.name))
    let missing = key.columns.filter { !given.contains($0) }
    guard missing.isEmpty else {
      throw ImportFailure(
        .noKey, "the file has no column for \(list(missing)), which is part of the conflict key",
        hint: "add it to the file, or name another unique key of \(target.displayName) with `key`")
    }
  }

  private static func dialect(of options: ImportOptions) throws -> CSVDialect {
    func byte(_ text: String?, _ name: String, else standard: Character) throws -> UInt8 {
      let text = text ?? String(standard)
      guard text.utf8.count == 1, let byte = text.utf8.first else {
        throw ImportFailure(.unreadableFile, "`\(name)` must be one ASCII character")
      }
      return byte
    }
    let dialect = CSVDialect(
      delimiter: try byte(options.delimiter, "delimiter", else: ","),
      quote: try byte(options.quote, "quote", else: "\""))
    do {
      try dialect.validate()
    } catch {
      throw ImportFailure(.unreadableFile, error.message)
    }
    return dialect
  }

  /// Finds the unique key to go by.
  ///
  /// - Parameter names: its columns in any order, or nil for the primary key.
  public static func key(of target: TargetTable, named names: [String]?) throws -> TargetKey {
    let unknown = (names ?? []).filter { name in !target.columns.contains { $0.name == name } }
    guard unknown.isEmpty else {
      throw ImportFailure(
        .unknownColumn, "\(target.displayName) has no column \(list(unknown))",
        hint: "`key` names columns of a unique key, as they are spelled in the table")
    }
    let usable = target.keys.filter { !$0.isDeferrable }
    let wanted = names.map(Set.init)
    let found = usable.first { key in
      wanted.map { $0 == Set(key.columns) } ?? key.isPrimary
    }
    if let found { return found }
    let choice = usable.map { "(\($0.columns.joined(separator: ", ")))" }.joined(separator: ", ")
    throw ImportFailure(
      .noKey,
      names == nil
        ? "\(target.displayName) has no primary key"
        : "\(target.displayName) has no unique key over \(list(names ?? []))",
      hint: usable.isEmpty
        ? "add a primary key or a unique constraint that is not deferrable"
        : "name one of its unique keys with `key`: \(choice)")
  }
}

private func list(_ names: [String]) -> String {
  names.map { "\"\($0)\"" }.joined(separator: ", ")
}

extension MappingError {
  fileprivate var failureCode: ImportFailure.Code {
    code == .required ? .missingColumn : .unknownColumn
  }
}
