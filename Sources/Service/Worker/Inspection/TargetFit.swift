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
    options: ImportOptions, lookups: [ColumnLookup]
  ) {
    self.target = target.displayName
    let suggestion = MappingSuggestion(
      header: header, hasHeader: plan.hasHeader, told: options.mapping?.mapValues { $0?.column },
      table: target)
    let places = suggestion.fields.map { field in
      field.column.map { column in
        MappedColumn(
          field: field.field, header: field.header, column: column,
          lookup: lookups.first { $0.column == column.name })
      }
    }
    let mapped = places.compactMap(\.self)
    let conclusion = inference.conclusion(for: mapped)
    let open = conclusion.notices.filter(\.code.isUndecided)
    let undecided = Set(open.map(\.column))
    let columns = inference.columns
    fields = suggestion.fields.map { field in
      let misfits = places[field.field].map {
        ColumnFit(columns[field.field], into: $0.read, isOpen: undecided.contains($0.column.name))
          .reasons
      }
      return Field(
        header: field.header, column: field.column?.name, type: field.column?.type.sqlName,
        reasons: field.reasons + (misfits ?? []))
    }
    mapping = Dictionary(
      suggestion.fields.map { ($0.header, TargetFit.entry(for: $0, told: options.mapping)) },
      uniquingKeysWith: { first, _ in first })
    obstacles = open.map {
      Obstacle(
        code: ImportFailure.Code.ambiguousValues.rawValue, message: $0.message, hint: $0.hint)
    }
    do {
      let found = try ImportPreflight.key(of: target, options)
      key = found.columns
      let names = HeaderMapping(
        explicit: mapping.mapValues { $0?.column }, isRow: plan.hasHeader && plan.format != .json)
      findObstacles(to: found, mapped, names, header: header, target: target)
    } catch {
      obstacles.append(Obstacle(ImportFailure(describing: error)))
    }
  }

  /// A field's entry of the mapping, with the lookup that was told for its column.
  private static func entry(
    for field: SuggestedField, told: [String: MappingEntry?]?
  ) -> MappingEntry? {
    guard let column = field.column else { return nil }
    let entry = told?.first { $0.key == field.header || $0.value?.column == column.name }?.value
    return MappingEntry(column: column.name, lookup: entry?.lookup)
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
