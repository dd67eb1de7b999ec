/// A number of up to 16 digits before and 16 digits behind the point, without exponent.
///
/// This is what files mostly hold; all of it is arithmetic on two 64-bit integers.
struct ShortNumeric {
  private let isNegative: Bool
  private let integer: UInt64
  private let fraction: UInt64
  private let fractionDigits: Int

  /// Nil when the text has another form; white space is not skipped.
  @inline(__always)
  init?(_ text: UnsafeRawBufferPointer) {
    let end = text.count
    guard end > 0, end <= 34, let bytes = text.baseAddress else { return nil }
    var position = 0
    let first = text[0]
    isNegative = first == UInt8(ascii: "-")
    if isNegative || first == UInt8(ascii: "+") { position = 1 }
    let start = position
    integer = DigitScan.run(bytes, from: &position, to: end)
    let integerDigits = position &- start
    guard integerDigits <= 16 else { return nil }
    if position == end {
      guard integerDigits > 0 else { return nil }
      fraction = 0
      fractionDigits = 0
      return
    }
    guard text[position] == UInt8(ascii: ".") else { return nil }
    position &+= 1
    let point = position
    fraction = DigitScan.run(bytes, from: &position, to: end)
    fractionDigits = position &- point
    guard position == end, fractionDigits <= 16, integerDigits &+ fractionDigits > 0 else {
      return nil
    }
  }

  /// True when the value certainly fits; when false the long way decides.
  @inline(__always)
  func fits(_ precision: Int?, _ scale: Int?) -> Bool {
    guard let precision, let scale, scale >= 0 else { return false }
    let digits = precision &- scale
    // One less than the limit is all nines, which rounding may carry over it.
    return digits > 16 || (digits >= 0 && integer &+ 1 < DigitScan.powersOfTen[digits])
  }

  /// Writes the binary form and returns its length in bytes.
  @inline(__always)
  func write(to out: UnsafeMutableRawPointer) -> Int {
    var groups = GroupWriter(out + NumericText.headerBytes)
    if integer < 10_000 {
      if integer != 0 { groups.append(integer) }
    } else {
      groups.appendWithoutLeadingZeros(integer)
    }
    var weight = groups.count &- 1
    if fractionDigits > 0 {
      appendFraction(to: &groups, weight: &weight)
    }
    groups.dropTrailingZeros()
    let isZero = groups.count == 0
    NumericText.writeHeader(
      groups: groups.count, weight: isZero ? 0 : weight,
      sign: isNegative && !isZero ? NumericText.negative : NumericText.positive,
      scale: fractionDigits, to: out)
    return NumericText.headerBytes &+ 2 &* groups.count
  }

  /// Zero groups at the front of a number below one are left out and counted in the weight.
  @inline(__always)
  private func appendFraction(to groups: inout GroupWriter, weight: inout Int) {
    let fractionGroups = (fractionDigits &+ 3) &>> 2
    let padded = fraction &* DigitScan.powersOfTen[fractionGroups &* 4 &- fractionDigits]
    if groups.count > 0 {
      groups.append(padded, groups: fractionGroups)
    } else if padded != 0 {
      groups.appendWithoutLeadingZeros(padded)
      weight = groups.count &- fractionGroups &- 1
    }
  }
}

/// Writes base-10000 groups one behind the other.
struct GroupWriter {
  private let out: UnsafeMutableRawPointer
  private(set) var count = 0

  @inline(__always)
  init(_ out: UnsafeMutableRawPointer) { self.out = out }

  @inline(__always)
  mutating func append(_ group: UInt64) {
    ByteText.store(UInt16(truncatingIfNeeded: group), to: out, at: count &* 2)
    count &+= 1
  }

  /// Writes a number below 10^16 as exactly `groups` groups, one to four.
  @inline(__always)
  mutating func append(_ number: UInt64, groups: Int) {
    if groups > 2 {
      let upper = number / 100_000_000
      if groups > 3 { append(upper / 10_000) }
      append(upper % 10_000)
    }
    let lower = groups > 2 ? number % 100_000_000 : number
    if groups > 1 { append(lower / 10_000) }
    append(lower % 10_000)
  }

  /// Writes a number below 10^16 that is not zero.
  @inline(__always)
  mutating func appendWithoutLeadingZeros(_ number: UInt64) {
    let groups =
      number < 100_000_000
      ? (number < 10_000 ? 1 : 2) : (number < 1_000_000_000_000 ? 3 : 4)
    append(number, groups: groups)
  }

  @inline(__always)
  mutating func dropTrailingZeros() {
    while count > 0, out.loadUnaligned(fromByteOffset: count &* 2 &- 2, as: UInt16.self) == 0 {
      count &-= 1
    }
  }
}
