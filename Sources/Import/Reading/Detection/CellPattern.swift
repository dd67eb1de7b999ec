/// Whether a cell looks like something that people put into tables.
///
/// What a sample is cut into by a wrong dialect rarely does: this is the type score of van den Burg, Nazábal
/// and Sutton, "Wrangling Messy CSV Files by Detecting Row and Type Patterns" (2019), section 4.2, with
/// patterns of our own.
enum CellPattern: Equatable {
  /// Nothing, or a word for nothing.
  case empty
  /// Digits with a sign, decimal point or comma, thousands separators, percent or currency.
  case number
  /// A date, a time, or both.
  case moment
  /// Words, names, codes, addresses.
  case text
  /// None of these.
  case unknown

  /// Looks at one cell, without its quotes.
  init(_ bytes: UnsafeRawBufferPointer, isQuoted: Bool) {
    let cell = CellPattern.trimmed(bytes)
    if cell.isEmpty || CellPattern.isNullWord(cell) {
      self = .empty
    } else if CellPattern.isNumber(cell) {
      self = .number
    } else if CellPattern.isMoment(cell) {
      self = .moment
    } else {
      // What stands in quotes may hold anything: that is what they are for.
      self = isQuoted || CellPattern.isText(cell) ? .text : .unknown
    }
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    var cell = bytes[...]
    while let first = cell.first, first == 0x20 || first == 0x09 { cell = cell.dropFirst() }
    while let last = cell.last, last == 0x20 || last == 0x09 { cell = cell.dropLast() }
    return cell
  }

  private static let nullWords: [[UInt8]] = ["null", "na", "n/a", "nan", "none", "-", "\\n"].map {
    Array($0.utf8)
  }

  private static func isNullWord(_ cell: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard cell.count <= 4 else { return false }
    return nullWords.contains { word in
      word.count == cell.count && zip(word, cell).allSatisfy { $0 == ($1 | 0x20) || $0 == $1 }
    }
  }

  /// Digits, at most a few of them separated, with what people put before and behind.
  private static func isNumber(_ cell: Slice<UnsafeRawBufferPointer>) -> Bool {
    var digits = 0
    var letters = 0
    var previousIsDigit = false
    for byte in cell {
      switch byte {
      case 0x30...0x39:
        digits += 1
        previousIsDigit = true
        continue
      case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "'"), 0x20:
        guard previousIsDigit || digits == 0 else { return false }
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        guard previousIsDigit else { return false }
        letters += 1
      case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "%"), UInt8(ascii: "$"),
        UInt8(ascii: "("), UInt8(ascii: ")"), 0x80...0xFF:
        break  // signs, and currencies beyond ASCII
      default:
        return false
      }
      previousIsDigit = false
    }
    return digits > 0 && digits * 2 >= cell.count && letters <= 1
  }

  /// Two to seven groups of digits, separated as dates and times are, perhaps with `T`, `Z`, AM or PM.
  private static func isMoment(_ cell: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard (4...35).contains(cell.count) else { return false }
    var groups = 0
    var digits = 0
    var separators = 0
    for byte in cell {
      switch byte {
      case 0x30...0x39:
        if digits == 0 { groups += 1 }
        digits += 1
        if digits > 8 { return false }
        continue
      case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: ":"):
        guard digits > 0 || separators > 0 else { return false }
        separators += 1
      case UInt8(ascii: " "), UInt8(ascii: "T"), UInt8(ascii: "Z"), UInt8(ascii: "+"),
        UInt8(ascii: "A"), UInt8(ascii: "P"), UInt8(ascii: "M"):
        break
      default:
        return false
      }
      digits = 0
    }
    return (2...8).contains(groups) && separators > 0
  }

  /// Letters, digits and the punctuation of names, addresses and sentences; nothing that separates fields
  /// in some dialect.
  private static func isText(_ cell: Slice<UnsafeRawBufferPointer>) -> Bool {
    cell.indices.allSatisfy { index in
      switch cell[index] {
      // A comma before a space belongs to a sentence.
      case UInt8(ascii: ","): index + 1 < cell.endIndex && cell[index + 1] == 0x20
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
      case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "/"), UInt8(ascii: "'"), UInt8(ascii: "&"), UInt8(ascii: "("),
        UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "@"),
        UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "%"):
        true
      default: false
      }
    }
  }
}
