internal import CZip
import ImportModel

/// The ZIP archive that a workbook is, and its parts by name.
///
/// Names are matched without regard to case, a leading slash and the kind of slash, as programs that write
/// workbooks do not agree on them.
final class WorkbookArchive {
  private let source: ArchiveSource
  private let archive: OpaquePointer
  private var entries: [String: UInt64] = [:]
  /// Size of the archive itself.
  let size: Int64

  /// More parts than any workbook has; each costs memory.
  static let maxEntries = 65_536

  init(_ file: any FileBytes) throws {
    size = file.size
    try ZIPDirectory.check(file, maxEntries: WorkbookArchive.maxEntries)
    source = ArchiveSource(file)
    archive = try source.open()
    let count = zip_get_num_entries(archive, 0)
    for index in 0..<UInt64(clamping: max(count, 0)) {
      guard let name = zip_get_name(archive, index, 0) else { continue }
      let key = WorkbookArchive.key(String(cString: name))
      if entries[key] == nil { entries[key] = index }
    }
  }

  deinit {
    zip_discard(archive)
  }

  /// Whether there is such a part.
  func contains(_ name: String) -> Bool { entries[WorkbookArchive.key(name)] != nil }

  /// Opens a part, or returns nil where there is none of that name.
  ///
  /// - Throws: `ReadingError` where it is encrypted or inflates beyond reason by what the directory says.
  func open(_ name: String) throws -> PartStream? {
    guard let index = entries[WorkbookArchive.key(name)] else { return nil }
    var stat = zip_stat_t()
    zip_stat_init(&stat)
    guard zip_stat_index(archive, index, 0, &stat) == 0 else { throw PartStream.damaged(name) }
    if stat.encryption_method != ZIP_EM_NONE {
      throw ReadingError(
        .encryptedFile, "The workbook is locked with a password.",
        hint: "Save it without a password and send it again.")
    }
    let inflated = Int64(clamping: stat.size)
    let guarded = ExpansionGuard(name: name, packed: min(Int64(clamping: stat.comp_size), size))
    try guarded.check(inflated)
    guard let file = zip_fopen_index(archive, index, 0) else {
      if let failure = source.failure { throw failure }
      throw PartStream.damaged(name)
    }
    return PartStream(file, archive: self, size: inflated, guarded: guarded)
  }

  /// What the file threw when libzip read it, if anything.
  var failure: (any Error)? { source.failure }

  private static func key(_ name: String) -> String {
    let path = name.replacing("\\", with: "/").lowercased()
    return String(path.drop { $0 == "/" })
  }
}
