public import ImportModel
import Reading
import Validation

/// How a file fits a table that is there.
public struct TargetFit: Sendable, Codable, Equatable {
  /// The table.
  public var target: String
  /// The conflict key that an import would go by; nil where there is none.
  public var key: [String]?
  /// A suggestion for the option `mapping`: from each header to a column, or to null.
  public var mapping: [String: MappingEntry?]
  /// The same field by field, with what does not fit.
  public var fields: [Field]
  /// What an import would be refused for, as things stand; empty where nothing stands in its way.
  public var obstacles: [Obstacle]

  /// A field, and the column that it might go into.
  public struct Field: Sendable, Codable, Equatable {
    /// Its name in the file.
    public var header: String
    /// The column, or nil.
    public var column: String?
    /// Type of the column.
    public var type: String?
    /// What does not fit.
    public var reasons: [String]
  }

  /// Something that stands in the way of an import.
  public struct Obstacle: Sendable, Codable, Equatable {
    /// Stable, as an import's error has it.
    public var code: String
    /// What it is.
    public var message: String
    /// What can be done about it.
    public var hint: String?
  }
}

extension TargetFit {
  /// Holds what was found in a file against a table.
  init(
    _ inference: TypeInference, plan: FilePlan, header: [String], target: TargetTable,
    options: ImportOptions
  ) {
    self.target = target.displayName
    let suggestion = MappingSuggestion(
      header: header, hasHeader: plan.hasHeader, told: options.mapping?.mapValues { $0?.column },
      table: target)
    // A natural key is no value of the column that it leads to.
    let lookups = Set(
      (options.mapping ?? [:]).compactMap { $0.value?.lookup == nil ? nil : $0.value?.column })
    let mapped = suggestion.fields.compactMap { field in
      field.column.map { MappedColumn(field: field.field, header: field.header, column: $0) }
    }
    let conclusion = inference.conclusion(for: mapped.filter { !lookups.contains($0.column.name) })
    let open = conclusion.notices.filter(\.code.isUndecided)
    let undecided = Set(open.map(\.column))
    let columns = inference.columns
    fields = suggestion.fields.map { field in
      let misfits = field.column.map {
        lookups.contains($0.name)
          ? []
          : ColumnFit(columns[field.field], into: $0, isOpen: undecided.contains($0.name)).reasons
      }
      return Field(
        header: field.header, column: field.column?.name, type: field.column?.type.sqlName,
        reasons: field.reasons + (misfits ?? []))
    }
    let columnNames = Dictionary(
      suggestion.fields.map { ($0.header, $0.column?.name) },
      uniquingKeysWith: { first, _ in first })
    mapping = columnNames.mapValues { $0.map { MappingEntry(column: $0) } }
      .merging((options.mapping ?? [:]).filter { header.contains($0.key) }) { _, told in told }
    obstacles = open.map {
      Obstacle(
        code: ImportFailure.Code.ambiguousValues.rawValue, message: $0.message, hint: $0.hint)
    }
    do {
      let found = try ImportPreflight.key(of: target, named: options.key)
      key = found.columns
      let names = HeaderMapping(explicit: columnNames, isRow: plan.hasHeader && plan.format != .json)
      findObstacles(to: found, mapped, names, header: header, target: target)
    } catch {
      obstacles.append(Obstacle(ImportFailure(describing: error)))
    }
  }

  /// What an import with the suggested mapping would be refused for.
  private mutating func findObstacles(
    to key: TargetKey, _ mapped: [MappedColumn], _ names: HeaderMapping, header: [String],
    target: TargetTable
  ) {
    do {
      _ = try names.resolve(header: header, table: target)
    } catch {
      obstacles.append(Obstacle(ImportFailure(describing: error)))
    }
    let given = Set(mapped.map(\.column.name))
    let missing = key.columns.filter { !given.contains($0) }
    guard !missing.isEmpty else { return }
    let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
    obstacles.append(
      Obstacle(
        code: ImportFailure.Code.noKey.rawValue,
        message: "the file has no column for \(names), which is part of the conflict key",
        hint: "map a header to it, or name another unique key with `key`"))
  }
}

extension TargetFit.Obstacle {
  fileprivate init(_ failure: ImportFailure) {
    self.init(code: failure.code.rawValue, message: failure.message, hint: failure.hint)
  }
}
