/// Names of columns made from the header of a file: `Unit Price (€)` becomes `unit_price`.
///
/// They are lower case, of letters, digits and underscores, differ from one another, and have at most 63
/// bytes, as names in Postgres do (manual, section 4.1.1).
public enum ColumnNames {
  private static let maxBytes = 63

  /// One name a header, in the same order.
  public static func make(from header: [String]) -> [String] {
    var taken: Set<String> = []
    return header.enumerated().map { place, title in
      let plain = name(from: title)
      let base = plain.isEmpty ? "column_\(place + 1)" : plain
      var candidate = cut(base, to: maxBytes)
      var number = 2
      while !taken.insert(candidate).inserted {
        let suffix = "_\(number)"
        candidate = cut(base, to: maxBytes - suffix.utf8.count) + suffix
        number += 1
      }
      return candidate
    }
  }

  /// The name of a table for a file: `Q3 Sales.csv.gz` becomes `q3_sales`.
  public static func table(forFile file: String) -> String {
    let last = file.split(separator: "/").last ?? ""
    let name = name(from: String(last.prefix { $0 != "." }))
    return name.isEmpty ? "imported" : cut(name, to: maxBytes)
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
