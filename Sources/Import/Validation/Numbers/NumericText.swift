/// Text to `numeric`: int16 group count, weight, sign and dscale, then base-10000 groups.
///
/// Source: `numeric_in`, `set_var_from_str`, `apply_typmod` and `numeric_recv` of Postgres. The
/// value is written unrounded, for `numeric_recv` rounds it to the column's scale itself.
enum NumericText {
  static let headerBytes = 8
  static let positive: UInt16 = 0x0000
  static let negative: UInt16 = 0x4000
  static let notANumber: UInt16 = 0xC000
  static let infinity: UInt16 = 0xD000
  static let negativeInfinity: UInt16 = 0xF000

  /// What `encode` may write for a text of `count` bytes.
  static func maxBytes(forText count: Int) -> Int {
    // A group for each four digits begun, one more for the point's alignment on either side, and
    // never less than the eight groups that the short way may write before it drops zeros.
    headerBytes + 2 * Swift.max(count / 4 + 3, 8)
  }

  /// Writes `count` bytes when the answer is `.value`.
  ///
  /// `precision` and `scale` are the column's; a value whose integer part does not fit after
  /// rounding is `.outOfRange`. `out` must have room for `maxBytes(forText:)`.
  @inline(__always)
  static func encode(
    _ text: UnsafeRawBufferPointer, precision: Int?, scale: Int?,
    into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict {
    if let short = ShortNumeric(text), precision == nil || short.fits(precision, scale) {
      count = short.write(to: out)
      return .value
    }
    return LongNumeric.encode(text, precision: precision, scale: scale, into: out, count: &count)
  }

  /// Writes the four header fields.
  @inline(__always)
  static func writeHeader(
    groups: Int, weight: Int, sign: UInt16, scale: Int, to out: UnsafeMutableRawPointer
  ) {
    let fields =
      UInt64(UInt16(truncatingIfNeeded: groups)) &<< 48
      | UInt64(UInt16(truncatingIfNeeded: weight)) &<< 32
      | UInt64(sign) &<< 16 | UInt64(UInt16(truncatingIfNeeded: scale))
    ByteText.store(fields, to: out)
  }
}
