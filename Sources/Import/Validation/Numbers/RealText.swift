/// Text to `real`: four bytes, big-endian IEEE 754, with the bits `strtof` gives.
///
/// Rounded from the text at once, never by way of a `Double`. Source: `float4in_internal` of
/// Postgres; overflow and underflow to zero are refused.
enum RealText {
  /// Writes 4 bytes when the answer is `.value`.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    if let number = DecimalText(text), number.isExact,
      let bits = FloatRounding.floatBits(number.mantissa, number.exponent)
    {
      ByteText.store(number.isNegative ? bits | 1 &<< 31 : bits, to: out)
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
    let (value, isOutOfRange) = StandardRounding.float(text)
    if isOutOfRange, value == 0 || value.isInfinite { return .outOfRange }
    ByteText.store(value.bitPattern, to: out)
    return .value
  }

  private static func encodeWord(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer
  ) -> FieldVerdict {
    switch FloatWord(text) {
    case .infinity: ByteText.store(Float.infinity.bitPattern, to: out)
    case .negativeInfinity: ByteText.store((-Float.infinity).bitPattern, to: out)
    case .notANumber: ByteText.store(Float.nan.bitPattern, to: out)
    case nil: return DecimalText.verdictOfOtherText(text)
    }
    return .value
  }
}
