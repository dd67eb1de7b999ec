import FoundationEssentials
import ImportModel

/// A way to write rejects down. They come ordered by row.
protocol RejectReport: Sendable {
  func begin() -> [UInt8]
  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) throws
  mutating func end() throws -> [UInt8]
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
    bytes += Array(
      cells.map { ImportSource.Dialect.plain.quoted($0) }.joined(separator: ",").utf8)
    bytes += [13, 10]
  }

  private func safe(_ cell: String) -> String {
    isNeutral ? FormulaGuard.neutralised(cell) : cell
  }

  func end() -> [UInt8] { [] }
}

/// Gathers what is wrong with a row, reject by reject.
struct RejectedRow {
  let number: Int64
  let raw: [UInt8]
  private var messages: [String] = []

  init(_ reject: Reject) {
    number = reject.row
    raw = reject.raw ?? []
  }

  /// What is wrong with it, in one line.
  var errors: String { messages.joined(separator: "; ") }

  mutating func add(_ reject: Reject) {
    let column = reject.column.map { "\($0): " } ?? ""
    messages.append("\(column)\(reject.message) [\(reject.code.rawValue)]")
  }
}

/// The rejected rows as they stood, under their own header, with `_errors` appended.
struct SourceReport: RejectReport {
  private let dialect: ImportSource.Dialect
  private let delimiter: String
  private let header: [UInt8]
  /// Whether each cell is safe in a spreadsheet. Then the rows are not as they stood.
  private let isNeutral: Bool
  private var row: RejectedRow?

  init(dialect: ImportSource.Dialect, header: [UInt8], isNeutral: Bool) {
    self.dialect = dialect
    delimiter = dialect.delimiter ?? ","
    self.header = header
    self.isNeutral = isNeutral
  }

  private func safe(_ row: [UInt8]) -> [UInt8] {
    guard isNeutral else { return row }
    let quote = dialect.quote == "none" ? "" : dialect.quote ?? "\""
    return FormulaGuard.neutralised(
      row: row, delimiter: Array(delimiter.utf8), quote: Array(quote.utf8))
  }

  func begin() -> [UInt8] { safe(header) + Array("\(delimiter)_errors\r\n".utf8) }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) {
    if row?.number != reject.row {
      flush(to: &bytes)
      row = RejectedRow(reject)
    }
    row?.add(reject)
  }

  mutating func end() -> [UInt8] {
    var bytes: [UInt8] = []
    flush(to: &bytes)
    return bytes
  }

  private mutating func flush(to bytes: inout [UInt8]) {
    guard let row = row.take() else { return }
    let errors = isNeutral ? FormulaGuard.neutralised(row.errors) : row.errors
    bytes += safe(row.raw)
    bytes += Array("\(delimiter)\(dialect.quoted(errors))\r\n".utf8)
  }
}

/// The rejected records as they stood, one after another, each with `_errors` as its last member. What is
/// no record stands in `_raw` of one that has nothing else.
struct RecordReport: RejectReport {
  private struct Broken: Encodable {
    let raw: String
    let errors: String

    enum CodingKeys: String, CodingKey {
      case raw = "_raw"
      case errors = "_errors"
    }
  }

  private var row: RejectedRow?

  func begin() -> [UInt8] { [] }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) throws {
    if row?.number != reject.row {
      try flush(to: &bytes)
      row = RejectedRow(reject)
    }
    row?.add(reject)
  }

  mutating func end() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try flush(to: &bytes)
    return bytes
  }

  private mutating func flush(to bytes: inout [UInt8]) throws {
    guard let row = row.take() else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    if RecordReport.isRecord(row.raw) {
      // A record that was sent again has those of the time before.
      let record = JSONMembers(row.raw).without("_errors")
      let end = record.lastIndex(of: UInt8(ascii: "}")) ?? record.endIndex
      bytes += record[..<end]
      bytes += Array((JSONMembers(record).count == 0 ? "" : ", ").utf8)
      bytes += Array("\"_errors\": ".utf8) + Array(try encoder.encode(row.errors))
      bytes += record[end...]
    } else {
      let raw = String(decoding: row.raw, as: UTF8.self)
      bytes += Array(try encoder.encode(Broken(raw: raw, errors: row.errors)))
    }
    bytes.append(10)
  }

  private static func isRecord(_ raw: [UInt8]) -> Bool {
    do {
      _ = try JSONDecoder().decode([String: JSONValue].self, from: Data(raw))
      return true
    } catch {
      // It is told as what it is.
      return false
    }
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
