/// Random texts as bytes, made by few and plain steps: a debug build makes a million of them in seconds.
struct RandomBytes {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func below(_ limit: Int) -> Int {
    Int(truncatingIfNeeded: ((random.next() >> 32) &* UInt64(limit)) >> 32)
  }

  /// One text for a type: a mutated valid form, a template filled in, or nonsense.
  mutating func text(of type: FastType, into out: inout [UInt8]) {
    out.removeAll(keepingCapacity: true)
    switch below(20) {
    case 0, 1: nonsense(type.alphabet, into: &out)
    case 2..<11 where !type.templates.isEmpty:
      fill(type.templates[below(type.templates.count)], into: &out)
      if below(4) == 0 { mutate(&out, type) }
    default:
      out += type.seeds[below(type.seeds.count)]
      for _ in 0..<below(4) { mutate(&out, type) }
    }
    if below(16) == 0 { pad(&out) }
  }

  private mutating func nonsense(_ alphabet: [[UInt8]], into out: inout [UInt8]) {
    for _ in 0..<below(24) { out += alphabet[below(alphabet.count)] }
  }

  /// In a template, `9` is any digit, `1` to `6` a digit up to that one, `X` a hexadecimal one, `±` a sign
  /// or none; behind `~`, the text ends one time in three.
  private mutating func fill(_ template: [UInt8], into out: inout [UInt8]) {
    for byte in template {
      switch byte {
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        out.append(0x30 &+ UInt8(below(Int(byte &- 0x30) &+ 1)))
      case UInt8(ascii: "X"): out.append(RandomBytes.hexadecimal[below(22)])
      case RandomBytes.sign:
        let sign = below(4)
        if sign > 1 { out.append(sign == 2 ? UInt8(ascii: "-") : UInt8(ascii: "+")) }
      case UInt8(ascii: "~"): if below(3) == 0 { return }
      default: out.append(byte)
      }
    }
  }

  /// One step away from a text: a character replaced, put in, taken out or doubled, or the end of another.
  private mutating func mutate(_ text: inout [UInt8], _ type: FastType) {
    // Only between characters, since what is no UTF-8 cannot be asked of Postgres.
    var place = below(text.count + 1)
    while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
    var end = min(place + 1, text.count)
    while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    switch below(6) {
    case 0: text.removeSubrange(place..<end)
    case 1: text.insert(contentsOf: text[place..<end], at: place)
    case 2: text.removeSubrange(place...)
    case 3:
      let other = type.seeds[below(type.seeds.count)]
      var from = below(other.count + 1)
      while from < other.count, other[from] & 0xC0 == 0x80 { from += 1 }
      if text.count < 100 { text += other[from...] }
    case 4: text.replaceSubrange(place..<end, with: type.alphabet[below(type.alphabet.count)])
    default: text.insert(contentsOf: type.alphabet[below(type.alphabet.count)], at: place)
    }
  }

  private mutating func pad(_ text: inout [UInt8]) {
    let space = RandomBytes.spaces
    for _ in 0..<below(3) { text.insert(space[below(space.count)], at: 0) }
    for _ in 0..<below(3) { text.append(space[below(space.count)]) }
  }

  /// `±` in Latin-1.
  private static let sign: UInt8 = 0xB1
  private static let hexadecimal = Array("0123456789abcdefABCDEF".utf8)
  private static let spaces = Array(" \t\n\r\u{B}\u{C}".utf8)
}

extension FastType {
  /// A template as bytes, in Latin-1.
  static func template(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }
}
