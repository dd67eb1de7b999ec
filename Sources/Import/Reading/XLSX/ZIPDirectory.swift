import ImportModel

/// Looks at the end of an archive before libzip does, which takes memory for each entry that is told there.
enum ZIPDirectory {
  /// Longest record at the end of an archive: 22 bytes and a comment (APPNOTE.TXT, section 4.3.16).
  private static let longestEnd = 22 + 0xFFFF

  /// Throws `corruptFile` where the archive says that it has more entries than `maxEntries`.
  static func check(_ file: any FileBytes, maxEntries: Int) throws {
    let start = max(0, file.size - Int64(longestEnd))
    let tail = try FileSlice.read(file, at: start, count: Int(file.size - start))
    guard let end = lastIndex(of: [0x50, 0x4B, 5, 6], in: tail), end + 22 <= tail.count else {
      throw ReadingError(
        .corruptFile, "The workbook is damaged or cut off: its archive has no directory.",
        hint: "Send the file again, or save it anew in Excel.")
    }
    var entries = UInt64(tail[end + 10]) | UInt64(tail[end + 11]) << 8
    // A directory of the larger kind is announced 20 bytes before (sections 4.3.14 and 4.3.15).
    if end >= 20, Array(tail[(end - 20)..<(end - 16)]) == [0x50, 0x4B, 6, 7] {
      let offset = number(tail[(end - 12)..<(end - 4)])
      let record = try FileSlice.read(file, at: Int64(clamping: offset), count: 56)
      if record.count == 56 { entries = max(entries, number(record[32..<40])) }
    }
    if entries > UInt64(maxEntries) {
      throw ReadingError(.corruptFile, "The archive says that it holds \(entries) files.")
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func lastIndex(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
    var index = bytes.count - mark.count
    while index >= 0 {
      if bytes[index...].starts(with: mark) { return index }
      index -= 1
    }
    return nil
  }
}

/// A few bytes of a file.
enum FileSlice {
  /// Reads up to `count` bytes; fewer come only where the file ends.
  static func read(_ file: any FileBytes, at offset: Int64, count: Int) throws -> [UInt8] {
    guard offset >= 0, offset < file.size, count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: min(count, Int(file.size - offset)))
    var filled = 0
    while filled < bytes.count {
      let taken = try bytes.withUnsafeMutableBytes { all in
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: all[filled...]), at: offset + Int64(filled))
      }
      if taken <= 0 { break }
      filled += taken
    }
    return Array(bytes.prefix(filled))
  }
}
