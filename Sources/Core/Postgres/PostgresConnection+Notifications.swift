internal import CLibpq
import Glibc

extension PostgresConnection {
  /// Waits for notifications, blocking this connection's thread.
  ///
  /// - Returns: those that came; empty after `timeout` milliseconds, or when the pipe was written to.
  func notifications(wake: WakePipe, timeout: Int32) throws -> [PostgresNotification] {
    let raw = try ready()
    let queued = Self.takeNotifications(raw)
    guard queued.isEmpty else { return queued }
    var waits = [
      pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&waits, 2, timeout)
    guard count >= 0 || errno == EINTR else {
      throw PostgresError(code: .connection, message: "poll: \(String(cString: strerror(errno)))")
    }
    guard count > 0, waits[0].revents != 0 else { return [] }
    guard PQconsumeInput(raw) == 1 else {
      let error = PostgresError(connection: raw)
      close()
      throw error
    }
    return Self.takeNotifications(raw)
  }

  private static func takeNotifications(_ raw: OpaquePointer) -> [PostgresNotification] {
    var taken: [PostgresNotification] = []
    while let note = PQnotifies(raw) {
      taken.append(
        PostgresNotification(
          channel: String(cString: note.pointee.relname),
          payload: String(cString: note.pointee.extra), pid: note.pointee.be_pid))
      PQfreemem(note)
    }
    return taken
  }
}
