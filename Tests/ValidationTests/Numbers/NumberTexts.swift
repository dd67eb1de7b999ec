/// Texts of numbers: random ones near the valid forms, and edges chosen by hand.
enum NumberTexts {
  static func random(_ random: inout SeededRandom) -> String {
    var text = number(&random)
    if random.once(in: 4) {
      text = random.mutated(text, alphabet: "0123456789....+-eE_ xXabnifNIty,\té")
    }
    return random.padded(text)
  }

  private static func number(_ random: inout SeededRandom) -> String {
    let sign = random.pick(["", "", "", "-", "+"])
    switch random.below(12) {
    case 0: return sign + random.digits(1...6)
    case 1: return sign + random.digits(1...20)
    case 2: return sign + random.digits(0...4) + "." + random.digits(0...4)
    case 3: return sign + random.digits(0...18) + "." + random.digits(0...18)
    case 4: return sign + random.digits(0...60) + "." + random.digits(0...60)
    case 5: return sign + scientific(&random, exponents: -30...30)
    case 6: return sign + scientific(&random, exponents: -400...400)
    case 7: return sign + scientific(&random, exponents: -50...45)
    case 8: return sign + nines(&random)
    case 9: return shortest(&random)
    case 10:
      return sign + "0." + String(repeating: "0", count: random.below(30)) + random.digits(1...9)
    default:
      return sign + random.pick(["nan", "inf", "Infinity", "NaN", "INF", "1e", "0x1F", "1_000"])
    }
  }

  private static func scientific(_ random: inout SeededRandom, exponents: ClosedRange<Int>)
    -> String
  {
    let point = random.pick(["", ".", "." + random.digits(1...18)])
    let exponent = Int.random(in: exponents, using: &random)
    let plus = exponent >= 0 && random.once(in: 3) ? "+" : ""
    return random.digits(1...20) + point + random.pick(["e", "E"]) + plus + String(exponent)
  }

  /// Numbers that rounding carries over a power of ten.
  private static func nines(_ random: inout SeededRandom) -> String {
    let places = random.below(18)
    let point = random.below(places + 2)
    var text = String(repeating: "9", count: places) + random.digits(0...3)
    if point < text.count { text.insert(".", at: text.index(text.startIndex, offsetBy: point)) }
    return text
  }

  /// What programs print: the shortest text of a random float, or a point between two floats.
  private static func shortest(_ random: inout SeededRandom) -> String {
    switch random.below(4) {
    case 0:
      return "\(Double(bitPattern: random.next()))"
    case 1:
      return "\(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))"
    case 2:
      // Halfway between two floats, or a little beside: double rounding would show here.
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
      let middle = (Double(float) + Double(float.nextUp)) / 2
      return "\(random.once(in: 2) ? middle : middle.nextUp)"
    default:
      return "\(Double.random(in: -1000...1000, using: &random))"
    }
  }

  /// Plain forms that an encoder must not leave to Postgres.
  static let common = [
    "0", "1", "-1", "+7", "42", "12.50", "-0.5", "0.05", ".5", "5.", "1234567.89", "00012", "1e5",
    "1E-3", "2.5e+10", "NaN", "nan", "Infinity", "-Infinity", "inf", " 12.5 ", "0.1",
    "3.141592653589793",
    "9007199254740993", "123456789012345678", "-99999999999999999999.99", "100000", "10000",
    "0.0001",
    "0.00010000", "1234.5678", "-0", "0.00", "-0.000",
  ]

  static let edges =
    common + [
      "", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e 5", "1 e5", "1.e5", ".e5", "--1", "+-1",
      "1-",
      "1,5", "1,234.56", "12 34", "$5", "5%", "abc", "1a", "0x10", "0X1p3", "0b11", "0o17", "1_000",
      "1__0", "_1", "1_", "nan1", "nan(5)", "-nan", "+nan", "-inf", "+inf", "infinit", "infinityx",
      "+Infinity", "1e308", "1.7976931348623157e308", "1.7976931348623158e308",
      "1.7976931348623159e308",
      "1e309", "-1e309", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-324",
      "2.2250738585072014e-308", "2.2250738585072011e-308", "1e-400", "0e999", "0e-999",
      "0e99999999999",
      "1e99999999999", "1e-99999999999", "1e1000", "1e1001", "1e-1000", "1e-1001", "3.4028235e38",
      "3.4028236e38", "3.40282356779733661637539395458142568447e38",
      "3.40282356779733661637539395458142568448e38", "1e39", "1.4e-45", "7.0064923216240853e-46",
      "7.0064923216240854e-46", "1.17549435e-38", "1.1754942e-38", "16777217", "16777219",
      "9007199254740992",
      "9007199254740993.0000000000000000000000001",
      "0.000000000000000000000000000000000000000000001",
      "1.00000005960464477539062", "1.00000005960464477539063", "18446744073709551615",
      "18446744073709551616", "99999999999999999999", "0.30000000000000004", "9999", "9999.9999",
      "99999999",
      "999.995", "999.994", "99.994", "99.995", "-99.995", "9.4", "9.5", "0.9994", "0.9995",
      "99.9950e0", "99.9949999999e0", "99.5", "0.995", "0.0099999", "-9.5",
      "9.4999999999999999999999", "0.5",
      "0.4",
      "1234567890123456", "12345678901234567", ".1234567890123456", ".12345678901234567",
      "0000000000000000000000000000000000000000000012.5",
      "10000000000000000000000000000000000000000",
      "1.50e1", "150e-1", "100e-1", "1e-5", "12345e-10", "0.00012345e10", "\u{A0}5", "5\u{A0}", "٣",
      "1\u{301}",
    ]
}
