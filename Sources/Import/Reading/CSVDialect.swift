/// The bytes that give a CSV file its structure.
///
/// Line ends are no part of it: LF, CRLF and CR all end a row, even in one file.
public struct CSVDialect: Sendable, Codable, Equatable {
  /// Between two fields.
  public var delimiter: UInt8
  /// Around a field; doubled, it stands for itself.
  public var quote: UInt8

  /// Comma and double quote, unless told otherwise.
  public init(delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\"")) {
    self.delimiter = delimiter
    self.quote = quote
  }

  /// Checks that both are ASCII, different from each other, and neither zero nor a line end.
  ///
  /// - Throws: `ReadingError` with the code `badDialect`.
  public func validate() throws(ReadingError) {
    for byte in [delimiter, quote] where !(1..<0x80).contains(byte) || byte == .lf || byte == .cr {
      throw ReadingError(
        .badDialect,
        "Delimiter and quote must each be one ASCII character other than a line end; byte \(byte) is not."
      )
    }
    if delimiter == quote {
      throw ReadingError(.badDialect, "Delimiter and quote must differ.")
    }
  }
}

extension UInt8 {
  static let lf = UInt8(ascii: "\n")
  static let cr = UInt8(ascii: "\r")
}
