@testable import Validation

/// Numbers in a told format, near misses among them, and their plain form as a slow reader finds it.
struct NumberSamples: Sendable {
  let formats: ValueFormats
  let isInteger: Bool

  func sample(_ random: inout SeededRandom) -> ValidationBench.Sample {
    var text = written(&random)
    if random.once(in: 4) { text = random.mutated(text, alphabet: "0123456789.,' \u{A0}-+%€eE") }
    // An empty field would be NULL.
    if text.isEmpty { text = "x" }
    return ValidationBench.Sample(written: text, plain: plain(of: text))
  }

  private func written(_ random: inout SeededRandom) -> String {
    var text = random.digits(random.once(in: 5) ? 1...30 : 1...9)
    while text.count > 1, text.first == "0", !random.once(in: 3) { text.removeFirst() }
    if let thousands = formats.thousands, random.once(in: 2) {
      text = Self.grouped(text, by: thousands.rawValue)
    }
    if !isInteger || random.once(in: 8), random.once(in: 2) {
      text += formats.effectiveDecimal.rawValue + random.digits(0...6)
    }
    if !isInteger, random.once(in: 8) { text += random.pick(["e", "E"]) + "\(random.below(9))" }
    let sign = random.pick(["", "", "", "-", "+", "−"])
    if formats.percent, random.once(in: 3) {
      return sign + text + random.pick(["", " ", "\u{A0}"]) + "%"
    }
    guard let currency = formats.currency.randomElement(using: &random), random.once(in: 2) else {
      return random.padded(sign + text)
    }
    let space = random.pick(["", " ", "\u{A0}"])
    return random.pick([
      sign + currency + space + text, currency + space + sign + text,
      sign + text + space + currency,
    ])
  }

  static func grouped(_ digits: String, by sign: String) -> String {
    var groups: [Substring] = []
    var rest = digits[...]
    while rest.count > 3 {
      groups.insert(rest.suffix(3), at: 0)
      rest = rest.dropLast(3)
    }
    return ([rest] + groups).joined(separator: sign)
  }

  /// By strings and characters, part by part.
  func plain(of text: String) -> String? {
    let spaces: Set<Unicode.Scalar> = [
      " ", "\t", "\n", "\r", "\u{B}", "\u{C}", "\u{A0}", "\u{202F}",
    ]
    func trimmed(_ text: Substring, atStart: Bool = true) -> String {
      var scalars = Array(text.unicodeScalars)
      while let last = scalars.last, spaces.contains(last) { scalars.removeLast() }
      while atStart, let first = scalars.first, spaces.contains(first) { scalars.removeFirst() }
      return String(String.UnicodeScalarView(scalars))
    }
    func takeSign(_ text: inout String) -> String? {
      guard let first = text.first, "+-−".contains(first) else { return nil }
      text.removeFirst()
      return first == "+" ? "" : "-"
    }
    let signs = formats.currency.sorted { $0.count > $1.count }
    var rest = trimmed(text[...])
    let whole = rest
    var sign = takeSign(&rest)
    var hasUnit = false
    if let currency = signs.first(where: { rest.hasPrefix($0) }) {
      rest = trimmed(rest.dropFirst(currency.count))
      hasUnit = true
      if sign == nil { sign = takeSign(&rest) }
    }
    var percent = false
    if !hasUnit, formats.percent, rest.hasSuffix("%") {
      percent = true
      rest = trimmed(rest.dropLast(), atStart: false)
    } else if !hasUnit, let currency = signs.first(where: { rest.hasSuffix($0) }) {
      rest = trimmed(rest.dropLast(currency.count), atStart: false)
    }
    if let number = number(rest, percent) { return (sign ?? "") + number }
    // What has none of the signs is Postgres's matter.
    return whole.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789+-_".contains(Character(scalar)))
    } ? whole : nil
  }

  private func number(_ text: String, _ percent: Bool) -> String? {
    var mantissa = text
    var exponent = ""
    if let place = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      mantissa = String(text[..<place])
      exponent = String(text[text.index(after: place)...])
      var digits = exponent
      if let first = digits.first, "+-".contains(first) { digits.removeFirst() }
      guard !digits.isEmpty, digits.allSatisfy(Self.isDigit) else { return nil }
      exponent = "e" + exponent
    }
    let parts = mantissa.split(
      separator: Character(formats.effectiveDecimal.rawValue), omittingEmptySubsequences: false)
    guard parts.count <= 2, let integer = digits(of: String(parts[0])) else { return nil }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard fraction.allSatisfy(Self.isDigit), !(integer + fraction).isEmpty else { return nil }
    guard percent else { return integer + (parts.count == 2 ? "." : "") + fraction + exponent }
    let padded = String(repeating: "0", count: max(0, 3 - integer.count)) + integer
    let shifted = padded.suffix(2) + fraction
    if isInteger, exponent.isEmpty, shifted.allSatisfy({ $0 == "0" }) {
      return String(padded.dropLast(2))
    }
    return padded.dropLast(2) + "." + shifted + exponent
  }

  private func digits(of text: String) -> String? {
    if text.allSatisfy(Self.isDigit) { return text }
    guard let thousands = formats.thousands else { return nil }
    var plain = text
    if thousands == .space {
      plain = plain.replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ")
    }
    let groups = plain.split(
      separator: Character(thousands.rawValue), omittingEmptySubsequences: false)
    guard groups.count > 1, 1...3 ~= groups[0].count, groups[0].first != "0",
      groups.dropFirst().allSatisfy({ $0.count == 3 }),
      groups.allSatisfy({ $0.allSatisfy(Self.isDigit) })
    else { return nil }
    return groups.joined()
  }

  private static func isDigit(_ character: Character) -> Bool { "0123456789".contains(character) }
}
