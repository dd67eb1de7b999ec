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
///
/// libzip is asked for the same amounts whatever the reader asks for: where a part is damaged, it gives nothing of
/// the amount in which that shows, so that what is read before would depend on the reader's blocks.
final class PartStream {
  private static let unit = 16 << 10

  private let file: OpaquePointer
  private let archive: WorkbookArchive
  private let guarded: ExpansionGuard
  /// Inflated size as the archive's directory says: for progress only.
  let size: Int64
  private var taken: Int64 = 0
  /// What was inflated and not read yet.
  private var ready: [UInt8] = []
  private var start = 0

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
    guard !buffer.isEmpty else { return 0 }
    if start == ready.count { try inflate() }
    let count = min(buffer.count, ready.count - start)
    ready.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
    }
    start += count
    return count
  }

  private func inflate() throws {
    let (file, unit) = (file, PartStream.unit)
    var count: Int64 = 0
    ready = [UInt8](unsafeUninitializedCapacity: unit) { target, initialized in
      count = zip_fread(file, target.baseAddress, UInt64(unit))
      initialized = max(0, Int(count))
    }
    start = 0
    if count < 0 {
      if let failure = archive.failure { throw failure }
      throw PartStream.damaged(name)
    }
    taken += count
    try guarded.check(taken)
  }

  static func damaged(_ name: String) -> ReadingError {
    ReadingError(
      .corruptFile, "The workbook is damaged: its part \(name.prefix(100)) cannot be unpacked.",
      hint: "Send the file again, or save it anew in Excel.")
  }
}
