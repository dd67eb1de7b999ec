/// What a relation of the catalog is, as far as it decides how rows get into it.
public struct TargetShape: Sendable, Equatable {
  /// The kinds of relations that rows can be imported into.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// An ordinary table, also one that others inherit from.
    case table
    /// A table whose rows lie in partitions.
    case partitionedTable = "partitioned_table"
    /// A partition that holds rows itself.
    case partition
    /// A table of another server or of a file, through a foreign-data wrapper.
    case foreignTable = "foreign_table"
    /// A view that Postgres can update, or one with an INSTEAD OF INSERT trigger.
    case view
  }

  /// What it is.
  public var kind: Kind
  /// Whether partitions of it, near or far, are foreign tables.
  public var hasForeignPartitions: Bool
  /// Whether tables inherit from it, other than as partitions.
  public var hasChildren: Bool
  /// Whether rules (`CREATE RULE`) rewrite UPDATEs of it. Those that rewrite INSERTs close it altogether.
  public var hasUpdateRules: Bool

  /// Describes a relation.
  public init(
    _ kind: Kind, hasForeignPartitions: Bool = false, hasChildren: Bool = false,
    hasUpdateRules: Bool = false
  ) {
    self.kind = kind
    self.hasForeignPartitions = hasForeignPartitions
    self.hasChildren = hasChildren
    self.hasUpdateRules = hasUpdateRules
  }

  /// Whether its rows are Postgres's own: only those have keys, places (`ctid`) and statistics to go by.
  public var holdsRows: Bool { kind != .foreignTable && kind != .view }

  /// Why a mode cannot be, and what can be done instead; nil where it can.
  ///
  /// - Parameter name: of the relation, for people.
  public func refusal(of mode: ImportOptions.Mode, named name: String) -> OptionError? {
    switch (mode, kind) {
    case (.append, _): nil
    case (_, .view):
      OptionError(
        "mode",
        "cannot be \(mode.rawValue): \(name) is a view, whose rows have no key of their own",
        hint: "set it to append, or import into the table behind the view")
    case (_, .foreignTable):
      OptionError(
        "mode",
        "cannot be \(mode.rawValue): \(name) is a foreign table, whose keys Postgres does not know",
        hint: "set it to append, or import into the table where it lies")
    case (.upsert, _) where hasUpdateRules:
      OptionError(
        "mode", "cannot be upsert: rules of \(name) rewrite what is updated",
        hint: "set it to insert or append, or make triggers of the rules")
    case (.replace, .partitionedTable):
      OptionError(
        "mode", "cannot be replace: \(name) is partitioned",
        hint: "replace its partitions one by one, or set `mode` to append")
    case (.replace, _) where hasChildren:
      OptionError(
        "mode", "cannot be replace: other tables inherit from \(name)",
        hint: "set it to upsert, or end the inheritance")
    case (.upsert, _), (.insert, _), (.replace, _): nil
    }
  }
}

extension TargetTable {
  /// The keys that rows can be found by: a deferrable one is checked too late, and the values of a generated
  /// column stand in no file.
  public var usableKeys: [TargetKey] {
    let generated = Set(columns.filter(\.isGenerated).map(\.name))
    return keys.filter { !$0.isDeferrable && generated.isDisjoint(with: $0.columns) }
  }

  /// The modes in which one may import into it.
  public var modes: [ImportOptions.Mode] {
    ImportOptions.Mode.allCases.filter { mode in
      shape.refusal(of: mode, named: displayName) == nil
        && (!mode.needsKey || !usableKeys.isEmpty)
    }
  }

  /// Refuses a mode that this kind of relation does not take. That a key is missing is told where it is
  /// chosen.
  ///
  /// - Throws: `OptionError` of the option `mode`.
  public func check(_ mode: ImportOptions.Mode) throws(OptionError) {
    if let refusal = shape.refusal(of: mode, named: displayName) { throw refusal }
  }
}
