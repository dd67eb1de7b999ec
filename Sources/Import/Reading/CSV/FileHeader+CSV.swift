extension FileHeader {
  /// Takes the names from a row.
  ///
  /// - Parameter raw: its bytes.
  init(
    _ row: HeaderRow.Row, raw: UnsafeRawBufferPointer, dialect: CheckedDialect
  ) throws(ReadingError) {
    if raw.contains(0) {
      throw ReadingError(
        .unsupportedFormat,
        "The header has zero bytes: this is no text, or text in UTF-16. Save the file as CSV in UTF-8."
      )
    }
    var names: [String] = []
    names.reserveCapacity(row.fields.count)
    for field in row.fields {
      let bytes = FileHeader.value(of: field, in: raw, decoding: dialect.decoding)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw ReadingError(
          .headerEncoding,
          "The name of column \(names.count + 1) is not valid UTF-8. Save the file as UTF-8.")
      }
      guard !bytes.contains(0) else {
        throw ReadingError(
          .headerEncoding,
          "The name of column \(names.count + 1) has a zero byte, written as an escape: no column has such a name."
        )
      }
      names.append(FileHeader.trimmed(text))
    }
    self.init(names: names, raw: Array(raw), delimiter: dialect.dialect.delimiter)
  }

  /// Makes up names for the columns of a file that has none: `column_1` and so on.
  init(columns: Int, dialect: CSVDialect) {
    self.init(names: (1...columns).map { "column_\($0)" }, delimiter: dialect.delimiter)
  }

  private static func value(
    of field: FieldSpan, in raw: UnsafeRawBufferPointer, decoding: FieldDecoding
  ) -> [UInt8] {
    let text = UnsafeRawBufferPointer(rebasing: raw[field.start..<field.end])
    switch field.coding {
    case .none: return Array(text)
    case .null: return []
    case .quoted, .mixed:
      return [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
        count = decoding.decode(text, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
