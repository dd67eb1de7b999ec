/// What stands behind a date: a time of day, and perhaps `AM` or `PM` and a zone.
///
/// It is copied for the encoder, or Postgres, to read. A comma before the fraction becomes a point,
/// `p. m.` becomes `PM`, and a space of any kind becomes a plain one.
enum TimeTail {
  /// Copies the rest of the text behind a plain space; false where it is no time.
  static func copy(_ cursor: inout TextCursor, to sink: inout TextSink) -> Bool {
    guard skipSeparator(&cursor), beginsTime(cursor) else { return false }
    sink.append(UInt8(ascii: " "))
    while !cursor.isAtEnd {
      let space = WhiteSpace.width(cursor.text, at: cursor.position)
      if space > 0 {
        sink.append(UInt8(ascii: " "))
        cursor.position &+= space
      } else if let letter = meridiem(&cursor) {
        sink.append(letter)
        sink.append(UInt8(ascii: "m"))
      } else {
        let byte = cursor.next
        let isFraction = byte == UInt8(ascii: ",") && ByteText.isDigit(cursor.byte(after: 1))
        sink.append(isFraction ? UInt8(ascii: ".") : byte)
        cursor.position &+= 1
      }
    }
    return true
  }

  /// `T`, or spaces with a comma before them.
  static func skipSeparator(_ cursor: inout TextCursor) -> Bool {
    if cursor.next | 0x20 == UInt8(ascii: "t") {
      cursor.position &+= 1
      return true
    }
    _ = cursor.skip(",")
    let start = cursor.position
    while true {
      let width = WhiteSpace.width(cursor.text, at: cursor.position)
      if width == 0 { return cursor.position > start }
      cursor.position &+= width
    }
  }

  /// Whether hours and a colon follow: nothing else is plain enough to be handed on.
  static func beginsTime(_ cursor: TextCursor) -> Bool {
    var cursor = cursor
    return cursor.digits(atMost: 2) != nil && cursor.next == UInt8(ascii: ":")
      && ByteText.isDigit(cursor.byte(after: 1))
  }

  /// Reads `a.m.` or `p.m.`, spaces allowed in it, and gives its first letter.
  private static func meridiem(_ cursor: inout TextCursor) -> UInt8? {
    let letter = cursor.next | 0x20
    guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return nil }
    var ahead = cursor
    ahead.position &+= 1
    guard ahead.skip(".") else { return nil }
    let space = WhiteSpace.width(ahead.text, at: ahead.position)
    ahead.position &+= space
    guard ahead.next | 0x20 == UInt8(ascii: "m") else { return nil }
    ahead.position &+= 1
    _ = ahead.skip(".")
    cursor = ahead
    return letter
  }
}
