/// The floating-point number nearest to a decimal one, ties to even, for common magnitudes.
///
/// Small cases are one exact multiplication or division (W. Clinger, 1990), the others the method
/// of Eisel and Lemire: D. Lemire, "Number Parsing at a Gigabyte per Second" (2021).
enum FloatRounding {
  /// The bits of the `Double` nearest to `mantissa` × 10^`exponent`; nil when not known here.
  @inline(__always)
  static func doubleBits(_ mantissa: UInt64, _ exponent: Int) -> UInt64? {
    if mantissa <= 1 &<< 53, -19...19 ~= exponent {
      let value = Double(mantissa)
      let power = Double(DigitScan.powersOfTen[abs(exponent)])
      return (exponent < 0 ? value / power : value * power).bitPattern
    }
    return bits(mantissa, exponent, as: .double)
  }

  /// The bits of the `Float` nearest to `mantissa` × 10^`exponent`; nil when not known here.
  @inline(__always)
  static func floatBits(_ mantissa: UInt64, _ exponent: Int) -> UInt32? {
    if mantissa <= 1 &<< 24, -10...10 ~= exponent {
      let value = Float(mantissa)
      let power = Float(DigitScan.powersOfTen[abs(exponent)])
      return (exponent < 0 ? value / power : value * power).bitPattern
    }
    return bits(mantissa, exponent, as: .single).map(UInt32.init(truncatingIfNeeded:))
  }

  /// The parameters of an IEEE 754 binary format.
  struct Format {
    /// Bits of the fraction that are stored.
    let fractionBits: Int
    let bias: Int
    /// The biased exponent of infinity.
    let infinite: Int
    /// The decimal exponents for which a value can lie half-way between two neighbours.
    let tieExponents: ClosedRange<Int>

    static let double = Format(
      fractionBits: 52, bias: 1023, infinite: 0x7FF, tieExponents: -4...23)
    static let single = Format(fractionBits: 23, bias: 127, infinite: 0xFF, tieExponents: -17...10)
  }

  /// Eisel and Lemire's method; nil where it does not decide, or where the result is not normal.
  static func bits(_ mantissa: UInt64, _ exponent: Int, as format: Format) -> UInt64? {
    if mantissa == 0 { return 0 }
    guard exponent >= PowersOfFive.smallest, exponent <= PowersOfFive.largest else { return nil }
    let zeros = mantissa.leadingZeroBitCount
    let product = approximateProduct(mantissa &<< UInt64(zeros), exponent, format)
    if product.low == .max, exponent < -27 || exponent > 55 { return nil }
    let upperBit = Int(product.high &>> 63)
    let shift = UInt64(upperBit + 64 - format.fractionBits - 3)
    var fraction = product.high &>> shift
    var power = ((217_706 &* exponent) >> 16) + 63 + upperBit - zeros + format.bias
    guard power > 0 else { return nil }
    if product.low <= 1, format.tieExponents.contains(exponent), fraction & 3 == 1,
      fraction &<< shift == product.high
    {
      fraction &= ~1  // Exactly half-way: to even.
    }
    fraction = (fraction + (fraction & 1)) &>> 1
    if fraction >= 2 &<< UInt64(format.fractionBits) {
      fraction = 1 &<< UInt64(format.fractionBits)
      power += 1
    }
    guard power < format.infinite else { return nil }
    fraction &= ~(1 &<< UInt64(format.fractionBits))
    return fraction | UInt64(power) &<< UInt64(format.fractionBits)
  }

  /// The leading bits of `mantissa` × 5^`exponent`, to as many as the format needs for rounding.
  @inline(__always)
  private static func approximateProduct(
    _ mantissa: UInt64, _ exponent: Int, _ format: Format
  ) -> (high: UInt64, low: UInt64) {
    let index = 2 * (exponent - PowersOfFive.smallest)
    var (high, low) = mantissa.multipliedFullWidth(by: PowersOfFive.words[index])
    let mask = UInt64.max &>> UInt64(format.fractionBits + 3)
    if high & mask == mask {
      let second = mantissa.multipliedFullWidth(by: PowersOfFive.words[index + 1])
      low &+= second.high
      if second.high > low { high &+= 1 }
    }
    return (high, low)
  }
}
