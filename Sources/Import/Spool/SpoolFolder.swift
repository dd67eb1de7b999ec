import Glibc

/// What the spool does with its folder, one system call or scan at a time.
enum SpoolFolder {
  /// One file, as the folder shows it.
  struct Entry {
    let name: String
    let bytes: Int64
    /// Seconds since it was last written to.
    let age: Int64

    var isTemporary: Bool { name.hasPrefix(".") && name.hasSuffix(SpoolFolder.temporarySuffix) }

    /// Whether it is unfinished, and nobody has written to it for so long that nobody will.
    var isForgotten: Bool { isTemporary && age > SpoolStore.graceSeconds }
  }

  private static let temporarySuffix = ".part"

  /// Whether a name can be a file's: no separator, no leading dot, nothing that looks unfinished.
  static func isIdentifier(_ name: String) -> Bool {
    guard (1...128).contains(name.utf8.count), !name.hasPrefix("."),
      !name.hasSuffix(temporarySuffix)
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
  }

  /// Whether a sweep takes a complete file.
  static func isLeft(_ name: String, age: Int64, olderThan seconds: Int64, keeping: Set<String>)
    -> Bool
  {
    isIdentifier(name) && age > seconds && !keeping.contains(name)
  }

  /// Makes a folder and those above it, for the owner alone.
  static func make(_ path: String) throws {
    if mkdir(path, 0o700) == 0 { return }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try make(String(path[..<slash]))
      if mkdir(path, 0o700) == 0 { return }
    }
    guard errno == EEXIST else { throw SpoolError.io("make its folder", path: path) }
    var info = stat()
    guard stat(path, &info) == 0 else { throw SpoolError.io("look at its folder", path: path) }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      throw SpoolError(.io, "The spool's folder is not a folder", errno: ENOTDIR, path: path)
    }
  }

  /// Makes entries of a folder durable: a rename is, only after this.
  static func flush(_ path: String) throws {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw SpoolError.io("open its folder", path: path) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw SpoolError.io("flush its folder", path: path) }
  }

  static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }

  /// Removes a file, and says whether it was there.
  @discardableResult
  static func remove(_ path: String) throws -> Bool {
    if unlink(path) == 0 { return true }
    guard errno == ENOENT else { throw SpoolError.io("remove a file", path: path) }
    return false
  }

  /// Calls `body` for each regular file, as far as it is still there.
  static func forEachFile(in path: String, _ body: (Entry) throws -> Void) throws {
    guard let folder = opendir(path) else { throw SpoolError.io("read its folder", path: path) }
    defer { closedir(folder) }
    let now = Int64(time(nil))
    while let item = readdir(folder) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var info = stat()
      guard fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) == 0,
        info.st_mode & S_IFMT == S_IFREG
      else { continue }
      try body(
        Entry(name: name, bytes: Int64(info.st_size), age: now - Int64(info.st_mtim.tv_sec)))
    }
  }

  /// Bytes of all its files.
  static func bytes(in path: String) throws -> Int64 {
    var total: Int64 = 0
    try forEachFile(in: path) { total += $0.bytes }
    return total
  }

  /// Makes an empty file (mode 0600) in the folder of `path`, under a name of its own.
  static func makeTemporary(beside path: String) throws -> TemporaryFile {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let name = path[slash...].drop { $0 == "/" }
    let mark = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporary = "\(path[..<slash])/.\(name).\(mark)\(temporarySuffix)"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SpoolError.io("make a file", path: temporary) }
    return TemporaryFile(descriptor: file, path: temporary)
  }
}
