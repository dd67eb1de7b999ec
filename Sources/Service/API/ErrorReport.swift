import HTTP
import ImportModel
import Postgres
import Staging

/// `GET /imports/{id}/errors`: the rejects, streamed page by page.
struct ErrorReport: Sendable {
  private static let pageSize = 1000
  private static let blockBytes = 64 * 1024

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
    let isNeutral = try neutralise(request)
    let record = try await RequestValues.record(request, services)
    let listing = Listing(record, try await RejectList.read(record.id, pool: services.pool))
    switch format {
    case .csv:
      return stream(
        CSVReport(isNeutral: isNeutral ?? true), of: listing, type: "text/csv; charset=utf-8",
        file: "errors.csv")
    case .source:
      if record.source.format == "json" {
        return stream(
          RecordReport(), of: listing, type: "application/x-ndjson", file: "rejected-rows.jsonl")
      }
      // It is meant to come back, and a quote more would come back with it.
      let report = SourceReport(
        dialect: record.source.dialect, header: try await header(record),
        isNeutral: isNeutral ?? false)
      return stream(report, of: listing, type: "text/csv; charset=utf-8", file: "rejected-rows.csv")
    case .json:
      return stream(JSONReport(listing: listing), of: listing, type: "application/json", file: nil)
    }
  }

  /// Whether cells that begin like a formula are neutralised; nil where the request does not say.
  private func neutralise(_ request: HTTPRequest) throws -> Bool? {
    switch request.query["neutralise"] {
    case nil: nil
    case "true": true
    case "false": false
    case .some: throw Problem.badRequest("`neutralise` is true or false")
    }
  }

  /// The header as it stood, kept with the import.
  private func header(_ record: ImportRecord) async throws -> [UInt8] {
    let sql = "SELECT source_header FROM sluice.imports WHERE id = $1::uuid"
    let rows = try await services.pool.query(sql, [.text(record.id.description)]).rows
    return try rows.first?.bytes("source_header") ?? []
  }

  private func stream(
    _ report: some RejectReport, of listing: Listing, type: String, file: String?
  ) -> HTTPResponse {
    var headers: HTTPHeaders = [
      "Content-Type": type, "X-Sluice-Rows-Bad": "\(listing.rowsBad)",
      "X-Sluice-Rows-Listed": "\(listing.rowsListed)",
    ]
    if let file {
      headers.add("Content-Disposition", "attachment; filename=\"\(listing.id)-\(file)\"")
    }
    return HTTPResponse(
      headers: headers,
      body: .stream(contentLength: nil) { writer in
        try await write(listing.id, report, to: writer)
      })
  }

  /// Page by page, and block by block: a row of the report holds a row of the file for each fault.
  private func write(
    _ id: ImportID, _ report: some RejectReport, to writer: HTTPResponseWriter
  ) async throws {
    var report = report
    var bytes = report.begin()
    var last: (row: Int64, ordinal: Int64) = (-1, -1)
    while true {
      let page = try await RejectStore.page(
        of: id, after: last, limit: ErrorReport.pageSize, pool: services.pool)
      for (reject, _) in page {
        try report.add(reject, to: &bytes)
        if bytes.count >= ErrorReport.blockBytes {
          try await writer.write(bytes)
          bytes.removeAll()
        }
      }
      guard let end = page.last else { break }
      last = (end.reject.row, end.ordinal)
    }
    try await writer.write(bytes + (try report.end()))
  }
}

/// How many rejected rows an import has, and how many of them its report lists.
struct Listing: Sendable {
  let id: ImportID
  let rowsBad: Int64
  let rowsListed: Int64
  let isTruncated: Bool

  init(_ record: ImportRecord, _ list: RejectList?) {
    id = record.id
    rowsBad = record.counts.bad
    rowsListed = list?.rowsListed ?? 0
    // While an import runs, rows are counted a little before they are listed.
    isTruncated =
      record.status.isTerminal ? rowsListed < rowsBad : (list?.rowsOmitted ?? 0) > 0
  }
}
