/// A small random generator (SplitMix64) whose whole course follows from its seed.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// True once in `times`.
  mutating func once(in times: Int) -> Bool { below(times) == 0 }

  mutating func digits(_ count: ClosedRange<Int>) -> String {
    String((0..<Int.random(in: count, using: &self)).map { _ in pick(Array("0123456789")) })
  }

  /// One or two characters deleted, inserted or replaced.
  mutating func mutated(_ text: String, alphabet: String) -> String {
    var characters = Array(text)
    for _ in 0..<(1 + below(2)) {
      let place = below(characters.count + 1)
      switch below(3) {
      case 0 where place < characters.count: characters.remove(at: place)
      case 1 where place < characters.count: characters[place] = pick(Array(alphabet))
      default: characters.insert(pick(Array(alphabet)), at: place)
      }
    }
    return String(characters)
  }

  /// White space at either end, now and then.
  mutating func padded(_ text: String) -> String {
    guard once(in: 12) else { return text }
    return pick(["", " ", "  ", "\t", "\n "]) + text + pick(["", " ", "\r\n", "\u{B}\u{C}"])
  }
}
