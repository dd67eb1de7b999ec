/// Random numbers that come out the same for the same seed (SplitMix64, Steele et al., 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Bytes out of pieces, most of them line ends, quotes and delimiters, at times a long run of text.
  mutating func csvBytes(pieces count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    let rarity = Int.random(in: 1...12, using: &self)
    for _ in 0..<count {
      switch Int.random(in: 0..<(5 + rarity), using: &self) {
      case 0: bytes += Array("\"".utf8)
      case 1: bytes += Array([",", "\",\"", "\"\""].randomElement(using: &self)!.utf8)
      case 2: bytes += Array(["\n", "\r\n", "\r", "\n\n"].randomElement(using: &self)!.utf8)
      case 3: bytes += Array("a,b\n".utf8)
      case 4: bytes += Array(repeating: 0x78, count: Int.random(in: 0...90, using: &self))
      default: bytes += Array("é".utf8) + [0x62, 0x2C, 0x63, 0x0A]
      }
    }
    return bytes
  }

  mutating func blockSizes() -> [Int] {
    let largest = [1, 3, 70, 500].randomElement(using: &self)!
    return (0..<7).map { _ in Int.random(in: 1...largest, using: &self) }
  }
}
