internal import CZip
public import ImportModel

/// The one file that a ZIP archive holds, unpacked in constant memory out of the stored archive.
///
/// Folders, `__MACOSX/` and hidden files, which programs leave in archives unasked, do not count. Its
/// length and checksum are checked when its end is reached: a fault throws `corruptFile`.
public final class ZipEntrySource: ByteSource {
  private let archive: ZipArchive
  private let entry: ZipArchive.Entry
  private let handle: OpaquePointer
  private var place = Place.start
  private var failure: (any Error)?

  private enum Place {
    case start
    case within
    case end
  }

  /// The file's name within the archive, with its folders.
  public var name: String { entry.name }

  /// How many bytes it unpacks to, as the archive says.
  public var size: Int64 { entry.size }

  /// See `ByteSource`: how far the archive was read.
  public var bytesTaken: Int64 {
    switch place {
    case .start: 0
    case .within: archive.access.offset
    case .end: archive.fileSize
    }
  }

  /// Finds the one file in the archive.
  ///
  /// - Throws: `archiveContents` where there is none or more than one, `encryptedFile`, `corruptFile`,
  ///   `unsupportedFormat` for a rare compression, and whatever the storage throws.
  public convenience init(_ file: any FileBytes, limits: DecodingLimits = DecodingLimits()) throws {
    try self.init(ZipArchive(file, limits: limits))
  }

  init(_ archive: ZipArchive) throws {
    self.archive = archive
    entry = try ZipContents(of: archive).onlyFile()
    handle = try archive.open(entry)
  }

  deinit {
    zip_fclose(handle)
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let failure { throw failure }
    guard let target = buffer.baseAddress, !buffer.isEmpty, place != .end else { return 0 }
    place = .within
    let count = zip_fread(handle, target, zip_uint64_t(buffer.count))
    guard count >= 0 else {
      let error = archive.access.failure ?? ZipArchive.damaged
      failure = error
      throw error
    }
    if count == 0 { place = .end }
    return Int(count)
  }
}
