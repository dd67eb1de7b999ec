extension FileHeader {
  /// Takes a row apart.
  init(
    parsing raw: UnsafeRawBufferPointer, dialect: PlainDialect, limits: ReadingLimits
  ) throws(ReadingError) {
    if raw.contains(0) {
      throw ReadingError(
        .unsupportedFormat,
        "The header has zero bytes: this is no text, or text in UTF-16. Save the file as CSV in UTF-8."
      )
    }
    let fields = FileHeader.split(raw, dialect: dialect)
    if fields.count > limits.maxColumns {
      throw ReadingError(
        .tooManyColumns,
        "The header has \(fields.count) columns; at most \(limits.maxColumns) are read.")
    }
    var names: [String] = []
    names.reserveCapacity(fields.count)
    for field in fields {
      names.append(try FileHeader.name(of: field, column: names.count + 1, dialect: dialect))
    }
    self.init(names: names, raw: Array(raw), delimiter: [dialect.delimiter])
  }

  private static func split(
    _ raw: UnsafeRawBufferPointer, dialect: PlainDialect
  ) -> [UnsafeRawBufferPointer] {
    var fields: [UnsafeRawBufferPointer] = []
    var start = 0
    var isInQuotes = false
    for (index, byte) in raw.enumerated() {
      if byte == dialect.quote {
        isInQuotes.toggle()
      } else if byte == dialect.delimiter && !isInQuotes {
        fields.append(UnsafeRawBufferPointer(rebasing: raw[start..<index]))
        start = index + 1
      }
    }
    fields.append(UnsafeRawBufferPointer(rebasing: raw[start...]))
    return fields
  }

  private static func name(
    of field: UnsafeRawBufferPointer, column: Int, dialect: PlainDialect
  ) throws(ReadingError) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: field.count) { buffer, count in
      count = Unquoting.unquote(
        field, quote: dialect.quote, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ReadingError(
        .headerEncoding, "The name of column \(column) is not valid UTF-8. Save the file as UTF-8.")
    }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
