/// The mark that many programs put before a text: U+FEFF in its encoding.
enum ByteOrderMark: CaseIterable {
  // UTF-32 before UTF-16: its little-endian mark begins with that of UTF-16.
  case utf32LittleEndian
  case utf32BigEndian
  case utf16LittleEndian
  case utf16BigEndian
  case utf8
  case gb18030

  var bytes: [UInt8] {
    switch self {
    case .utf32LittleEndian: [0xFF, 0xFE, 0, 0]
    case .utf32BigEndian: [0, 0, 0xFE, 0xFF]
    case .utf16LittleEndian: [0xFF, 0xFE]
    case .utf16BigEndian: [0xFE, 0xFF]
    case .utf8: [0xEF, 0xBB, 0xBF]
    case .gb18030: [0x84, 0x31, 0x95, 0x33]
    }
  }

  var length: Int { bytes.count }

  var encoding: TextEncoding {
    switch self {
    case .utf32LittleEndian: TextEncoding(known: "UTF-32LE")
    case .utf32BigEndian: TextEncoding(known: "UTF-32BE")
    case .utf16LittleEndian: TextEncoding(known: "UTF-16LE")
    case .utf16BigEndian: TextEncoding(known: "UTF-16BE")
    case .utf8: .utf8
    case .gb18030: TextEncoding(known: "GB18030")
    }
  }

  /// The mark at the start of a text; nil where there is none.
  init?(start: UnsafeRawBufferPointer) {
    guard let mark = Self.allCases.first(where: { start.starts(with: $0.bytes) }) else {
      return nil
    }
    self = mark
  }

  /// Whether the mark is none of the text of an encoding. That of UTF-8 has no meaning in any encoding
  /// with bytes for units, and is left out even where the text behind it is said to be in another.
  func isLeftOut(of encoding: TextEncoding) -> Bool {
    self.encoding == encoding || self == .utf8 && encoding.unitSize == 1
  }

  /// An encoding with the order of its bytes: `UTF-16` and `UTF-32` take it from the mark.
  ///
  /// - Throws: `badEncoding` where the mark is that of the other order.
  static func order(
    of encoding: TextEncoding, mark: ByteOrderMark?
  ) throws(ReadingError) -> TextEncoding {
    let fitting = mark?.encoding
    switch (encoding.name, fitting?.name) {
    case ("UTF-16", "UTF-16BE"), ("UTF-32", "UTF-32BE"): return fitting ?? encoding
    case ("UTF-16", _): return TextEncoding(known: "UTF-16LE")
    case ("UTF-32", _): return TextEncoding(known: "UTF-32LE")
    case ("UTF-16LE", "UTF-16BE"), ("UTF-16BE", "UTF-16LE"), ("UTF-32LE", "UTF-32BE"),
      ("UTF-32BE", "UTF-32LE"):
      throw ReadingError(
        .badEncoding,
        "The file's byte order mark is that of \(fitting?.name ?? ""), not of \(encoding).",
        hint: "Leave out the option encoding, or set it to \(fitting?.name ?? "").")
    default: return encoding
    }
  }
}
