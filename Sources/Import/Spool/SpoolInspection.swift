import Glibc

/// A spool folder as it lies there; looking changes nothing.
public struct SpoolInspection: Sendable, Equatable {
  /// What the folder is to this process.
  public enum State: Sendable, Equatable {
    /// It is made when the first server starts.
    case missing
    /// It is there, but is no folder, or cannot be read or written.
    case unusable(String)
    /// Files can be made in it.
    case usable
  }

  /// See `State`.
  public var state: State
  /// Permission bits, such as 0o700; 0 where it is missing.
  public var mode: UInt32 = 0
  /// Bytes free to this process on its file system, or nil where that is not known.
  public var freeBytes: Int64?
  /// Complete files by name, with their sizes and the seconds since they were written.
  public var files: [String: (bytes: Int64, age: Int64)] = [:]
  /// Files of other names: unfinished ones, and what is not the spool's.
  public var others = 0
  /// Sizes of the unfinished files among those that nobody goes on with.
  public var unfinished: [Int64] = []

  /// Whether two inspections saw the same.
  public static func == (one: SpoolInspection, other: SpoolInspection) -> Bool {
    one.state == other.state && one.mode == other.mode && one.others == other.others
      && one.files.keys == other.files.keys
  }

  /// Looks at a folder.
  public init(folder: String) {
    var facts = stat()
    guard stat(folder, &facts) == 0 else {
      state = errno == ENOENT ? .missing : .unusable(String(cString: strerror(errno)))
      return
    }
    mode = facts.st_mode & 0o7777
    freeBytes = SpoolInspection.freeBytes(at: folder)
    guard facts.st_mode & S_IFMT == S_IFDIR else {
      state = .unusable("it is no folder")
      return
    }
    guard access(folder, R_OK | W_OK | X_OK) == 0 else {
      state = .unusable(String(cString: strerror(errno)))
      return
    }
    state = .usable
    do {
      try SpoolFolder.forEachFile(in: folder) { file in
        if SpoolFolder.isIdentifier(file.name) {
          files[file.name] = (file.bytes, file.age)
        } else {
          others += 1
          if file.isForgotten { unfinished.append(file.bytes) }
        }
      }
    } catch {
      state = .unusable("\(error)")
    }
  }

  /// The names of the files that `SpoolStore.sweep` takes after its time of grace.
  public func leftovers(keeping needed: Set<String>) -> [String] {
    files.filter {
      SpoolFolder.isLeft(
        $0.key, age: $0.value.age, olderThan: SpoolStore.graceSeconds, keeping: needed)
    }
    .map(\.key)
  }

  /// Bytes that this process may still write to the file system of a path (statvfs(3)); nil where it cannot
  /// be asked.
  public static func freeBytes(at path: String) -> Int64? {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    let (bytes, overflow) = Int64(clamping: info.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: info.f_frsize))
    return overflow ? .max : bytes
  }
}
