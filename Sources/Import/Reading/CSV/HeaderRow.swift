/// Where the first row of some bytes ends.
///
/// A plain loop: it runs once a file, before the number of columns is known.
enum HeaderRow {
  /// The row's length, the bytes up to the next row, and the lines that the row takes.
  case whole(length: Int, next: Int, lines: Int64)
  /// Its end is not among the bytes.
  case incomplete(isInQuotes: Bool)

  init(in bytes: UnsafeRawBufferPointer, isEnd: Bool, quote: UInt8) {
    var isInQuotes = false
    var lines: Int64 = 1
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == quote {
        isInQuotes.toggle()
      } else if byte == .lf || byte == .cr {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
        guard let end = LineEnd(in: rest, isEnd: isEnd) else { break }
        if !isInQuotes {
          self = .whole(length: index, next: index + end.next, lines: lines)
          return
        }
        lines += 1
        index += end.next
        continue
      }
      index += 1
    }
    if isEnd && !isInQuotes {
      self = .whole(length: bytes.count, next: bytes.count, lines: lines - 1)
    } else {
      self = .incomplete(isInQuotes: isInQuotes)
    }
  }
}
