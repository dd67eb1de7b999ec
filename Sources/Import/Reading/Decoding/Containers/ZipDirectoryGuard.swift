internal import ImportModel

/// Refuses an archive that claims more entries than are allowed, before libzip makes room for them.
///
/// Only the ZIP64 end record can claim more than 65,535 (APPNOTE 6.3.10, sections 4.3.14 and 4.3.15).
enum ZipDirectoryGuard {
  private static let recordSize = 56
  private static let locatorSize = 20
  /// The longest comment, the end record and the locator before it.
  private static let tailSize = 65_535 + 22 + locatorSize

  static func check(_ file: any FileBytes, maxEntries: Int) throws {
    let start = max(file.size - Int64(tailSize), 0)
    let tail = try bytes(of: file, at: start, count: Int(min(file.size, Int64(tailSize))))
    guard tail.count >= locatorSize else { return }
    for place in 0...(tail.count - locatorSize) where tail[place...].starts(with: [80, 75, 6, 7]) {
      let offset = number(tail, at: place + 8)
      guard offset < UInt64(max(file.size - Int64(recordSize), 0)) else { continue }
      let record = try bytes(of: file, at: Int64(offset), count: recordSize)
      guard record.count == recordSize, record.starts(with: [80, 75, 6, 6]) else { continue }
      if number(record, at: 32) > UInt64(maxEntries) { throw ZipFileAccess.directoryTooLarge }
    }
  }

  private static func number(_ bytes: [UInt8], at place: Int) -> UInt64 {
    bytes[place..<(place + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(of file: any FileBytes, at offset: Int64, count: Int) throws -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = try bytes.withUnsafeMutableBytes { buffer in
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + Int64(done))
      }
      if got == 0 { break }
      done += got
    }
    return Array(bytes.prefix(done))
  }
}
