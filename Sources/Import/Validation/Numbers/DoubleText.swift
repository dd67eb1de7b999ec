/// Text to `double precision`: eight bytes, big-endian IEEE 754, with the bits `strtod` gives.
///
/// Source: `float8in_internal` of Postgres; overflow and underflow to zero are refused.
enum DoubleText {
  /// Writes 8 bytes when the answer is `.value`.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    if let number = DecimalText(text), number.isExact,
      let bits = FloatRounding.doubleBits(number.mantissa, number.exponent)
    {
      ByteText.store(number.isNegative ? bits | 1 &<< 63 : bits, to: out)
      return .value
    }
    return encodeSlowly(text, into: out)
  }

  /// Surrounding white space, words, and what only the C library rounds rightly.
  @inline(never)
  private static func encodeSlowly(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    let text = ByteText.trimmed(text)
    guard DecimalText(text) != nil else { return encodeWord(text, into: out) }
    let (value, isOutOfRange) = StandardRounding.double(text)
    if isOutOfRange, value == 0 || value.isInfinite { return .outOfRange }
    ByteText.store(value.bitPattern, to: out)
    return .value
  }

  private static func encodeWord(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    switch FloatWord(text) {
    case .infinity: ByteText.store(Double.infinity.bitPattern, to: out)
    case .negativeInfinity: ByteText.store((-Double.infinity).bitPattern, to: out)
    case .notANumber: ByteText.store(Double.nan.bitPattern, to: out)
    case nil: return DecimalText.verdictOfOtherText(text)
    }
    return .value
  }
}
