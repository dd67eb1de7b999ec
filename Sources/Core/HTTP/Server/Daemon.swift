internal import CMicrohttpd
import Glibc

/// MHD's daemon and its listening socket.
final class Daemon: @unchecked Sendable {
  // Proof of Sendable: the pointers never change, and MHD's calls on a daemon may come from any thread.
  private let handle: OpaquePointer
  private let settings: UnsafeMutablePointer<cmicrohttpd_settings>
  private let listener: Int32
  private let core: ServerCore

  /// Starts the daemon's thread. The daemon owns the listener from here on, and must be stopped.
  init(core: ServerCore, listener: Int32, configuration: HTTPServerConfiguration)
    throws(HTTPServerError)
  {
    self.core = core
    self.listener = listener
    settings = .allocate(capacity: 1)
    settings.initialize(
      to: cmicrohttpd_settings(
        context: Unmanaged.passUnretained(core).toOpaque(), listen_socket: listener,
        memory_limit: 256 * 1024, memory_increment: 32 * 1024,
        connection_limit: UInt32(
          clamping: configuration.maxConnections + configuration.spareConnections),
        timeout_seconds: configuration.libraryTimeout, handle: Callbacks.handle,
        completed: Callbacks.completed, connection: Callbacks.connection, target: Callbacks.target,
        log: Callbacks.log))
    guard let handle = cmicrohttpd_start(settings) else {
      settings.deallocate()
      close(listener)
      throw HTTPServerError(code: .library, message: "libmicrohttpd does not start.")
    }
    self.handle = handle
  }

  /// Takes no more connections; those that wait to be accepted are reset.
  func quiesce() {
    // The descriptor itself must stay open until MHD's thread has ended.
    MHD_quiesce_daemon(handle)
    shutDownSocket(listener)
  }

  /// Ends the daemon's thread, and with it all connections. Blocks; no connection may be suspended.
  func stop() {
    MHD_stop_daemon(handle)
    settings.deallocate()
    close(listener)
  }
}
