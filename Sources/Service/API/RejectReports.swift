import FoundationEssentials
import ImportModel

/// A way to write rejects down. They come ordered by row.
protocol RejectReport: Sendable {
  func begin() -> [UInt8]
  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) throws
  mutating func end() -> [UInt8]
}

/// `row, line, column, code, message, value, raw`, in RFC 4180.
struct CSVReport: RejectReport {
  /// Whether `message`, `value` and `raw` are safe in a spreadsheet.
  let isNeutral: Bool
  /// Of the row at hand: only its first reject carries it.
  private var raw: (row: Int64, bytes: [UInt8]) = (-1, [])

  init(isNeutral: Bool) {
    self.isNeutral = isNeutral
  }

  func begin() -> [UInt8] { Array("row,line,column,code,message,value,raw\r\n".utf8) }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) {
    if reject.row != raw.row { raw = (reject.row, reject.raw ?? []) }
    let row = String(decoding: raw.bytes, as: UTF8.self)
    let cells = [
      "\(reject.row)", "\(reject.line)", reject.column ?? "", reject.code.rawValue,
      safe(reject.message), safe(reject.value ?? ""), safe(row),
    ]
    bytes += Array(cells.map { quoted($0, delimiter: ",") }.joined(separator: ",").utf8)
    bytes += [13, 10]
  }

  private func safe(_ cell: String) -> String {
    isNeutral ? FormulaGuard.neutralised(cell) : cell
  }

  func end() -> [UInt8] { [] }
}

/// The rejected rows as they stood, under their own header, with `_errors` appended.
struct SourceReport: RejectReport {
  private let dialect: ImportSource.Dialect
  private let header: [UInt8]
  /// Whether each cell is safe in a spreadsheet. Then the rows are not as they stood.
  private let isNeutral: Bool
  private var row: (number: Int64, raw: [UInt8], messages: [String])?

  init(dialect: ImportSource.Dialect, header: [UInt8], isNeutral: Bool) {
    self.dialect = dialect
    self.header = header
    self.isNeutral = isNeutral
  }

  private func safe(_ row: [UInt8]) -> [UInt8] {
    guard isNeutral else { return row }
    return FormulaGuard.neutralised(
      row: row, delimiter: Array(dialect.delimiter.utf8), quote: Array(dialect.quote.utf8))
  }

  func begin() -> [UInt8] { safe(header) + Array("\(dialect.delimiter)_errors\r\n".utf8) }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) {
    if row?.number != reject.row {
      flush(to: &bytes)
      row = (reject.row, reject.raw ?? [], [])
    }
    let column = reject.column.map { "\($0): " } ?? ""
    row?.messages.append("\(column)\(reject.message) [\(reject.code.rawValue)]")
  }

  mutating func end() -> [UInt8] {
    var bytes: [UInt8] = []
    flush(to: &bytes)
    return bytes
  }

  private mutating func flush(to bytes: inout [UInt8]) {
    guard let (_, raw, messages) = row else { return }
    let text = messages.joined(separator: "; ")
    let errors = quoted(
      isNeutral ? FormulaGuard.neutralised(text) : text, delimiter: dialect.delimiter,
      quote: dialect.quote)
    bytes += safe(raw)
    bytes += Array("\(dialect.delimiter)\(errors)\r\n".utf8)
    row = nil
  }
}

/// An object with the counts, and an array of objects.
struct JSONReport: RejectReport {
  private struct Item: Encodable {
    let row: Int64
    let line: Int64
    let column: String?
    let code: RejectCode
    let message: String
    let value: String?
    let raw: String

    enum CodingKeys: String, CodingKey { case row, line, column, code, message, value, raw }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(row, forKey: .row)
      try container.encode(line, forKey: .line)
      try container.encode(column, forKey: .column)
      try container.encode(code, forKey: .code)
      try container.encode(message, forKey: .message)
      try container.encode(value, forKey: .value)
      try container.encode(raw, forKey: .raw)
    }
  }

  let listing: Listing
  private var raw: (row: Int64, text: String)?

  init(listing: Listing) {
    self.listing = listing
  }

  func begin() -> [UInt8] {
    let counts = """
      "rows_bad":\(listing.rowsBad),"rows_listed":\(listing.rowsListed),\
      "truncated":\(listing.isTruncated)
      """
    return Array("{\(counts),\"items\":[".utf8)
  }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) throws {
    if raw != nil { bytes.append(UInt8(ascii: ",")) }
    if raw?.row != reject.row {
      raw = (reject.row, String(decoding: reject.raw ?? [], as: UTF8.self))
    }
    let item = Item(
      row: reject.row, line: reject.line, column: reject.column, code: reject.code,
      message: reject.message, value: reject.value, raw: raw?.text ?? "")
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    bytes += [10] + Array(try encoder.encode(item))
  }

  func end() -> [UInt8] { Array("\n]}\n".utf8) }
}

/// A cell, in quotes where it must be, or where a spreadsheet might see another separator.
private func quoted(_ text: String, delimiter: String, quote: String = "\"") -> String {
  let special: (UInt8) -> Bool = { byte in
    byte == 9 || byte == 10 || byte == 13 || byte == UInt8(ascii: ";")
      || delimiter.utf8.first == byte || quote.utf8.first == byte
  }
  guard text.utf8.contains(where: special) else { return text }
  var result = quote
  for character in text.unicodeScalars {
    if String(character) == quote { result += quote }
    result.unicodeScalars.append(character)
  }
  return result + quote
}
