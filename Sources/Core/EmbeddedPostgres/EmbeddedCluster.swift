import Glibc
public import Telemetry
import Threading

/// A private Postgres cluster that this program makes, starts and stops, on a Unix socket only.
///
/// It ends with this program, however that ends: the kernel tells it of our death.
public actor EmbeddedCluster {
  // The kernel's notice is bound to the thread that starts the server: it must live as long as we do.
  private let executor = ThreadExecutor(name: "cluster")
  /// The thread that starts and watches the server.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let folder: String
  private let logger: Logger
  private var server: ChildProcess?
  private var lock: Int32 = -1

  /// A cluster in a data folder; nothing is made yet.
  ///
  /// - Parameter folder: where the cluster lies, or where a note says where it lies.
  public init(folder: String, logger: Logger) {
    self.folder = folder
    self.logger = logger
  }

  /// Makes the cluster if there is none, and starts it.
  ///
  /// - Returns: the connection string, as libpq reads it.
  /// - Throws: `EmbeddedClusterError`
  public func start() async throws -> String {
    // Others may pass through it: the cluster's own folder below is closed to them.
    guard mkdir(folder, 0o711) == 0 || errno == EEXIST else {
      throw EmbeddedClusterError("cannot make \(folder): \(String(cString: strerror(errno)))")
    }
    try takeLock()
    let account = try ServerAccount.choose()
    let place = try choosePlace(account)
    let data = "\(place)/data"
    let binaries = try ServerBinaries.find(version: versionOfCluster(data))
    let socket = try chooseSocket(place, account)
    if versionOfCluster(data) == nil {
      try make(data, binaries, account, log: "\(folder)/initdb.log")
    }
    try endLeftover(data, socket: socket)
    let command = account.command(
      [
        "\(binaries.folder)/postgres", "-D", data, "-c", "listen_addresses=",
        "-c", "port=5432", "-c", "unix_socket_directories=\(socket)",
        "-c", "unix_socket_permissions=0700", "-c", "max_connections=60", "-c",
        "shared_buffers=256MB", "-c", "max_wal_size=4GB",
        "-c", "log_min_messages=warning",
      ], diesWithParent: true)
    server = try ChildProcess(command, log: "\(folder)/postgres.log")
    try await waitUntilReady(data, log: "\(folder)/postgres.log")
    logger.info("embedded postgres started", ["version": "\(binaries.version)"])
    return EmbeddedCluster.connectionString(socket: socket)
  }

  /// Stops the cluster: open transactions are rolled back. It may be started again then.
  public func stop() async {
    guard let server else { return }
    self.server = nil
    defer {
      close(lock)
      lock = -1
    }
    do {
      server.send(SIGINT)
      if try await ended(server, within: .seconds(4)) { return }
      logger.warning("embedded postgres is slow to stop: it is stopped at once")
      server.send(SIGQUIT)
      _ = try await ended(server, within: .seconds(2))
    } catch {
      logger.error("embedded postgres could not be stopped", ["error": "\(error)"])
    }
  }

  /// The connection string of a cluster that another process of this machine runs; nil where none does, or
  /// where its files are closed to us.
  public static func running(in folder: String) -> String? {
    // Lines of `postmaster.pid`: process, data, start, port, socket, address, memory, status.
    guard let text = readText("\(folder)/postgres/data/postmaster.pid") else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 8, let pid = pid_t(lines[0]), lines[7].hasPrefix("ready"),
      kill(pid, 0) == 0 || errno == EPERM
    else { return nil }
    return connectionString(socket: lines[4], port: lines[3])
  }

  private static func connectionString(socket: String, port: String = "5432") -> String {
    "host='\(escaped(socket))' port=\(port) user=postgres dbname=postgres"
  }

  // MARK: Places

  private func takeLock() throws {
    lock = open("\(folder)/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard lock >= 0 else {
      throw EmbeddedClusterError("cannot open \(folder)/lock: \(String(cString: strerror(errno)))")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw EmbeddedClusterError(
        "another sluice uses \(folder): stop it, or set another SLUICE_DATA_DIR")
    }
  }

  /// The data folder itself, or one below `/var/tmp` where the cluster's user cannot come to it: root's
  /// home is closed to others.
  private func choosePlace(_ account: ServerAccount) throws -> String {
    // Absolute: from a working folder that is open already one comes further than from the root.
    let near = "\(absolute(folder))/postgres"
    if !isLink(near) {
      try account.own(near)
      if try account.canReach(near) { return near }
      rmdir(near)
    }
    let far = "/var/tmp/sluice-\(String(fingerprint(absolute(folder)), radix: 16))"
    try account.own(far)
    logger.info("the cluster's user cannot reach the data folder", ["cluster": far])
    guard unlink(near) == 0 || errno == ENOENT, symlink(far, near) == 0 else {
      throw EmbeddedClusterError(
        "cannot link \(near) to \(far): \(String(cString: strerror(errno)))")
    }
    return far
  }

  /// The socket's folder: the path of a socket has 107 bytes at the most (unix(7)).
  private func chooseSocket(_ place: String, _ account: ServerAccount) throws -> String {
    let near = absolute("\(place)")
    if near.utf8.count <= 85 { return near }
    let far = "/tmp/sluice-\(String(fingerprint(near), radix: 16))"
    try account.own(far)
    return far
  }

  private func isLink(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK
  }

  private func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// FNV-1a, to tell folders apart.
  private func fingerprint(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character == "'" || character == "\\" { result += "\\" }
      result.append(character)
    }
  }

  // MARK: Server

  private func versionOfCluster(_ data: String) -> Int? {
    EmbeddedCluster.readText("\(data)/PG_VERSION").flatMap { Int($0.filter(\.isNumber)) }
  }

  private func make(
    _ data: String, _ binaries: ServerBinaries, _ account: ServerAccount, log: String
  ) throws {
    // Under another name until it is whole: one that was broken off is made anew.
    let unfinished = "\(data).new"
    let remove = account.command(["/bin/rm", "-rf", unfinished])
    _ = try ChildProcess(remove, log: log).wait()
    let command = account.command(
      [
        "\(binaries.folder)/initdb", "-D", unfinished, "-U", "postgres", "--auth=trust",
        "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
      ], diesWithParent: true)
    guard try ChildProcess(command, log: log).wait() == .code(0),
      rename(unfinished, data) == 0
    else { throw EmbeddedClusterError("initdb failed: see \(log)") }
  }

  /// A server whose parent was killed ends by itself; one that does not is told to.
  ///
  /// The file that names it outlives a hard crash, and by then its number may be anybody's: only a
  /// process that works in the data folder is taken for it. Where none does, it goes, and so does the one
  /// beside the socket, or Postgres would refuse to start for the sake of a stranger.
  private func endLeftover(_ data: String, socket: String) throws {
    let folder = absolute(data)
    for attempt in 0..<100 {
      let processes = ServerProcesses.working(in: folder)
      guard !processes.isEmpty else {
        unlink("\(data)/postmaster.pid")
        unlink("\(socket)/.s.PGSQL.5432.lock")
        return
      }
      if let pid = pidFile(data)?.pid, processes.contains(pid) {
        if attempt == 20 { kill(pid, SIGINT) }
        if attempt == 60 { kill(pid, SIGQUIT) }
      }
      usleep(100_000)
    }
    throw EmbeddedClusterError("another Postgres runs on \(data) and does not end")
  }

  /// Process and status that `postmaster.pid` names (Postgres, src/include/utils/pidfile.h).
  private func pidFile(_ data: String) -> (pid: pid_t, status: Substring)? {
    guard let lines = EmbeddedCluster.readText("\(data)/postmaster.pid")?.split(separator: "\n"),
      let first = lines.first, let pid = pid_t(first), let last = lines.last
    else { return nil }
    return (pid, last)
  }

  private func waitUntilReady(_ data: String, log: String) async throws {
    for _ in 0..<600 {
      // The file may still be that of a server that was killed.
      if let file = pidFile(data), file.pid == server?.pid, file.status.hasPrefix("ready") {
        return
      }
      if let exit = try server?.poll() {
        server = nil
        throw EmbeddedClusterError("postgres ended at once (\(exit)): see \(log)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw EmbeddedClusterError("postgres did not become ready within 30 s: see \(log)")
  }

  private func ended(_ server: ChildProcess, within limit: Duration) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
      if try server.poll() != nil { return true }
      usleep(20_000)
    }
    return false
  }

  private static func readText(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
