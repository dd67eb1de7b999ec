public import ImportModel

/// Whether the values of a field, as they were found to be, go into a column of a target.
public struct ColumnFit {
  /// What speaks against it, each as the end of a sentence that begins with the field; empty where nothing
  /// does. What only the database can tell is not said.
  public let reasons: [String]

  /// Holds a field against a column.
  ///
  /// - Parameter isOpen: whether it is not known how the values are written, which is told elsewhere.
  public init(_ found: InferredColumn, into column: TargetColumn, isOpen: Bool = false) {
    var reasons: [String] = []
    if column.isGenerated {
      reasons.append("goes into a generated column, which cannot be written")
    }
    if found.nullCount > 0, column.isRequired {
      let rows = found.nullCount == 1 ? "1 row has" : "\(found.nullCount) rows have"
      reasons.append("is required, but \(rows) no value")
    }
    if found.valueCount > 0, !isOpen, let reason = Self.misfit(found, column.type) {
      reasons.append(reason)
    }
    self.reasons = reasons
  }

  private static func misfit(_ found: InferredColumn, _ type: ColumnType) -> String? {
    switch type.base {
    case .varchar(let limit?), .char(let limit): tooLong(found, limit)
    case .smallint, .integer, .bigint: notWhole(found, type)
    case .real, .doublePrecision: found.type.isNumber ? nil : kind(found, type)
    case .numeric(let precision, let scale): notNumeric(found, type, precision, scale)
    case .boolean: found.type == .boolean || found.isBinary ? nil : kind(found, type)
    case .date: notDate(found, type)
    case .timestamp: notTimestamp(found, type)
    case .timestamptz: found.type.isDate ? nil : kind(found, type)
    case .time, .timetz: found.type == .time ? nil : kind(found, type)
    case .uuid: found.type == .uuid ? nil : kind(found, type)
    case .json, .jsonb: found.type == .jsonb || found.type.isNumber ? nil : kind(found, type)
    case .enumeration(let labels): noLabel(found, labels)
    case .text, .varchar, .bytea, .interval, .other: nil
    }
  }

  private static func kind(_ found: InferredColumn, _ type: ColumnType) -> String {
    let sample = found.samples.first.map { ", such as \"\($0)\"" } ?? ""
    return "is \(found.type.sqlName)\(sample), but the column \(type.sqlName)"
  }

  private static func tooLong(_ found: InferredColumn, _ limit: Int) -> String? {
    guard let longest = found.maxLength, longest > limit else { return nil }
    return "has values of \(longest) characters, but the column takes \(limit)"
  }

  private static func notWhole(_ found: InferredColumn, _ type: ColumnType) -> String? {
    switch found.type {
    case .integer: return nil
    case .bigint:
      return type.base == .bigint ? nil : "has numbers that are too large for \(type.sqlName)"
    default: return kind(found, type)
    }
  }

  private static func notNumeric(
    _ found: InferredColumn, _ type: ColumnType, _ precision: Int?, _ scale: Int?
  ) -> String? {
    guard found.type.isNumber else { return kind(found, type) }
    guard let precision, case .numeric(let digits?, let fraction?) = found.type else { return nil }
    if digits - fraction > precision - (scale ?? 0) {
      return
        "has numbers of \(digits - fraction) digits before the point, too many for \(type.sqlName)"
    }
    return fraction > (scale ?? 0)
      ? "has \(fraction) digits behind the point, which \(type.sqlName) rounds" : nil
  }

  private static func notDate(_ found: InferredColumn, _ type: ColumnType) -> String? {
    switch found.type {
    case .date: nil
    case .timestamp, .timestamptz: "has times of day, which \(type.sqlName) leaves out"
    default: kind(found, type)
    }
  }

  private static func notTimestamp(_ found: InferredColumn, _ type: ColumnType) -> String? {
    switch found.type {
    case .date, .timestamp: nil
    case .timestamptz: "has time zones, which \(type.sqlName) leaves out"
    default: kind(found, type)
    }
  }

  private static func noLabel(_ found: InferredColumn, _ labels: [String]) -> String? {
    guard let other = found.samples.first(where: { !labels.contains($0) }) else { return nil }
    return "has \"\(other)\", which is none of the values of the column's type"
  }
}

extension InferredType {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .bigint, .numeric, .doublePrecision: true
    default: false
    }
  }

  fileprivate var isDate: Bool { self == .date || self == .timestamp || self == .timestamptz }
}
