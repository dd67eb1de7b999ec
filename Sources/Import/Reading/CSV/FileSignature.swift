/// Files that are something else than CSV in UTF-8, told by their first bytes.
enum FileSignature {
  /// How many bytes are looked at.
  static let length = 16

  /// The UTF-8 byte order mark.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// In the order in which they are tried: UTF-32 begins like UTF-16.
  private static let known: [(bytes: [UInt8], name: String, advice: String)] = [
    ([0xFF, 0xFE, 0, 0], "text in UTF-32", saveAsUTF8),
    ([0, 0, 0xFE, 0xFF], "text in UTF-32", saveAsUTF8),
    ([0xFF, 0xFE], "text in UTF-16", saveAsUTF8),
    ([0xFE, 0xFF], "text in UTF-16", saveAsUTF8),
    ([0x1F, 0x8B], "a gzip archive", unpack),
    ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive", unpack),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "an xz archive", unpack),
    ([0x50, 0x4B, 3, 4], "a ZIP archive or an Excel workbook (.xlsx)", unpackOrExport),
    ([0x50, 0x4B, 5, 6], "an empty ZIP archive", unpackOrExport),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Excel workbook (.xls)", export),
    (Array("%PDF-".utf8), "a PDF document", export),
  ]

  private static let saveAsUTF8 = "Save it as CSV in UTF-8."
  private static let unpack = "Unpack it and send the CSV file in it."
  private static let export = "Export the table as CSV in UTF-8."
  private static let unpackOrExport = "Unpack it, or export the sheet as CSV in UTF-8."

  /// Throws `unsupportedFormat` when the file is known to be something else.
  ///
  /// - Parameter start: the first bytes of the file, as many as `length` where it has them.
  static func check(_ start: UnsafeRawBufferPointer) throws(ReadingError) {
    for entry in known where start.starts(with: entry.bytes) {
      throw ReadingError(
        .unsupportedFormat, "The file seems to be \(entry.name), not CSV. \(entry.advice)")
    }
    // ASCII in UTF-16 without a mark: every second byte is zero.
    if start.count >= 4, (start[0] == 0) != (start[1] == 0), (start[2] == 0) != (start[3] == 0) {
      throw ReadingError(
        .unsupportedFormat, "The file seems to be text in UTF-16, not CSV in UTF-8. \(saveAsUTF8)")
    }
  }
}
