/// The bytes of an input: the first ones choose how it is read, the rest is what is read.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  /// The next byte; 0 behind the end.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// One of several, by the next byte.
  mutating func one<Value>(of values: [Value]) -> Value { values[Int(byte()) % values.count] }

  /// The bytes up to the next `separator`, which is passed; all that are left where there is none.
  mutating func piece(upTo separator: UInt8) -> [UInt8] {
    let piece = rest.prefix { $0 != separator }
    rest = rest.dropFirst(piece.count + 1)
    return Array(piece)
  }
}

/// Sizes that look random and are the same for the same seed (Knuth's linear congruential generator).
struct PieceSizes {
  private var state: UInt64

  init(seed: UInt8) {
    state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  /// The next size: mostly a few bytes, now and then many.
  mutating func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let number = Int(state >> 33)
    switch number & 7 {
    case 0: return 1
    case 1: return 1 + (number >> 3) % 4
    case 2, 3, 4: return 1 + (number >> 3) % 40
    case 5, 6: return 1 + (number >> 3) % 500
    default: return 1 + (number >> 3) % 5000
    }
  }
}
