internal import CZip

/// Sees to it that a part of an archive does not inflate beyond reason.
struct ExpansionGuard {
  let name: String
  /// How many bytes the part has in the archive.
  let packed: Int64

  /// Inflated bytes that are always allowed.
  static let free: Int64 = 16 << 20
  /// How many times its packed size a part may inflate to beyond that. Worksheets of real programs stay
  /// below 100; deflate goes up to 1,032.
  static let factor: Int64 = 200

  /// Throws `tooExpansive` where `inflated` bytes are too many.
  func check(_ inflated: Int64) throws(ReadingError) {
    guard inflated > ExpansionGuard.free,
      inflated / ExpansionGuard.factor > packed
    else { return }
    throw ReadingError(
      .tooExpansive,
      "The part \(name.prefix(100)) of the workbook inflates more than \(ExpansionGuard.factor)-fold.",
      hint: "Save the sheet as CSV, or without formatted cells that are empty, and send it again.")
  }
}

/// The inflated bytes of a part of a workbook, in their order.
final class PartStream {
  private let file: OpaquePointer
  private let archive: WorkbookArchive
  private let guarded: ExpansionGuard
  /// Inflated size as the archive's directory says: for progress only.
  let size: Int64
  private var taken: Int64 = 0

  init(_ file: OpaquePointer, archive: WorkbookArchive, size: Int64, guarded: ExpansionGuard) {
    self.file = file
    self.archive = archive
    self.size = size
    self.guarded = guarded
  }

  deinit {
    zip_fclose(file)
  }

  /// The part's name.
  var name: String { guarded.name }

  /// Reads on; 0 at the end only, where libzip has compared the check sum.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
    let count = zip_fread(file, start, UInt64(buffer.count))
    if count < 0 {
      if let failure = archive.failure { throw failure }
      throw PartStream.damaged(name)
    }
    taken += count
    try guarded.check(taken)
    return Int(count)
  }

  static func damaged(_ name: String) -> ReadingError {
    ReadingError(
      .corruptFile, "The workbook is damaged: its part \(name.prefix(100)) cannot be unpacked.",
      hint: "Send the file again, or save it anew in Excel.")
  }
}
