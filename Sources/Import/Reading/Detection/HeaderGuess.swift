/// Whether the first row of a table names its columns.
enum HeaderGuess: Equatable {
  case header
  case data
  /// The cells do not tell.
  case unsure

  /// Compares the first row with those below it, column by column.
  init(_ table: SampleTable) {
    guard let first = table.patterns.first else {
      self = .unsure
      return
    }
    let names = table.first
    // Numbers, dates and gaps are no names, and no two columns have the same one.
    let looksLikeNames =
      first.allSatisfy { $0 == .text } && Set(names).count == names.count
      && names.allSatisfy { $0.count <= 128 }
    if first.contains(.number) || first.contains(.moment) {
      self = HeaderGuess.repeatsBelow(table) && !HeaderGuess.hasYears(names) ? .data : .unsure
    } else if looksLikeNames && HeaderGuess.differsFromBelow(table) {
      self = .header
    } else {
      self = .unsure
    }
  }

  /// Columns may be named by years: several, each another one.
  private static func hasYears(_ names: [[UInt8]]) -> Bool {
    let years = names.compactMap { $0.count == 4 ? Int(String(decoding: $0, as: UTF8.self)) : nil }
      .filter { (1900...2100).contains($0) }
    return years.count > 1 && Set(years).count == years.count
  }

  /// Some column has numbers or dates only, but for its first cell.
  private static func differsFromBelow(_ table: SampleTable) -> Bool {
    let below = table.patterns.dropFirst()
    guard let first = table.patterns.first, !below.isEmpty else { return false }
    return first.indices.contains { column in
      let kinds = Set(below.map { $0[column] }).subtracting([.empty])
      return first[column] == .text && (kinds == [.number] || kinds == [.moment])
    }
  }

  /// Wherever the first row has a number or a date, its column has the same kind below, and nowhere is it
  /// the only text of its column.
  private static func repeatsBelow(_ table: SampleTable) -> Bool {
    let below = table.patterns.dropFirst()
    guard let first = table.patterns.first, !below.isEmpty, !differsFromBelow(table) else {
      return false
    }
    return first.indices.allSatisfy { column in
      guard first[column] == .number || first[column] == .moment else { return true }
      let kinds = Set(below.map { $0[column] }).subtracting([.empty])
      return kinds.isEmpty || kinds.contains(first[column])
    }
  }
}
