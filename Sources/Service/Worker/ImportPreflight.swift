public import ImportModel
public import Postgres
public import Reading
import Validation

/// What can be known of an import before its rows are read: how its file is read, which of its fields go
/// into which columns, and which key it goes by.
public struct ImportPreflight: Sendable {
  /// A file of at most so many bytes is looked at as a whole in any case.
  private static let smallFile: Int64 = 64 << 10

  /// How the file is read.
  public let plan: FilePlan
  /// The names of its fields.
  public let header: FileHeader
  /// The conflict key; `TargetKey.none` where rows are appended.
  public let key: TargetKey
  let start: FilePosition
  /// Empty where too little of the file was looked at to know.
  let mapping: [MappedColumn]
  /// See `FirstLook`.
  let namelessFields: [Int]

  /// Finds out how a file is read.
  ///
  /// - Parameter scratch: a folder for what does not fit into memory.
  /// - Throws: `ImportFailure` with the reason in its code, and what the storage throws.
  public static func plan(
    of file: any FileBytes, options: ImportOptions, scope: FileInspector.Scope, scratch: String
  ) throws -> FilePlan {
    do {
      return try FileInspector(file, request: FileRequest(options), scratch: scratch)
        .plan(file.size <= smallFile ? .whole : scope)
    } catch {
      throw failure(error)
    }
  }

  /// Reads the header and maps it.
  ///
  /// With the scope `start` little is read, and what the rest of the file may mend is no error: records of
  /// JSON may have more names.
  ///
  /// - Parameters:
  ///   - plan: how the file is read, where that is known; otherwise it is looked over first.
  ///   - lookups: those of the mapping, as `LookupCatalog` found them.
  ///   - scratch: a folder for what does not fit into memory.
  /// - Throws: `ImportFailure` with the reason in its code, and what the storage throws.
  public init(
    file: any FileBytes, plan: FilePlan? = nil, target: TargetTable, options: ImportOptions,
    lookups: [ColumnLookup], scope: FileInspector.Scope, scratch: String
  ) throws {
    try ImportPreflight.check(options.mode, with: target)
    key = try ImportPreflight.key(of: target, options)
    let plan =
      try plan
      ?? ImportPreflight.plan(of: file, options: options, scope: scope, scratch: scratch)
    do {
      let look = try FirstLook(
        file, plan: plan, target: target, options: options, lookups: lookups, scratch: scratch)
      (self.plan, header, start) = (look.plan, look.header, look.start)
      namelessFields = look.namelessFields
      let isProvisional =
        plan.format == .json && scope == .start && file.size > ImportPreflight.smallFile
      mapping = isProvisional ? try look.provisionalMapping() : try look.mapping()
    } catch {
      throw ImportPreflight.failure(error)
    }
    try ImportPreflight.check(scope: options.scope, of: target, key)
    if !mapping.isEmpty {
      try checkKeyIsInFile(target)
      try checkScopeIsInFile(options.scope)
    }
  }

  /// Errors in the file and in what is said of it, as the reason why there can be no import.
  private static func failure(_ error: any Error) -> any Error {
    switch error {
    case is ReadingError, is OptionError, is MappingError: ImportFailure(describing: error)
    default: error
    }
  }

  /// Refuses a mode that the target does not take.
  ///
  /// - Throws: `ImportFailure`.
  public static func check(_ mode: ImportOptions.Mode, with target: TargetTable) throws {
    do {
      try target.check(mode)
    } catch {
      throw failure(error)
    }
  }

  /// Asks the database whether it would take rows for the columns of the file.
  ///
  /// - Throws: `ImportFailure` where it would refuse them all; `PostgresError` where that cannot be known.
  public func rehearse(
    _ target: TargetTable, _ mode: ImportOptions.Mode, on connection: PostgresConnection
  ) async throws {
    let rehearsal = TargetRehearsal(
      target: target, columns: mapping.map(\.column), key: key.columns, mode: mode)
    do {
      try await rehearsal.run(on: connection)
    } catch let error as TargetError {
      throw ImportFailure(describing: error)
    }
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

  /// Finds the unique key that an import goes by, if it goes by one.
  public static func key(of target: TargetTable, _ options: ImportOptions) throws -> TargetKey {
    guard options.mode.usesKey else {
      guard let names = options.key else { return .none }
      throw ImportFailure(
        .badOption, "mode=\(options.mode.rawValue) goes by no key, but `key` names \(list(names))",
        hint: "leave `key` out, or choose another mode")
    }
    // All rows of the file are new: a key is only asked for which of them share it.
    if options.mode == .replace, options.key == nil,
      !target.usableKeys.contains(where: \.isPrimary)
    {
      return .none
    }
    return try key(of: target, named: options.key)
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
    let usable = target.usableKeys
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
        ? "add a unique key that is not deferrable and has no generated column, or set `mode` to append"
        : "name one of its unique keys with `key`: \(choice)")
  }
}

private func list(_ names: [String]) -> String {
  names.map { "\"\($0)\"" }.joined(separator: ", ")
}
