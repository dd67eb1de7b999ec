/// Names of columns made from the header of a file: `Unit Price (€)` becomes `unit_price`.
///
/// They are lower case, of letters, digits and underscores, differ from one another, and have at most 63
/// bytes, as names in Postgres do (manual, section 4.1.1).
public enum ColumnNames {
  private static let maxBytes = 63

  /// One name a header, in the same order.
  public static func make(from header: [String]) -> [String] {
    var taken = systemColumns
    var next: [String: Int] = [:]
    return header.enumerated().map { place, title in
      let plain = cut(name(from: title), to: maxBytes)
      let base = plain.isEmpty ? "column_\(place + 1)" : plain
      var candidate = base
      var number = next[base] ?? 2
      while !taken.insert(candidate).inserted {
        let suffix = "_\(number)"
        candidate = cut(base, to: maxBytes - suffix.utf8.count) + suffix
        number += 1
      }
      next[base] = number
      return candidate
    }
  }

  /// Names that each table has already (manual, section 5.5).
  private static let systemColumns: Set<String> = [
    "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid",
  ]

  /// The name of a table for a file: `Q3 Sales.csv.gz` becomes `q3_sales`.
  public static func table(forFile file: String) -> String {
    let last = file.split(separator: "/").last ?? ""
    let name = cut(name(from: String(last.prefix { $0 != "." })), to: maxBytes)
    return name.isEmpty ? "imported" : name
  }

  private static func name(from title: String) -> String {
    let name = words(of: title).joined(separator: "_")
    return name.first?.isNumber == true ? "_" + name : name
  }

  /// The words of a title in lower case: `unitPrice` and `Unit price` both have two.
  static func words(of title: String) -> [String] {
    var words = ""
    var before: Character?
    for character in title {
      if character.isLetter || character.isNumber {
        if let before, before.isLowercase, character.isUppercase { words.append(" ") }
        words.append(character)
      } else if character != "'" && character != "’" {
        words.append(" ")
      }
      before = character
    }
    return words.lowercased().split(separator: " ").map(String.init)
  }

  /// At most so many bytes of whole characters.
  private static func cut(_ name: String, to limit: Int) -> String {
    guard name.utf8.count > limit else { return name }
    var kept = name
    while kept.utf8.count > limit { kept.removeLast() }
    return kept
  }
}
