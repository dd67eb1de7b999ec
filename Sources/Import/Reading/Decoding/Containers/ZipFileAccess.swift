internal import CZip
internal import ImportModel

/// How libzip reads an archive: piece by piece out of a stored file, which is never loaded.
///
/// libzip has one thread at a time call it, the one that reads the archive.
final class ZipFileAccess {
  private let file: any FileBytes
  /// Where libzip reads on.
  private(set) var offset: Int64 = 0
  /// How many more bytes may be read; nil is no limit. Bounds what libzip loads of a list of entries.
  var budget: Int64?
  /// Why reading the file failed, where it did: an error of the storage, or the budget.
  private(set) var failure: (any Error)?
  private var error = zip_error_t()

  init(_ file: any FileBytes, budget: Int64) {
    self.file = file
    self.budget = budget
    zip_error_init(&error)
  }

  deinit {
    zip_error_fini(&error)
  }

  /// Makes the source that libzip reads from. It holds the access until libzip frees it.
  func makeSource() -> OpaquePointer? {
    let held = Unmanaged.passRetained(self)
    let source = zip_source_function_create(Self.callback, held.toOpaque(), nil)
    if source == nil { held.release() }
    return source
  }

  private static let callback: zip_source_callback = { access, data, length, command in
    guard let access else { return -1 }
    let held = Unmanaged<ZipFileAccess>.fromOpaque(access)
    if command == ZIP_SOURCE_FREE {
      held.release()
      return 0
    }
    return held.takeUnretainedValue().answer(command, data, length)
  }

  private func answer(
    _ command: zip_source_cmd_t, _ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t
  ) -> zip_int64_t {
    switch command {
    case ZIP_SOURCE_OPEN:
      offset = 0
      return 0
    case ZIP_SOURCE_CLOSE:
      return 0
    case ZIP_SOURCE_READ:
      return read(UnsafeMutableRawBufferPointer(start: data, count: Int(min(length, 1 << 30))))
    case ZIP_SOURCE_STAT:
      return stat(data, length)
    case ZIP_SOURCE_ERROR:
      guard let data else { return -1 }
      return zip_error_to_data(&error, data, length)
    case ZIP_SOURCE_SEEK:
      return seek(data, length)
    case ZIP_SOURCE_TELL:
      return offset
    case ZIP_SOURCE_SUPPORTS:
      return Self.supported
    default:
      zip_error_set(&error, ZIP_ER_OPNOTSUPP, 0)
      return -1
    }
  }

  private func read(_ target: UnsafeMutableRawBufferPointer) -> zip_int64_t {
    do {
      if let budget, Int64(target.count) > budget { throw Self.directoryTooLarge }
      let count = try file.read(into: target, at: offset)
      offset += Int64(count)
      budget = budget.map { $0 - Int64(count) }
      return zip_int64_t(count)
    } catch {
      failure = error
      zip_error_set(&self.error, ZIP_ER_READ, 0)
      return -1
    }
  }

  private func seek(_ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t) -> zip_int64_t {
    guard let data else { return -1 }
    let place = zip_source_seek_compute_offset(
      zip_uint64_t(offset), zip_uint64_t(file.size), data, length, &error)
    guard place >= 0 else { return -1 }
    offset = place
    return 0
  }

  private func stat(_ data: UnsafeMutableRawPointer?, _ length: zip_uint64_t) -> zip_int64_t {
    let size = MemoryLayout<zip_stat_t>.size
    guard let data, length >= size else {
      zip_error_set(&error, ZIP_ER_INVAL, 0)
      return -1
    }
    let stat = data.assumingMemoryBound(to: zip_stat_t.self)
    zip_stat_init(stat)
    stat.pointee.size = zip_uint64_t(file.size)
    stat.pointee.valid = zip_uint64_t(ZIP_STAT_SIZE)
    return zip_int64_t(size)
  }

  /// ZIP_SOURCE_SUPPORTS_SEEKABLE, a macro that Swift does not see.
  private static let supported: zip_int64_t = [
    ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
    ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS,
  ].reduce(0) { $0 | 1 << zip_int64_t($1.rawValue) }

  static let directoryTooLarge = ReadingError(
    .archiveContents, "The ZIP archive holds too many entries to be looked through.",
    hint: "Send the one file in it that is meant.")
}
