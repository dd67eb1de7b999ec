import FoundationEssentials
import HTTP
import ImportModel
import Postgres
import Staging

/// `GET /imports/{id}/errors`: the rejects, streamed page by page.
struct ErrorReport: Sendable {
  private static let pageSize = 1000

  private enum Format: String, CaseIterable {
    case csv, source, json
  }

  let services: APIServices

  func add(to router: inout RouteTable) {
    router.on(.get, "/imports/{id}/errors") { try await send($0) }
  }

  private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let name = request.query["format"] ?? "csv"
    guard let format = Format(rawValue: name) else {
      throw Problem.badRequest("`format` is csv, source or json")
    }
    let record = try await RequestValues.record(request, services)
    switch format {
    case .csv:
      return stream(record, type: "text/csv; charset=utf-8", file: "errors.csv", CSVReport())
    case .source:
      let report = SourceReport(dialect: record.source.dialect, header: try await header(record))
      return stream(record, type: "text/csv", file: "rejected-rows.csv", report)
    case .json:
      return stream(record, type: "application/json", file: nil, JSONReport())
    }
  }

  /// The header as it stood, kept with the import.
  private func header(_ record: ImportRecord) async throws -> [UInt8] {
    let sql = "SELECT source_header FROM sluice.imports WHERE id = $1::uuid"
    let rows = try await services.pool.query(sql, [.text(record.id.description)]).rows
    return try rows.first?.bytes("source_header") ?? []
  }

  private func stream(
    _ record: ImportRecord, type: String, file: String?, _ report: some RejectReport
  ) -> HTTPResponse {
    var headers: HTTPHeaders = ["Content-Type": type]
    if let file {
      headers.add("Content-Disposition", "attachment; filename=\"\(record.id)-\(file)\"")
    }
    return HTTPResponse(
      headers: headers,
      body: .stream(contentLength: nil) { writer in
        try await write(record.id, report, to: writer)
      })
  }

  private func write(
    _ id: ImportID, _ report: some RejectReport, to writer: HTTPResponseWriter
  ) async throws {
    var report = report
    try await writer.write(report.begin())
    var last: (row: Int64, ordinal: Int64) = (-1, -1)
    while true {
      let page = try await RejectStore.page(
        of: id, after: last, limit: ErrorReport.pageSize, pool: services.pool)
      var bytes: [UInt8] = []
      for (reject, _) in page { try report.add(reject, to: &bytes) }
      if !bytes.isEmpty { try await writer.write(bytes) }
      guard let end = page.last else { break }
      last = (end.reject.row, end.ordinal)
    }
    try await writer.write(report.end())
  }
}

/// A way to write rejects down. They come ordered by row.
private protocol RejectReport: Sendable {
  func begin() -> [UInt8]
  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) throws
  mutating func end() -> [UInt8]
}

/// `row, line, column, code, message, value, raw`, in RFC 4180.
private struct CSVReport: RejectReport {
  /// Of the row at hand: only its first reject carries it.
  private var raw: (row: Int64, bytes: [UInt8]) = (-1, [])

  func begin() -> [UInt8] { Array("row,line,column,code,message,value,raw\r\n".utf8) }

  mutating func add(_ reject: Reject, to bytes: inout [UInt8]) {
    if reject.row != raw.row { raw = (reject.row, reject.raw ?? []) }
    let row = String(decoding: raw.bytes, as: UTF8.self)
    let cells = [
      "\(reject.row)", "\(reject.line)", reject.column ?? "", reject.code.rawValue, reject.message,
      reject.value ?? "", row,
    ]
    bytes += Array(cells.map { quoted($0, delimiter: ",") }.joined(separator: ",").utf8)
    bytes += [13, 10]
  }

  func end() -> [UInt8] { [] }
}

/// The rejected rows as they stood, under their own header, with `_errors` appended.
private struct SourceReport: RejectReport {
  private let dialect: ImportSource.Dialect
  private let header: [UInt8]
  private var row: (number: Int64, raw: [UInt8], messages: [String])?

  init(dialect: ImportSource.Dialect, header: [UInt8]) {
    self.dialect = dialect
    self.header = header
  }

  func begin() -> [UInt8] { header + Array("\(dialect.delimiter)_errors\r\n".utf8) }

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
    let errors = quoted(
      messages.joined(separator: "; "), delimiter: dialect.delimiter, quote: dialect.quote)
    bytes += raw
    bytes += Array("\(dialect.delimiter)\(errors)\r\n".utf8)
    row = nil
  }
}

/// One array of objects.
private struct JSONReport: RejectReport {
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

  private var raw: (row: Int64, text: String)?

  func begin() -> [UInt8] { Array("[".utf8) }

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

  func end() -> [UInt8] { Array("\n]\n".utf8) }
}

/// A cell, in quotes where it must be.
private func quoted(_ text: String, delimiter: String, quote: String = "\"") -> String {
  let special: (UInt8) -> Bool = { byte in
    byte == 10 || byte == 13 || delimiter.utf8.first == byte || quote.utf8.first == byte
  }
  guard text.utf8.contains(where: special) else { return text }
  var result = quote
  for character in text.unicodeScalars {
    if String(character) == quote { result += quote }
    result.unicodeScalars.append(character)
  }
  return result + quote
}
