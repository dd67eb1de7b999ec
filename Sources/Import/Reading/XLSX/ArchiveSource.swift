internal import CZip
import Glibc
import ImportModel

/// Lets libzip read an archive out of `FileBytes`, so that no more of it is in memory than libzip asks for.
final class ArchiveSource {
  private let file: any FileBytes
  private var offset: Int64 = 0
  private var error = zip_error_t()
  /// What the file threw, which says more than libzip's code.
  private(set) var failure: (any Error)?

  init(_ file: any FileBytes) {
    self.file = file
    zip_error_init(&error)
  }

  deinit {
    zip_error_fini(&error)
  }

  /// What libzip may ask of this source.
  private static let commands: Int64 = [
    ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
    ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS,
  ].reduce(0) { $0 | 1 << Int64($1.rawValue) }

  /// Opens the archive. libzip keeps this object until the archive is discarded.
  func open() throws -> OpaquePointer {
    var problem = zip_error_t()
    zip_error_init(&problem)
    defer { zip_error_fini(&problem) }
    let unmanaged = Unmanaged.passRetained(self)
    guard let source = zip_source_function_create(archiveCallback, unmanaged.toOpaque(), &problem)
    else {
      unmanaged.release()
      throw ReadingError(.corruptFile, "The archive cannot be read.")
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &problem) else {
      zip_source_free(source)
      if let failure { throw failure }
      throw ReadingError(
        .corruptFile, "The workbook is damaged or cut off: its archive has no readable directory.",
        hint: "Send the file again, or save it anew in Excel.")
    }
    return archive
  }

  fileprivate func answer(
    _ command: zip_source_cmd_t, _ data: UnsafeMutableRawPointer?, _ count: UInt64
  ) -> Int64 {
    switch command {
    case ZIP_SOURCE_OPEN:
      offset = 0
      return 0
    case ZIP_SOURCE_READ: return read(data, count)
    case ZIP_SOURCE_CLOSE: return 0
    case ZIP_SOURCE_STAT: return stat(data, count)
    case ZIP_SOURCE_ERROR:
      guard let data else { return -1 }
      return zip_error_to_data(&error, data, count)
    case ZIP_SOURCE_SEEK: return seek(data, count)
    case ZIP_SOURCE_TELL: return offset
    case ZIP_SOURCE_SUPPORTS: return ArchiveSource.commands
    default:
      zip_error_set(&error, ZIP_ER_OPNOTSUPP, 0)
      return -1
    }
  }

  private func read(_ data: UnsafeMutableRawPointer?, _ count: UInt64) -> Int64 {
    guard let data else { return 0 }
    let buffer = UnsafeMutableRawBufferPointer(start: data, count: Int(clamping: count))
    do {
      let taken = try file.read(into: buffer, at: offset)
      offset += Int64(taken)
      return Int64(taken)
    } catch {
      failure = error
      zip_error_set(&self.error, ZIP_ER_READ, EIO)
      return -1
    }
  }

  private func seek(_ data: UnsafeMutableRawPointer?, _ count: UInt64) -> Int64 {
    guard let data else { return -1 }
    let size = UInt64(clamping: file.size)
    let target = zip_source_seek_compute_offset(UInt64(clamping: offset), size, data, count, &error)
    guard target >= 0 else { return -1 }
    offset = target
    return 0
  }

  private func stat(_ data: UnsafeMutableRawPointer?, _ count: UInt64) -> Int64 {
    guard let data, count >= UInt64(MemoryLayout<zip_stat_t>.size) else { return -1 }
    let entry = data.assumingMemoryBound(to: zip_stat_t.self)
    zip_stat_init(entry)
    entry.pointee.size = UInt64(clamping: file.size)
    entry.pointee.valid |= UInt64(ZIP_STAT_SIZE)
    return Int64(MemoryLayout<zip_stat_t>.size)
  }
}

private func archiveCallback(
  _ user: UnsafeMutableRawPointer?, _ data: UnsafeMutableRawPointer?, _ count: UInt64,
  _ command: zip_source_cmd_t
) -> Int64 {
  guard let user else { return -1 }
  let source = Unmanaged<ArchiveSource>.fromOpaque(user)
  if command == ZIP_SOURCE_FREE {
    source.release()
    return 0
  }
  return source.takeUnretainedValue().answer(command, data, count)
}
