extension DatePattern {
  /// What became of a text.
  enum Match {
    case parts(Parts)
    /// It has the pattern's form, but no calendar or clock has its numbers.
    case impossible
    case otherForm
  }

  /// What was read.
  struct Parts {
    fileprivate var date = DateParts()
    fileprivate var dayOfYear: Int?
    fileprivate var hasDate = false
    fileprivate var hour: Int?
    fileprivate var minute = 0
    fileprivate var second = 0
    fileprivate var isAfternoon: Bool?
    fileprivate var fraction = UnsafeRawBufferPointer(start: nil, count: 0)
    fileprivate var zone = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Writes date, time and zone, as far as they are there.
    func write(to sink: inout TextSink) {
      if hasDate { date.write(to: &sink) }
      guard let hour else { return }
      if hasDate { sink.append(UInt8(ascii: " ")) }
      sink.append(hour, digits: 2)
      sink.append(UInt8(ascii: ":"))
      sink.append(minute, digits: 2)
      sink.append(UInt8(ascii: ":"))
      sink.append(second, digits: 2)
      if !fraction.isEmpty {
        sink.append(UInt8(ascii: "."))
        sink.append(fraction)
      }
      if let first = zone.first, ByteText.isLetter(first) { sink.append(UInt8(ascii: " ")) }
      sink.append(zone)
    }
  }

  /// Reads a text without white space at its ends.
  func match(_ text: UnsafeRawBufferPointer) -> Match {
    var cursor = TextCursor(text)
    var parts = Parts()
    parts.hasDate = hasDate
    for step in steps {
      guard parts.read(step, &cursor) else { return .otherForm }
    }
    guard cursor.isAtEnd else { return .otherForm }
    return parts.settle() ? .parts(parts) : .impossible
  }
}

extension DatePattern.Parts {
  fileprivate mutating func read(_ step: DatePattern.Step, _ cursor: inout TextCursor) -> Bool {
    switch step {
    case .literal(let byte):
      guard cursor.next == byte else { return false }
      cursor.position &+= 1
      return true
    case .space: return Self.skipSpaces(&cursor)
    case .number(let field, let least, let most):
      guard let value = Self.number(&cursor, least, most) else { return false }
      set(field, value)
      return true
    case .monthName:
      guard let month = MonthName.read(&cursor) else { return false }
      date.month = month
      return true
    case .weekday: return Self.skipWord(&cursor)
    case .fraction: return readFraction(&cursor)
    case .meridiem: return readMeridiem(&cursor)
    case .zone: return readZone(&cursor)
    }
  }

  private mutating func set(_ field: DatePattern.Field, _ value: Int) {
    switch field {
    case .year: date.year = value
    case .shortYear: date.year = DateParts.year(ofTwoDigits: value)
    case .month: date.month = value
    case .day: date.day = value
    case .dayOfYear: dayOfYear = value
    case .hour: hour = value
    case .minute: minute = value
    case .second: second = value
    }
  }

  /// Applies AM and PM and the day of the year; false where there is no such date or time.
  fileprivate mutating func settle() -> Bool {
    if let dayOfYear {
      guard let read = DateParts(year: date.year, dayOfYear: dayOfYear) else { return false }
      date = read
    }
    if hasDate, !date.isValid { return false }
    guard let hour else { return true }
    if let isAfternoon {
      guard 1...12 ~= hour else { return false }
      self.hour = hour % 12 + (isAfternoon ? 12 : 0)
    }
    let isMidnight =
      hour == 24 && minute == 0 && second == 0
      && fraction.allSatisfy { $0 == UInt8(ascii: "0") }
    return (hour < 24 || isMidnight) && minute < 60 && second <= 60
  }

  private static func number(_ cursor: inout TextCursor, _ least: Int, _ most: Int) -> Int? {
    var (value, count) = (0, 0)
    while count < most, ByteText.isDigit(cursor.next) {
      value = value &* 10 &+ Int(cursor.next &- 0x30)
      count &+= 1
      cursor.position &+= 1
    }
    return count >= least ? value : nil
  }

  private mutating func readFraction(_ cursor: inout TextCursor) -> Bool {
    let start = cursor.position
    while cursor.position &- start < 15, ByteText.isDigit(cursor.next) { cursor.position &+= 1 }
    fraction = UnsafeRawBufferPointer(rebasing: cursor.text[start..<cursor.position])
    return !fraction.isEmpty
  }

  /// `AM`, `pm`, `a.m.`, `p. m.`.
  private mutating func readMeridiem(_ cursor: inout TextCursor) -> Bool {
    let letter = cursor.next | 0x20
    guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return false }
    cursor.position &+= 1
    if cursor.skip(".") { _ = Self.skipSpaces(&cursor) }
    guard cursor.next | 0x20 == UInt8(ascii: "m") else { return false }
    cursor.position &+= 1
    _ = cursor.skip(".")
    isAfternoon = letter == UInt8(ascii: "p")
    return true
  }

  /// A displacement, or a name: what it means is the encoder's matter, or Postgres's.
  private mutating func readZone(_ cursor: inout TextCursor) -> Bool {
    let start = cursor.position
    if ByteText.isLetter(cursor.next) {
      while Self.isInZoneName(cursor.next) { cursor.position &+= 1 }
    } else {
      guard cursor.skip("+") || cursor.skip("-") else { return false }
      while ByteText.isDigit(cursor.next) || cursor.next == UInt8(ascii: ":") {
        cursor.position &+= 1
      }
      guard cursor.position > start &+ 1 else { return false }
    }
    zone = UnsafeRawBufferPointer(rebasing: cursor.text[start..<cursor.position])
    return true
  }

  private static func isInZoneName(_ byte: UInt8) -> Bool {
    ByteText.isLetter(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "_")
  }

  private static func skipWord(_ cursor: inout TextCursor) -> Bool {
    let start = cursor.position
    while ByteText.isLetter(cursor.next) || isWideLetter(cursor.next) { cursor.position &+= 1 }
    return cursor.position > start
  }

  /// A byte of a letter beyond ASCII: spaces and signs begin with other bytes.
  private static func isWideLetter(_ byte: UInt8) -> Bool {
    byte >= 0x80 && byte != 0xC2 && byte != 0xE2
  }

  private static func skipSpaces(_ cursor: inout TextCursor) -> Bool {
    let start = cursor.position
    while true {
      let width = WhiteSpace.width(cursor.text, at: cursor.position)
      if width == 0 { return cursor.position > start }
      cursor.position &+= width
    }
  }
}
