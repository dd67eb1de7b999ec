import ImportModel

/// Files of the kind that old Excel workbooks are, and workbooks locked with a password ([MS-CFB]).
enum CompoundFile {
  static let signature: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

  /// Throws what such a file is, where it is one.
  static func check(_ file: any FileBytes) throws {
    let header = try FileSlice.read(file, at: 0, count: 512)
    guard header.starts(with: signature) else { return }
    if try isEncrypted(file, header: header) {
      throw ReadingError(
        .encryptedFile, "The workbook is locked with a password.",
        hint: "Open it in Excel, remove the password (File, Info, Protect Workbook) and save it.")
    }
    throw ReadingError(
      .unsupportedFormat, "The file is an old Excel workbook (.xls).",
      hint: "Save it as an Excel workbook (.xlsx) or as CSV, and send that.")
  }

  /// A locked workbook has a stream `EncryptedPackage` ([MS-OFFCRYPTO], section 2.3.4.4). Its name stands in
  /// the directory, in UTF-16.
  private static func isEncrypted(_ file: any FileBytes, header: [UInt8]) throws -> Bool {
    guard header.count == 512 else { return false }
    let name: [UInt8] = "EncryptedPackage".unicodeScalars.flatMap { scalar -> [UInt8] in
      [UInt8(truncatingIfNeeded: scalar.value), 0]
    }
    let shift = min(Int(header[30]), 16)
    let sector = header[48..<52].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
    let directory = try FileSlice.read(file, at: (sector + 1) << shift, count: 64 << 10)
    let start = try FileSlice.read(file, at: 0, count: 64 << 10)
    return contains(name, in: directory) || contains(name, in: start)
  }

  private static func contains(_ name: [UInt8], in bytes: [UInt8]) -> Bool {
    guard bytes.count >= name.count else { return false }
    for index in 0...(bytes.count - name.count) where bytes[index] == name[0] {
      if bytes[index..<(index + name.count)].elementsEqual(name) { return true }
    }
    return false
  }
}
