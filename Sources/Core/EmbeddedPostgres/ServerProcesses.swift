import Glibc

/// Looks for Postgres's processes, which all work in the data folder.
enum ServerProcesses {
  /// The processes whose working folder is the given one.
  ///
  /// - Parameter folder: absolute, without links.
  static func working(in folder: String) -> [pid_t] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [pid_t] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let pid = pid_t(name), workingFolder(of: pid) == folder { found.append(pid) }
    }
    return found
  }

  private static func workingFolder(of pid: pid_t) -> String? {
    guard let path = realpath("/proc/\(pid)/cwd", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}
