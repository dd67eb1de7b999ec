extension IntervalParts {
  /// Reads `[sign] number unit …` with a clock, `[sign] HH:MM[:SS[.f]]`, as the last or only part.
  ///
  /// False when the text has another form, or one whose meaning depends on IntervalStyle.
  mutating func readUnits(_ text: UnsafeRawBufferPointer) -> Bool {
    var cursor = TextCursor(text)
    var seen: UInt8 = 0
    var numbers = 0
    var laterSigns = 0
    let isFirstNegative = cursor.next == UInt8(ascii: "-")
    while !cursor.isAtEnd {
      let isNegative = cursor.next == UInt8(ascii: "-")
      if isNegative || cursor.next == UInt8(ascii: "+") {
        cursor.position += 1
        laterSigns += numbers > 0 ? 1 : 0
      }
      guard let number = cursor.digits(atMost: Self.mostDigits) else { return false }
      let bits = readPart(Int64(number.value), isNegative: isNegative, &cursor)
      guard let bits, bits & seen == 0 else { return false }
      seen |= bits
      numbers += 1
      cursor.skipSpaces()
    }
    // Under the sql_standard style a lone leading minus holds for all that follows.
    return numbers > 0 && !(isFirstNegative && numbers > 1 && laterSigns == 0)
  }

  /// Reads what follows a number and adds it; returns the units it stands for.
  private mutating func readPart(
    _ number: Int64, isNegative: Bool, _ cursor: inout TextCursor
  ) -> UInt8? {
    if cursor.next == UInt8(ascii: ":") {
      return readClock(hours: number, isNegative: isNegative, &cursor)
    }
    var millionths: Int64 = 0
    let hasFraction = cursor.next == UInt8(ascii: ".")
    if hasFraction {
      guard let read = cursor.shortFraction() else { return nil }
      millionths = read
    }
    cursor.skipSpaces()
    guard let unit = IntervalUnit(cursor.letters()),
      cursor.isAtEnd || ByteText.isSpace(cursor.next), !hasFraction || unit == .second
    else { return nil }
    add(isNegative ? -number : number, unit, millionths: isNegative ? -millionths : millionths)
    return unit.bit
  }

  private mutating func readClock(
    hours: Int64, isNegative: Bool, _ cursor: inout TextCursor
  ) -> UInt8? {
    guard cursor.skip(":"), let (minutes, _) = cursor.digits(atMost: 2), minutes < 60 else {
      return nil
    }
    var clock = IntervalParts()
    clock.add(hours, .hour)
    clock.add(Int64(minutes), .minute)
    if cursor.skip(":") {
      guard let (seconds, _) = cursor.digits(atMost: 2), seconds <= 60 else { return nil }
      clock.add(Int64(seconds), .second)
      if cursor.next == UInt8(ascii: ".") {
        guard let fraction = cursor.fraction() else { return nil }
        clock.microseconds += fraction
      }
    }
    guard cursor.isAtEnd else { return nil }
    microseconds += isNegative ? -clock.microseconds : clock.microseconds
    return IntervalUnit.clockBits
  }
}

extension TextCursor {
  /// A point and one to six digits, in millionths: what needs no rounding.
  mutating func shortFraction() -> Int64? {
    let start = position
    guard let value = fraction(), position - start <= 7 else { return nil }
    return value
  }
}
