import ImportModel
import Reading

/// The rules of `CSVReader` once more, byte by byte and over the whole file: slow, and short enough to be
/// seen to be right.
struct PlainReader {
  let bytes: [UInt8]
  let columns: Int
  let limits: ReadingLimits
  let dialect: CSVDialect
  private let delimiter: [UInt8]
  private let quote: UInt8?
  private let escape: UInt8?
  private var index = 0
  private var line: Int64 = 1
  private var rows: [Row] = []

  /// - Parameter bytes: rows without a header.
  init(
    _ bytes: [UInt8], columns: Int, limits: ReadingLimits, dialect: CSVDialect = CSVDialect()
  ) {
    self.bytes = bytes
    self.columns = columns
    self.limits = limits
    self.dialect = dialect
    delimiter = dialect.delimiter
    quote = dialect.quote
    escape =
      switch dialect.escape {
      case .doubling: nil
      case .character(let byte): byte == dialect.quote ? nil : byte
      case .backslash: UInt8(ascii: "\\")
      }
  }

  mutating func read() -> [Row] {
    while index < bytes.count {
      if let comment = dialect.comment, bytes[index...].starts(with: comment) {
        while index < bytes.count && lineEnd(at: index) == nil { index += 1 }
        index += lineEnd(at: index) ?? 0
        line += 1
      } else {
        readRow()
      }
    }
    return rows
  }

  private mutating func readRow() {
    let start = index
    let firstLine = line
    var fields: [[UInt8]] = [[]]
    var starts = [index]
    var coded = [false]
    var isInQuotes = false
    while index < bytes.count {
      let byte = bytes[index]
      if let length = lineEnd(at: index) {
        if !isInQuotes { break }
        fields[fields.count - 1] += bytes[index..<(index + length)]
        line += 1
        index += length
        continue
      }
      if byte == escape {
        coded[coded.count - 1] = true
        fields[fields.count - 1] += readEscaped()
        continue
      } else if byte == quote {
        coded[coded.count - 1] = true
        if isInQuotes && index + 1 < bytes.count && bytes[index + 1] == byte {
          fields[fields.count - 1].append(byte)
          index += 1
        } else {
          isInQuotes.toggle()
        }
      } else if byte == delimiter[0] && !isInQuotes && bytes[index...].starts(with: delimiter) {
        endField(&fields, &coded, from: starts.last!)
        index += delimiter.count
        fields.append([])
        coded.append(false)
        starts.append(index)
        continue
      } else {
        fields[fields.count - 1].append(byte)
      }
      index += 1
    }
    endField(&fields, &coded, from: starts.last!)
    if index - start > limits.maxRowBytes {
      return rescue(from: start, line: firstLine, .tooLong(limit: limits.maxRowBytes))
    }
    if isInQuotes { return rescue(from: start, line: firstLine, .unterminatedQuote) }
    let end = index
    index += lineEnd(at: index) ?? 0
    line += 1
    if end == start && columns > 1 { return }
    let values = zip(fields, coded).map { $0.isEmpty && !$1 ? nil : text($0[...]) }
    let isWhole = values.count == columns
    rows.append(
      Row(
        number: Int64(rows.count + 1), line: firstLine, fields: isWhole ? values : [],
        raw: text(bytes[start..<end]), fault: isWhole ? nil : .fieldCount(found: values.count)))
  }

  /// Makes `\N` a NULL.
  private func endField(_ fields: inout [[UInt8]], _ coded: inout [Bool], from start: Int) {
    guard dialect.escape == .backslash, Array(bytes[start..<index]) == Array("\\N".utf8) else {
      return
    }
    fields[fields.count - 1] = []
    coded[coded.count - 1] = false
  }

  /// What an escape and that behind it stand for.
  private mutating func readEscaped() -> [UInt8] {
    index += 1
    guard index < bytes.count else { return [escape!] }
    if let length = lineEnd(at: index) {
      defer { index += length }
      line += 1
      return Array(bytes[index..<(index + length)])
    }
    let byte = bytes[index]
    index += 1
    guard dialect.escape == .backslash else { return [byte] }
    let controls: [Character: UInt8] = ["b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13]
    if let control = controls[Character(Unicode.Scalar(byte))] { return [control] }
    let isHex = byte == UInt8(ascii: "x")
    if !isHex { index -= 1 }
    var digits = ""
    while digits.count < (isHex ? 2 : 3), index < bytes.count,
      Int(String(Unicode.Scalar(bytes[index])), radix: isHex ? 16 : 8) != nil
    {
      digits.unicodeScalars.append(Unicode.Scalar(bytes[index]))
      index += 1
    }
    if let number = Int(digits, radix: isHex ? 16 : 8) { return [UInt8(number & 0xFF)] }
    if !isHex { index += 1 }
    return [byte]
  }

  private mutating func rescue(from start: Int, line firstLine: Int64, _ fault: RowFault) {
    index = start
    line = firstLine
    while index < bytes.count && lineEnd(at: index) == nil {
      if bytes[index] == escape, let length = lineEnd(at: index + 1) {
        line += 1
        index += 1 + length
      } else {
        index += bytes[index] == escape ? 2 : 1
      }
    }
    index = min(index, bytes.count)
    var end = index
    if case .tooLong = fault { end = min(end, start + limits.maxRawBytes) }
    rows.append(
      Row(
        number: Int64(rows.count + 1), line: firstLine, fields: [], raw: text(bytes[start..<end]),
        fault: fault))
    index += lineEnd(at: index) ?? 0
    line += 1
  }

  /// The length of the line end at a place, or nil where there is none.
  private func lineEnd(at index: Int) -> Int? {
    guard index < bytes.count else { return nil }
    if bytes[index] == UInt8(ascii: "\n") { return 1 }
    guard bytes[index] == UInt8(ascii: "\r") else { return nil }
    return index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n") ? 2 : 1
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
