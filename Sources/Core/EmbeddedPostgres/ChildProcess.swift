internal import CLinux
import Glibc

/// A program that was started by this one.
///
/// It gets a session of its own, so that Ctrl-C at the terminal reaches this program alone, no open files
/// but the three standard ones, and no blocked signals.
struct ChildProcess {
  let pid: pid_t

  /// How a child ended.
  enum Exit: Equatable {
    case code(Int32)
    case signal(Int32)
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: the path of the program first.
  ///   - log: the file that its output is appended to.
  /// - Throws: `EmbeddedClusterError` when it cannot be started.
  init(_ arguments: [String], log: String) throws {
    var attributes = posix_spawnattr_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    ChildProcess.prepare(&attributes)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var pid = pid_t()
    let words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let code = posix_spawn(&pid, arguments[0], &actions, &attributes, words, environ)
    guard code == 0 else {
      throw EmbeddedClusterError(
        "cannot start \(arguments[0]): \(String(cString: strerror(code)))")
    }
    self.pid = pid
  }

  private static func prepare(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, Int16(flags) | sluice_spawn_setsid())
  }

  /// Waits for the end.
  func wait() throws -> Exit {
    while true {
      if let exit = try poll(options: 0) { return exit }
    }
  }

  /// How it ended, or nil while it runs.
  func poll() throws -> Exit? {
    try poll(options: WNOHANG)
  }

  private func poll(options: Int32) throws -> Exit? {
    var status: Int32 = 0
    let found = waitpid(pid, &status, options)
    if found == 0 || found < 0 && errno == EINTR { return nil }
    guard found == pid else {
      throw EmbeddedClusterError("waitpid: \(String(cString: strerror(errno)))")
    }
    let signal = status & 0x7F
    return signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
  }

  /// Sends a signal; one that has ended already hears nothing.
  func send(_ signal: Int32) {
    kill(pid, signal)
  }
}
