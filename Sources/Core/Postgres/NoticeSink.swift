internal import CLibpq
import Telemetry

/// Takes the server's notices and warnings, which libpq would write to standard error.
final class NoticeSink: Sendable {
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  /// Makes the connection report here; this object must outlive it.
  func attach(to connection: OpaquePointer) {
    PQsetNoticeProcessor(connection, Self.receive, Unmanaged.passUnretained(self).toOpaque())
  }

  private static let receive: PQnoticeProcessor = { context, text in
    guard let context, let text else { return }
    let sink = Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue()
    sink.logger.debug("notice from the database", ["notice": String(cString: text)])
  }
}
