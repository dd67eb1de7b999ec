internal import CZip
internal import ImportModel

/// A ZIP archive, read through libzip straight out of a stored file.
///
/// Memory: its list of entries, bounded by `DecodingLimits`. One thread owns it.
final class ZipArchive {
  /// One entry, as the archive's directory describes it.
  struct Entry: Sendable, Equatable {
    let index: UInt64
    /// With slashes, in UTF-8.
    let name: String
    /// Unpacked, in bytes.
    let size: Int64
    /// Packed, in bytes.
    let packedSize: Int64
    let isEncrypted: Bool
  }

  let access: ZipFileAccess
  let fileSize: Int64
  private let archive: OpaquePointer

  /// Reads the list of entries.
  ///
  /// - Throws: `corruptFile`, `archiveContents` where the list is too long, and what the storage throws.
  init(_ file: any FileBytes, limits: DecodingLimits = DecodingLimits()) throws {
    try ZipDirectoryGuard.check(file, maxEntries: limits.maxEntries)
    access = ZipFileAccess(file, budget: limits.maxDirectoryBytes)
    fileSize = file.size
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = access.makeSource() else { throw Self.damaged }
    guard let opened = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw access.failure ?? Self.damaged
    }
    archive = opened
    access.budget = nil
  }

  deinit {
    zip_discard(archive)
  }

  /// How many entries there are, folders among them.
  var count: Int { Int(max(zip_get_num_entries(archive, 0), 0)) }

  /// Whether there is an entry of this name, in whatever case.
  func contains(_ name: String) -> Bool {
    zip_name_locate(archive, name, zip_flags_t(ZIP_FL_NOCASE)) >= 0
  }

  /// The entry at a place in the list.
  func entry(at index: Int) throws -> Entry {
    var stat = zip_stat_t()
    zip_stat_init(&stat)
    guard zip_stat_index(archive, zip_uint64_t(index), 0, &stat) == 0 else {
      throw access.failure ?? Self.damaged
    }
    return Entry(
      index: UInt64(index), name: stat.name.map { String(cString: $0) } ?? "",
      size: Int64(clamping: stat.size), packedSize: Int64(clamping: stat.comp_size),
      isEncrypted: stat.encryption_method != ZIP_EM_NONE)
  }

  /// Opens an entry for reading from its start.
  ///
  /// - Throws: `encryptedFile`, `unsupportedFormat` for rare compressions, `corruptFile`, and what the
  ///   storage throws.
  func open(_ entry: Entry) throws -> OpaquePointer {
    if entry.isEncrypted { throw Self.encrypted(entry.name) }
    if let opened = zip_fopen_index(archive, entry.index, 0) { return opened }
    if let failure = access.failure { throw failure }
    guard let error = zip_get_error(archive) else { throw Self.damaged }
    switch zip_error_code_zip(error) {
    case ZIP_ER_COMPNOTSUPP: throw Self.unknownCompression(entry.name)
    case ZIP_ER_ENCRNOTSUPP, ZIP_ER_NOPASSWD, ZIP_ER_WRONGPASSWD: throw Self.encrypted(entry.name)
    default: throw Self.damaged
    }
  }

  static let damaged = ReadingError(
    .corruptFile, "The ZIP archive is damaged or cut off.",
    hint: "Test it with unzip -t, and send an intact copy.")

  static func encrypted(_ name: String) -> ReadingError {
    ReadingError(
      .encryptedFile, "“\(name)” in the ZIP archive is locked with a password.",
      hint: "Unpack it with the password and send the file itself.")
  }

  private static func unknownCompression(_ name: String) -> ReadingError {
    ReadingError(
      .unsupportedFormat, "“\(name)” is packed with a method that is not read here.",
      hint: "Pack it again with ordinary ZIP compression (Deflate), or send the file itself.")
  }
}
