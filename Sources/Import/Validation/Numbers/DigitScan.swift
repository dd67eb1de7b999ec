/// Decimal digits, eight at a time in one 64-bit word.
///
/// Source: D. Lemire, "Quickly parsing eight digits" (2018). Words are little-endian: the first
/// character is the lowest byte.
enum DigitScan {
  /// 10^0 … 10^19.
  static let powersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
    1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  /// The `Word.bitWidth / 8` characters at `offset`.
  @inline(__always)
  static func load<Word: FixedWidthInteger>(
    _ text: UnsafeRawPointer, at offset: Int, as: Word.Type
  ) -> Word {
    Word(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: Word.self))
  }

  @inline(__always)
  static func areEightDigits(_ word: UInt64) -> Bool {
    let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
    return (word & high) | (((word &+ 0x0606_0606_0606_0606) & high) &>> 4)
      == 0x3333_3333_3333_3333
  }

  /// The number that eight digits make.
  @inline(__always)
  static func eightDigits(_ word: UInt64) -> UInt64 {
    let pairsMask: UInt64 = 0x0000_00FF_0000_00FF
    let digits = word &- 0x3030_3030_3030_3030
    let pairs = digits &* 10 &+ (digits &>> 8)
    let high = (pairs & pairsMask) &* 0x000F_4240_0000_0064
    let low = ((pairs &>> 16) & pairsMask) &* 0x0000_2710_0000_0001
    return (high &+ low) &>> 32
  }

  /// Reads a run of digits from `position` on, moving it behind the run.
  ///
  /// The answer is exact for runs of up to 19 digits and wraps around beyond.
  @inline(__always)
  static func run(
    _ text: UnsafeRawPointer, from position: inout Int, to end: Int, startingWith value: UInt64 = 0
  ) -> UInt64 {
    var value = value
    while end &- position >= 8 {
      let word = load(text, at: position, as: UInt64.self)
      guard areEightDigits(word) else { break }
      value = value &* 100_000_000 &+ eightDigits(word)
      position &+= 8
    }
    while position < end {
      let digit = text.load(fromByteOffset: position, as: UInt8.self) &- 0x30
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      position &+= 1
    }
    return value
  }
}
