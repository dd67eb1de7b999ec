/// Texts of dates, times and intervals: random ones near the valid forms, and edges by hand.
enum TemporalTexts {
  private static let alphabet = "0123456789--::..//+  TtZzPpaAmMdDeEinNsyYhHwW,é\t"

  static func random(_ type: TemporalSample, _ random: inout SeededRandom) -> String {
    var text: String
    switch type {
    case .date: text = random.once(in: 5) ? moment(&random) : date(&random)
    case .time: text = clock(&random) + (random.once(in: 8) ? zone(&random) : "")
    case .timetz: text = clock(&random) + zone(&random)
    case .timestamp, .timestamptz: text = random.once(in: 8) ? date(&random) : moment(&random)
    case .interval: text = random.once(in: 3) ? designators(&random) : units(&random)
    }
    if random.once(in: 4) { text = random.mutated(text, alphabet: alphabet) }
    return random.padded(text)
  }

  private static func number(_ range: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
    let text = String(Int.random(in: range, using: &random))
    return text.count == 1 && !random.once(in: 6) ? "0" + text : text
  }

  private static func date(_ random: inout SeededRandom) -> String {
    if random.once(in: 40) { return random.pick(["infinity", "-infinity", "Infinity", "epoch"]) }
    let year =
      random.once(in: 10)
      ? random.digits(4...4) : String(Int.random(in: 1890...2110, using: &random))
    let month = random.once(in: 12) ? number(0...14, &random) : number(1...12, &random)
    let day = random.once(in: 4) ? number(0...33, &random) : number(1...31, &random)
    switch random.below(20) {
    case 0: return year + "/" + month + "/" + day
    case 1: return year + "." + month + "." + day
    case 2: return year + month + day
    case 3: return day + "/" + month + "/" + year
    case 4: return year + "-" + month
    default: return year + "-" + month + "-" + day
    }
  }

  private static func fraction(_ random: inout SeededRandom) -> String {
    switch random.below(8) {
    case 0: "." + random.digits(7...15)
    case 1: "." + random.pick(["999999", "9999994", "9999995", "9999999", "0000005", "5000005"])
    case 2: "." + random.digits(0...20)
    default: "." + random.digits(1...6)
    }
  }

  private static func clock(_ random: inout SeededRandom) -> String {
    let hour = random.once(in: 6) ? number(0...26, &random) : number(0...23, &random)
    let minute = random.once(in: 10) ? number(0...62, &random) : number(0...59, &random)
    let second = random.once(in: 6) ? number(0...62, &random) : number(0...59, &random)
    var text =
      random.once(in: 30) ? random.pick(["24:00", "23:59", "11:59", "12:00"]) : hour + ":" + minute
    if !random.once(in: 5) { text += ":" + second }
    if random.once(in: 2) { text += fraction(&random) }
    if random.once(in: 8) {
      text += random.pick(["", " ", "  "]) + random.pick(["AM", "PM", "pm", "am", "aM"])
    }
    return text
  }

  private static func zone(_ random: inout SeededRandom) -> String {
    let space = random.once(in: 4) ? " " : ""
    if random.once(in: 4) {
      return space
        + random.pick(["Z", "z", "UTC", "utc", "GMT", "CET", "Europe/Berlin", "zulu", "EST5EDT"])
    }
    let sign = random.pick(["+", "-"])
    let hours = random.once(in: 8) ? number(0...18, &random) : number(0...14, &random)
    let minutes = random.once(in: 8) ? number(0...64, &random) : random.pick(["00", "30", "45"])
    switch random.below(5) {
    case 0: return space + sign + hours + minutes
    case 1: return space + sign + hours + ":" + minutes
    case 2: return space + sign + random.digits(1...5)
    default: return space + sign + hours
    }
  }

  private static func moment(_ random: inout SeededRandom) -> String {
    let text = date(&random) + random.pick([" ", " ", "T", "T", "t", "  ", ""]) + clock(&random)
    return random.once(in: 2) ? text + zone(&random) : text
  }

  private static func units(_ random: inout SeededRandom) -> String {
    let units = [
      "year", "years", "mon", "mons", "month", "months", "week", "weeks", "day", "days", "DAYS",
      "hour",
      "hours", "min", "mins", "minute", "minutes", "sec", "secs", "second", "seconds", "d", "m",
      "yr", "ms",
    ]
    var parts: [String] = []
    for _ in 0..<random.below(4) {
      let fraction = random.once(in: 6) ? "." + random.digits(1...7) : ""
      let sign = random.pick(["", "", "", "", "-", "+"])
      parts.append(
        sign + random.digits(1...(random.once(in: 8) ? 9 : 3)) + fraction
          + random.pick([" ", " ", " ", "", "  "]) + random.pick(units))
    }
    if parts.isEmpty || random.once(in: 3) {
      let hours = random.once(in: 6) ? random.digits(1...9) : number(0...99, &random)
      let seconds = random.once(in: 4) ? "" : ":" + number(0...61, &random)
      let rest = random.once(in: 3) ? fraction(&random) : ""
      parts.append(
        random.pick(["", "", "", "-", "+"]) + hours + ":" + number(0...61, &random) + seconds + rest
      )
    }
    if random.once(in: 15) { parts.append(random.pick(["ago", "", "@"])) }
    return parts.joined(separator: " ")
  }

  private static func designators(_ random: inout SeededRandom) -> String {
    func parts(_ letters: [String], _ random: inout SeededRandom) -> String {
      var text = ""
      for letter in letters where random.once(in: 2) {
        let fraction = random.once(in: letter == "S" ? 2 : 12) ? "." + random.digits(1...7) : ""
        text += random.pick(["", "", "", "-"]) + random.digits(1...3) + fraction + letter
      }
      return text
    }
    var text = random.once(in: 20) ? "p" : "P"
    text += parts(["Y", "M", "W", "D"], &random)
    if random.once(in: 2) { text += "T" + parts(["H", "M", "S"], &random) }
    return text
  }
}

/// The date and time types that have an encoder.
enum TemporalSample: String, CaseIterable {
  case date, time, timetz, timestamp, timestamptz, interval
}
