@testable import Validation

/// Dates in a told order or pattern, impossible ones and other forms among them, and their plain form:
/// known before they are written.
enum DateSamples {
  static let months = [
    ["January", "jan", "Januar", "janvier", "enero", "GENNAIO", "janeiro", "januari"],
    ["February", "FEB", "Februar", "février", "febrero", "febbraio", "fevereiro", "févr"],
    ["March", "mar", "März", "MÄRZ", "mars", "marzo", "março", "maart", "mrt", "Mrz"],
    ["April", "apr", "avril", "abril", "aprile", "abr", "avr"],
    ["May", "mai", "mayo", "maggio", "maio", "mei"],
    ["June", "Juni", "juin", "junio", "giugno", "junho", "jun", "GIU"],
    ["July", "Juli", "juillet", "julio", "luglio", "julho", "jul", "lug"],
    ["August", "août", "AOÛT", "agosto", "augustus", "aug", "ago"],
    ["September", "septembre", "septiembre", "settembre", "setembro", "sep", "set"],
    ["October", "Oktober", "octobre", "octubre", "ottobre", "outubro", "okt", "oct", "out"],
    ["November", "novembre", "noviembre", "novembro", "nov"],
    ["December", "Dezember", "décembre", "diciembre", "dicembre", "dezembro", "dez", "DÉC"],
  ]

  /// A date in an order.
  static func sample(
    _ order: ValueFormats.DateOrder, time: Bool, _ random: inout SeededRandom
  ) -> ValidationBench.Sample {
    let year = random.once(in: 3) ? 1950 + random.below(120) : 1 + random.below(9999)
    let month = 1 + random.below(random.once(in: 10) ? 14 : 12)
    let day = 1 + random.below(random.once(in: 10) ? 33 : 28)
    let isShort = 1970...2069 ~= year && random.once(in: 2)
    var yearText = isShort ? padded(year % 100, 2) : padded(year, 4)
    var fits = true
    if random.once(in: 20) {
      yearText = random.pick(["7", "123", "12345"])
      fits = false
    }
    let zeros = random.once(in: 2) ? 2 : 1
    var monthText = padded(month, zeros)
    if month <= 12, random.once(in: 3) { monthText = random.pick(months[month - 1]) }
    let dayText = padded(day, zeros)
    let isNamed = !monthText.allSatisfy(\.isASCII) || monthText.first?.isLetter == true
    let parts =
      switch order {
      case .dmy: [dayText, monthText, yearText]
      case .mdy: [monthText, dayText, yearText]
      case .ymd: [yearText, monthText, dayText]
      }
    var (first, second) = (random.pick([".", "/", "-", " ", ". ", " / "]), "")
    second = first
    if random.once(in: 10) {
      second = random.pick([":", "x", "_"])
      fits = false
    }
    if isNamed, random.once(in: 4) { (first, second) = (fits ? ". " : first, fits ? " " : second) }
    let tail = random.once(in: time ? 2 : 8) ? clock(&random) : ("", "")
    return ValidationBench.Sample(
      written: random.padded(parts[0] + first + parts[1] + second + parts[2] + tail.0),
      plain: fits ? "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))\(tail.1)" : nil)
  }

  /// A time behind a date, as written and in plain form.
  static func clock(_ random: inout SeededRandom) -> (String, String) {
    let hour = random.below(random.once(in: 20) ? 26 : 24)
    let minute = padded(random.below(60), 2)
    let second = random.once(in: 2) ? ":" + padded(random.below(60), 2) : ""
    let fraction = second.isEmpty || random.once(in: 2) ? "" : random.digits(1...6)
    let sign = random.pick([".", ","])
    let lead = random.pick([" ", "T", "  ", ", "])
    let plainFraction = fraction.isEmpty ? "" : "." + fraction
    let writtenFraction = fraction.isEmpty ? "" : sign + fraction
    let zone = random.once(in: 4) ? random.pick(["+02", "Z", "-05:30", " UTC"]) : ""
    if hour < 24, zone.isEmpty, random.once(in: 3) {
      let half = hour % 12 == 0 ? 12 : hour % 12
      let letters =
        hour < 12 ? ["AM", " am", " a.m.", "\u{202F}AM"] : ["PM", " pm", " p. m.", " P.M."]
      return (
        "\(lead)\(half):\(minute)\(second)\(writtenFraction)\(random.pick(letters))",
        " \(padded(hour, 2)):\(minute)\(second.isEmpty ? ":00" : second)\(plainFraction)"
      )
    }
    return (
      "\(lead)\(padded(hour, random.once(in: 2) ? 2 : 1)):\(minute)\(second)\(writtenFraction)\(zone)",
      " \(padded(hour, 2)):\(minute)\(second.isEmpty ? ":00" : second)\(plainFraction)\(zone)"
    )
  }

  /// A moment in a pattern's form, each language with the same fields.
  struct Pattern: Sendable {
    let text: String
    /// Writes year, month, day, hour, minute, second and microseconds.
    let write: @Sendable (_ parts: [Int], _ random: inout SeededRandom) -> String
    /// The fields that are in it, from the year on.
    let fields: Int
  }

  static let patterns: [Pattern] = [
    Pattern(
      text: "%d.%m.%Y %H:%M",
      write: { p, r in
        "\(padded(p[2], r.below(2) + 1)).\(padded(p[1], 2)).\(padded(p[0], 4)) \(p[3]):\(padded(p[4], 2))"
      }, fields: 5),
    Pattern(
      text: "DD.MM.YYYY HH24:MI:SS",
      write: { p, r in
        "\(p[2]).\(p[1]).\(padded(p[0], 4))\(r.pick([" ", "  ", "\u{A0}"]))\(p[3]):\(p[4]):\(p[5])"
      }, fields: 6),
    Pattern(
      text: "dd/MM/yyyy hh:mm:ss.SSSSSS a",
      write: { p, r in
        let hour = p[3] % 12 == 0 ? 12 : p[3] % 12
        return "\(padded(p[2], 2))/\(padded(p[1], 2))/\(padded(p[0], 4)) \(padded(hour, 2)):"
          + "\(padded(p[4], 2)):\(padded(p[5], 2)).\(padded(p[6], 6)) \(p[3] < 12 ? "AM" : "p.m.")"
      }, fields: 7),
    Pattern(
      text: "%Y%m%d%H%M%S%f",
      write: { p, _ in
        padded(p[0], 4) + p[1...5].map { padded($0, 2) }.joined() + padded(p[6], 6)
      }, fields: 7),
    Pattern(
      text: "%a, %d %b %Y",
      write: { p, r in
        "\(r.pick(["Mon", "Dienstag", "sábado"])), \(p[2]) \(r.pick(months[p[1] - 1])) \(padded(p[0], 4))"
      }, fields: 3),
    Pattern(
      text: "D. MMMM YYYY 'um' HH.MI 'Uhr'",
      write: { p, r in
        "\(p[2]). \(r.pick(months[p[1] - 1])) \(padded(p[0], 4)) um \(p[3]).\(padded(p[4], 2)) Uhr"
      }, fields: 5),
    Pattern(
      text: "YYYY-DD-MM",
      write: { p, _ in
        "\(padded(p[0], 4))-\(padded(p[2], 2))-\(padded(p[1], 2))"
      }, fields: 3),
  ]

  static func sample(
    _ pattern: Pattern, _ random: inout SeededRandom
  ) -> ValidationBench.Sample {
    let parts = [
      1 + random.below(9999), 1 + random.below(12), 1 + random.below(random.once(in: 9) ? 33 : 28),
      random.below(24), random.below(60), random.below(60), random.below(1_000_000),
    ]
    let text = pattern.write(parts, &random)
    if random.once(in: 12) {
      return ValidationBench.Sample(
        written: text + random.pick(["x", "1 ", ".", " 12"]) + "#", plain: nil)
    }
    var plain = "\(padded(parts[0], 4))-\(padded(parts[1], 2))-\(padded(parts[2], 2))"
    if pattern.fields > 3 {
      plain += " \(padded(parts[3], 2)):\(padded(parts[4], 2))"
      plain += pattern.fields > 5 ? ":\(padded(parts[5], 2))" : ":00"
      plain += pattern.fields > 6 ? ".\(padded(parts[6], 6))" : ""
    }
    return ValidationBench.Sample(written: text, plain: plain)
  }

  static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
