/// A dialect whose structure is single bytes: what the fast scanner understands.
struct PlainDialect: Equatable {
  let delimiter: UInt8
  let quote: UInt8
}

extension CSVDialect {
  /// Checks that it does not contradict itself.
  ///
  /// - Throws: `ReadingError` with the code `badDialect`.
  public func validate() throws(ReadingError) {
    _ = try plain()
  }

  func plain() throws(ReadingError) -> PlainDialect {
    guard delimiter.count == 1, let quote, escape == .doubling, comment == nil, skipRows == 0,
      hasHeader
    else { throw ReadingError(.badDialect, "Dialects of this kind are not read yet.") }
    for byte in [delimiter[0], quote] where !(1..<0x80).contains(byte) || byte == .lf || byte == .cr {
      throw ReadingError(
        .badDialect,
        "Delimiter and quote must each be one ASCII character other than a line end; byte \(byte) is not."
      )
    }
    if delimiter[0] == quote {
      throw ReadingError(.badDialect, "Delimiter and quote must differ.")
    }
    return PlainDialect(delimiter: delimiter[0], quote: quote)
  }
}
