import ImportModel
import Reading

/// The rules of `CSVReader` once more, byte by byte and over the whole file: slow, and short enough to be
/// seen to be right.
struct PlainReader {
  let bytes: [UInt8]
  let columns: Int
  let limits: ReadingLimits
  private var index = 0
  private var line: Int64 = 1
  private var rows: [Row] = []

  /// - Parameter bytes: rows without a header.
  init(_ bytes: [UInt8], columns: Int, limits: ReadingLimits) {
    self.bytes = bytes
    self.columns = columns
    self.limits = limits
  }

  mutating func read() -> [Row] {
    while index < bytes.count { readRow() }
    return rows
  }

  private mutating func readRow() {
    let start = index
    let firstLine = line
    var fields: [[UInt8]] = [[]]
    var quoted = [false]
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
      if byte == UInt8(ascii: "\"") {
        quoted[quoted.count - 1] = true
        if isInQuotes && index + 1 < bytes.count && bytes[index + 1] == byte {
          fields[fields.count - 1].append(byte)
          index += 1
        } else {
          isInQuotes.toggle()
        }
      } else if byte == UInt8(ascii: ",") && !isInQuotes {
        fields.append([])
        quoted.append(false)
      } else {
        fields[fields.count - 1].append(byte)
      }
      index += 1
    }
    if index - start > limits.maxRowBytes {
      return rescue(from: start, line: firstLine, .tooLong(limit: limits.maxRowBytes))
    }
    if isInQuotes { return rescue(from: start, line: firstLine, .unterminatedQuote) }
    let end = index
    index += lineEnd(at: index) ?? 0
    line += 1
    if end == start && columns > 1 { return }
    let values = zip(fields, quoted).map { $0.isEmpty && !$1 ? nil : text($0[...]) }
    let isWhole = values.count == columns
    rows.append(
      Row(
        number: Int64(rows.count + 1), line: firstLine, fields: isWhole ? values : [],
        raw: text(bytes[start..<end]), fault: isWhole ? nil : .fieldCount(found: values.count)))
  }

  private mutating func rescue(from start: Int, line firstLine: Int64, _ fault: RowFault) {
    index = start
    while index < bytes.count && lineEnd(at: index) == nil { index += 1 }
    var end = index
    if case .tooLong = fault { end = min(end, start + limits.maxRawBytes) }
    rows.append(
      Row(
        number: Int64(rows.count + 1), line: firstLine, fields: [], raw: text(bytes[start..<end]),
        fault: fault))
    index += lineEnd(at: index) ?? 0
    line = firstLine + 1
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
