/// How the value of a field is made of its text, where quotes or escapes stand in the midst of it.
///
/// Quotes as in Postgres's `COPY … (FORMAT csv)`: one anywhere in a field begins or ends a quoted part, and
/// within one a doubled quote stands for itself. So `ab"c,d"e` is `abc,de`, and `"a""b"` is `a"b`. The
/// byte behind an escape is data, within quotes and without. An escape at the very end is data itself.
struct FieldDecoding {
  let quote: UInt8?
  let escape: UInt8?
  /// Whether the escape begins sequences as in Postgres's `COPY … (FORMAT text)`.
  let hasSequences: Bool

  init(quote: UInt8?, escape: UInt8? = nil, hasSequences: Bool = false) {
    self.quote = quote
    self.escape = escape
    self.hasSequences = hasSequences
  }

  /// Writes the value of `field` to the front of `target`, which has room for `field.count` bytes, and
  /// returns its length.
  func decode(
    _ field: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    var isInQuotes = false
    var written = 0
    var index = 0
    while index < field.count {
      var byte = field[index]
      index += 1
      if byte == escape && index < field.count {
        byte = hasSequences ? BackslashSequence.decode(field, at: &index) : field[index]
        if !hasSequences { index += 1 }
      } else if byte == quote {
        guard isInQuotes && index < field.count && field[index] == quote else {
          isInQuotes.toggle()
          continue
        }
        index += 1
      }
      target[written] = byte
      written += 1
    }
    return written
  }

  /// Writes the value of a field that has quotes and no escapes: the usual case, kept apart for its speed.
  static func unquote(
    _ field: UnsafeRawBufferPointer, quote: UInt8, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    var isInQuotes = false
    var written = 0
    var index = 0
    while index < field.count {
      let byte = field[index]
      index += 1
      if byte != quote {
        target[written] = byte
        written += 1
      } else if isInQuotes && index < field.count && field[index] == quote {
        target[written] = quote
        written += 1
        index += 1
      } else {
        isInQuotes.toggle()
      }
    }
    return written
  }
}

/// What stands behind a backslash in Postgres's text format: PostgreSQL manual, COPY, "Text Format".
enum BackslashSequence {
  /// The byte that a sequence stands for.
  ///
  /// - Parameter index: the byte behind the backslash, which is there; becomes that behind the sequence.
  static func decode(_ bytes: UnsafeRawBufferPointer, at index: inout Int) -> UInt8 {
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return .lf
    case UInt8(ascii: "r"): return .cr
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "v"): return 0x0B
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      index -= 1
      return number(bytes, at: &index, base: 8, digits: 3) ?? byte
    case UInt8(ascii: "x"):
      return number(bytes, at: &index, base: 16, digits: 2) ?? byte
    default: return byte
    }
  }

  /// The lowest 8 bits of a number of one digit at least, or nil where there is none.
  private static func number(
    _ bytes: UnsafeRawBufferPointer, at index: inout Int, base: UInt8, digits: Int
  ) -> UInt8? {
    let end = min(index + digits, bytes.count)
    var number: UInt8?
    while index < end, let digit = digit(bytes[index]), digit < base {
      number = (number ?? 0) &* base &+ digit
      index += 1
    }
    return number
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
