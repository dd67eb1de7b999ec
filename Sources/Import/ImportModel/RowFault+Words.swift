extension RowFault {
  /// What kind of reject it makes.
  public var code: RejectCode {
    switch self {
    case .fieldCount: .fieldCount
    case .unterminatedQuote: .unterminatedQuote
    case .tooLong: .rowTooLong
    case .badEncoding: .badEncoding
    case .syntax, .badCells: .type
    }
  }

  /// What is wrong, as the end of a sentence that begins with the row.
  public func message(fieldsInHeader: Int) -> String {
    switch self {
    case .fieldCount(let found):
      "has \(found) \(found == 1 ? "field" : "fields"), the header has \(fieldsInHeader)"
    case .unterminatedQuote: "the file ends inside a quoted field that begins in this row"
    case .tooLong(let limit): "is longer than \(limit) bytes"
    case .badEncoding: "has bytes that are no text in the encoding of the file"
    case .syntax(let text): text
    case .badCells(let cells):
      "has cells with errors: \(cells.map(\.text).joined(separator: ", "))"
    }
  }
}
