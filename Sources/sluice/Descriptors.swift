import Glibc

/// File descriptors: a connection takes one, and a usual soft limit of 1024 would leave none for the database and the
/// spool.
enum Descriptors {
  /// As many as the server's connections take, and as all else does.
  private static let wanted: rlim_t = 4096

  /// Raises the soft limit, as far as the hard one allows. Where it stays too low, who opens something is told.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < wanted
    else { return }
    limit.rlim_cur = min(wanted, limit.rlim_max)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
