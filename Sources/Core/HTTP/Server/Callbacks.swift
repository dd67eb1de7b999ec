internal import CMicrohttpd
import Telemetry

/// What MHD calls, on its thread. Each finds its object and hands on.
enum Callbacks {
  /// A request moves on: its head is there, bytes of its body, or its end.
  static let handle: MHD_AccessHandlerCallback = {
    context, connection, _, method, version, data, size, slot in
    guard let connection, let size, let slot, let core = core(context),
      let client = client(connection)
    else { return .NO }
    let exchange: Exchange
    if let known = slot.pointee {
      exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    } else {
      let head = RequestHead(
        connection: connection, method: method, version: version, target: client.target)
      exchange = core.begin(head, on: connection, of: client)
      // Not retained: the connection keeps its exchange until `completed`.
      slot.pointee = Unmanaged.passUnretained(exchange).toOpaque()
    }
    guard size.pointee > 0 else {
      return exchange.bodyBegan ? core.end(exchange) : core.head(exchange)
    }
    let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
    guard let left = core.body(bytes, exchange) else { return .NO }
    size.pointee = left
    return .YES
  }

  /// A request is over.
  static let completed: MHD_RequestCompletedCallback = { context, connection, slot, reason in
    slot?.pointee = nil
    guard let connection, let core = core(context), let client = client(connection) else { return }
    core.completed(
      client, whole: reason == .REQUEST_TERMINATED_COMPLETED_OK,
      reason == .REQUEST_TERMINATED_TIMEOUT_REACHED ? .timeout : .connectionClosed)
  }

  /// A connection begins or ends.
  static let connection: MHD_NotifyConnectionCallback = { context, connection, slot, event in
    guard let connection, let slot, let core = core(context) else { return }
    if event == .CONNECTION_NOTIFY_STARTED {
      let client = core.watcher.add(
        ConnectionHandle(pointer: connection), fileDescriptor: cmicrohttpd_socket(connection))
      slot.pointee = Unmanaged.passRetained(client).toOpaque()
    } else if let raw = slot.pointee {
      slot.pointee = nil
      let client = Unmanaged<ClientConnection>.fromOpaque(raw).takeRetainedValue()
      core.completed(client, whole: false, .connectionClosed)
      core.watcher.remove(client)
    }
  }

  /// A request's target is read.
  static let target:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? = { _, target, connection in
      if let connection, let client = client(connection) {
        client.target = target.flatMap { String(validatingCString: $0) }
      }
      return nil
    }

  /// MHD has something to say: what its clients do wrong, mostly.
  static let log: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void = {
    context, message in
    guard let core = core(context), let message else { return }
    let text = String(cString: message)
    core.logger.debug("libmicrohttpd", ["text": text])
    // The library says so before it sends an answer of its own.
    if text.hasPrefix("Error processing request") { core.forestall() }
  }

  /// The client can take more of a streamed answer.
  static let pull: MHD_ContentReaderCallback = { raw, _, target, count in
    guard let raw, let target else { return cmicrohttpd_end_with_error() }
    let exchange = Unmanaged<Exchange>.fromOpaque(raw).takeUnretainedValue()
    return switch exchange.pull(into: UnsafeMutableRawBufferPointer(start: target, count: count)) {
    case .bytes(let count): count
    case .wait: 0
    case .end: cmicrohttpd_end_of_stream()
    case .fail: cmicrohttpd_end_with_error()
    }
  }

  /// A streamed answer is not needed any more.
  static let release: MHD_ContentReaderFreeCallback = { raw in
    guard let raw else { return }
    Unmanaged<Exchange>.fromOpaque(raw).release()
  }

  /// A 101 is sent, and the socket is ours.
  static let upgraded: MHD_UpgradeHandler = {
    context, connection, _, leftover, count, descriptor, handle in
    let socket = UpgradedSocket(handle: handle)
    guard let connection, let core = core(context), let client = client(connection) else {
      return socket.close()
    }
    let bytes = UnsafeRawBufferPointer(start: leftover, count: leftover == nil ? 0 : count)
    core.upgraded(client, socket, leftover: Array(bytes), descriptor: descriptor)
  }

  private static func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
    context.map { Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func client(_ connection: OpaquePointer) -> ClientConnection? {
    cmicrohttpd_socket_context(connection).map {
      Unmanaged<ClientConnection>.fromOpaque($0).takeUnretainedValue()
    }
  }
}
