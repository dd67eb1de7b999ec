/// How large the numbers of a field are, digit by digit: which type holds them all exactly.
struct NumberExtent {
  /// More digits than this nobody means exactly, where they are written with an exponent.
  private static let manyDigits = 38
  /// Most digits that `numeric` can be declared with (manual, section 8.1.2).
  private static let maxPrecision = 1000
  /// A double precision number keeps so many decimal digits.
  private static let doubleDigits = 15
  /// And numbers below ten to this power, with digits down to its inverse.
  private static let maxExponent = 305
  /// What numeric holds before the point and behind it.
  private static let maxWhole = 131_072
  private static let maxFraction = 16_383

  private(set) var count: Int64 = 0
  private var integerDigits = 0
  private var scale = 0
  private var significantDigits = 0
  private var hasPoint = false
  private var hasExponent = false
  private var hasHugeExponent = false
  private var smallest: Int64 = 0
  private var largest: Int64 = 0
  private var exceedsBigint = false

  /// Takes a number in plain form; false where it is none, or would not come back as it was written.
  mutating func add(_ text: UnsafeRawBufferPointer) -> Bool {
    var cursor = TextCursor(text)
    let isNegative = cursor.next == UInt8(ascii: "-")
    if isNegative || cursor.next == UInt8(ascii: "+") { cursor.position &+= 1 }
    let start = cursor.position
    while ByteText.isDigit(cursor.next) { cursor.position &+= 1 }
    let whole = UnsafeRawBufferPointer(rebasing: text[start..<cursor.position])
    var fraction = 0
    let isPointed = cursor.skip(".")
    if isPointed {
      let begin = cursor.position
      while ByteText.isDigit(cursor.next) { cursor.position &+= 1 }
      fraction = cursor.position &- begin
    }
    guard whole.count <= Self.maxWhole, fraction <= Self.maxFraction else { return false }
    guard whole.count + fraction > 0, whole.count < 2 || whole[0] != UInt8(ascii: "0") else {
      return false
    }
    var exponent: Int?
    if !cursor.isAtEnd {
      guard let read = Self.exponent(&cursor) else { return false }
      exponent = read
    }
    enter(whole: whole, isNegative: isNegative, fraction: fraction, exponent: exponent)
    hasPoint = hasPoint || isPointed
    return true
  }

  private mutating func enter(
    whole: UnsafeRawBufferPointer, isNegative: Bool, fraction: Int, exponent: Int?
  ) {
    count &+= 1
    let digits = whole.count == 1 && whole[0] == UInt8(ascii: "0") ? 0 : whole.count
    significantDigits = max(significantDigits, digits + fraction)
    integerDigits = max(integerDigits, digits + (exponent ?? 0))
    scale = max(scale, fraction - (exponent ?? 0))
    if let exponent {
      hasExponent = true
      if digits + exponent > Self.maxExponent || fraction - exponent > Self.maxExponent {
        hasHugeExponent = true
      }
    }
    guard let value = Self.integer(whole, isNegative: isNegative) else {
      exceedsBigint = true
      return
    }
    smallest = min(smallest, value)
    largest = max(largest, value)
  }

  /// The type that holds all of them.
  var type: InferredType {
    if !hasPoint, !hasExponent, !exceedsBigint {
      let isShort = smallest >= Int64(Int32.min) && largest <= Int64(Int32.max)
      return isShort ? .integer : .bigint
    }
    let precision = max(integerDigits + scale, 1)
    if hasExponent, precision > Self.manyDigits {
      let isExact = significantDigits > Self.doubleDigits || hasHugeExponent
      return isExact ? .numeric(precision: nil, scale: nil) : .doublePrecision
    }
    return precision > Self.maxPrecision
      ? .numeric(precision: nil, scale: nil) : .numeric(precision: precision, scale: scale)
  }

  /// Whether nothing but 0 and 1 was seen.
  var isBinary: Bool { type == .integer && smallest == 0 && largest == 1 }

  private static func exponent(_ cursor: inout TextCursor) -> Int? {
    guard cursor.next | 0x20 == UInt8(ascii: "e") else { return nil }
    cursor.position &+= 1
    let isNegative = cursor.next == UInt8(ascii: "-")
    if isNegative || cursor.next == UInt8(ascii: "+") { cursor.position &+= 1 }
    // More digits than these are beyond any type.
    guard let (value, _) = cursor.digits(atMost: 4), cursor.isAtEnd else { return nil }
    return isNegative ? -value : value
  }

  private static func integer(_ digits: UnsafeRawBufferPointer, isNegative: Bool) -> Int64? {
    guard digits.count <= 19 else { return nil }
    var value: UInt64 = 0
    for digit in digits { value = value &* 10 &+ UInt64(digit &- 0x30) }
    let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
    guard value <= limit else { return nil }
    return isNegative ? Int64(truncatingIfNeeded: 0 &- value) : Int64(value)
  }
}
