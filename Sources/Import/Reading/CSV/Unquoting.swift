/// The value of a field that has quotes.
///
/// As in Postgres's `COPY … (FORMAT csv)`: a quote anywhere in a field begins or ends a quoted part, and
/// within one a doubled quote stands for itself. So `ab"c,d"e` is `abc,de`, and `"a""b"` is `a"b`.
enum Unquoting {
  /// Writes the value of `field` to the front of `target`, which has room for `field.count` bytes, and
  /// returns its length.
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
