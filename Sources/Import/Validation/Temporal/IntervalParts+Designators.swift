extension IntervalParts {
  /// Reads ISO 8601 with designators, `P[nY][nM][nW][nD][T[nH][nM][nS]]`, in this order.
  ///
  /// Numbers may be negative, and seconds may have a fraction; false for any other form.
  mutating func readDesignators(_ text: UnsafeRawBufferPointer) -> Bool {
    var cursor = TextCursor(text)
    guard cursor.skip("P") else { return false }
    var last: IntervalUnit?
    var isTime = false
    while !cursor.isAtEnd {
      if !isTime, cursor.skip("T") {
        isTime = true
        if cursor.isAtEnd { return false }
      }
      guard let unit = readDesignator(isTime: isTime, &cursor) else { return false }
      if let last, unit.rawValue <= last.rawValue { return false }
      last = unit
    }
    return last != nil
  }

  private mutating func readDesignator(isTime: Bool, _ cursor: inout TextCursor) -> IntervalUnit? {
    let isNegative = cursor.skip("-")
    guard let (number, _) = cursor.digits(atMost: Self.mostDigits) else { return nil }
    var millionths: Int64 = 0
    let hasFraction = cursor.next == UInt8(ascii: ".")
    if hasFraction {
      guard let read = cursor.shortFraction() else { return nil }
      millionths = read
    }
    guard let unit = Self.unit(of: cursor.next, isTime: isTime), !hasFraction || unit == .second
    else { return nil }
    cursor.position += 1
    let value = Int64(number)
    add(isNegative ? -value : value, unit, millionths: isNegative ? -millionths : millionths)
    return unit
  }

  private static func unit(of designator: UInt8, isTime: Bool) -> IntervalUnit? {
    switch designator {
    case UInt8(ascii: "Y") where !isTime: .year
    case UInt8(ascii: "M"): isTime ? .minute : .month
    case UInt8(ascii: "W") where !isTime: .week
    case UInt8(ascii: "D") where !isTime: .day
    case UInt8(ascii: "H") where isTime: .hour
    case UInt8(ascii: "S") where isTime: .second
    default: nil
    }
  }
}
