import Glibc

/// The user that a private cluster runs as: Postgres refuses to run as root.
struct ServerAccount {
  /// Name, user and group; nil where this program is not root and the cluster runs as itself.
  private let other: (name: String, user: uid_t, group: gid_t)?

  /// The present user, or for root: `postgres`, else `nobody`.
  static func choose() throws -> ServerAccount {
    guard geteuid() == 0 else { return ServerAccount(other: nil) }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name) {
        return ServerAccount(other: (name, entry.pointee.pw_uid, entry.pointee.pw_gid))
      }
    }
    throw EmbeddedClusterError("Postgres does not run as root, and there is no user postgres")
  }

  /// A command as this user runs it: with this program's death as the signal to shut down.
  func command(_ arguments: [String], diesWithParent: Bool = false) -> [String] {
    var prefix = ["/usr/bin/setpriv"]
    if let other {
      prefix += ["--reuid=\(other.user)", "--regid=\(other.group)", "--clear-groups"]
    }
    if diesWithParent { prefix.append("--pdeathsig=INT") }
    return prefix.count > 1 ? prefix + ["--"] + arguments : arguments
  }

  /// Makes a folder that belongs to this user alone, or takes the one that is there and does.
  ///
  /// - Throws: `EmbeddedClusterError`, also where somebody else has put something in its place.
  func own(_ folder: String) throws {
    let isNew = mkdir(folder, 0o700) == 0
    guard isNew || errno == EEXIST else {
      throw EmbeddedClusterError("cannot make \(folder): \(String(cString: strerror(errno)))")
    }
    if isNew, let other, lchown(folder, other.user, other.group) != 0 {
      throw EmbeddedClusterError("cannot give \(folder) away: \(String(cString: strerror(errno)))")
    }
    var facts = stat()
    guard lstat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR,
      facts.st_uid == other?.user ?? geteuid(), facts.st_mode & 0o077 == 0
    else {
      throw EmbeddedClusterError(
        "\(folder) is not a folder of the cluster's user alone: move it out of the way")
    }
  }

  /// Whether this user can work in a folder, all the way down to it.
  func canReach(_ folder: String) throws -> Bool {
    let test = command(["/usr/bin/test", "-w", folder])
    return try ChildProcess(test, log: "/dev/null").wait() == .code(0)
  }
}
