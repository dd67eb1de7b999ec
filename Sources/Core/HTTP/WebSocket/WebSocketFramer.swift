internal import CWslay
import Glibc

/// The frames of one socket: wslay's event API over non-blocking reads and writes.
///
/// Belongs to the epoll thread. Does not own the file descriptor.
final class WebSocketFramer {
  /// Why the socket is of no more use.
  enum Failure: Equatable {
    /// The client closed its side.
    case endOfStream
    case system(errno: Int32)
    case outOfMemory
  }

  /// What stops the socket, when something does.
  private(set) var failure: Failure?
  /// All bytes sent so far.
  private(set) var bytesSent = 0

  private let fileDescriptor: Int32
  private let inbox: WebSocketInbox
  private var leftover: ArraySlice<UInt8>
  private var context: OpaquePointer?
  private var pongSeen = false
  /// wslay found a frame that breaks the protocol, and has queued a close frame without a code.
  private var violated = false
  /// How much of the frame that is being written has not been written yet, in bytes.
  private var frameRest = 0
  /// How many more bytes may be read in this turn, so that one client cannot keep the thread.
  private var readBudget = 0

  private static let readLimit = 64 * 1024
  /// So many unsent answers to pings, and we stop reading.
  private static let backlogLimit = 64

  /// - Parameter leftover: bytes that were already read from the socket, behind the handshake.
  init?(fileDescriptor: Int32, leftover: [UInt8], maxMessageBytes: Int, inbox: WebSocketInbox) {
    self.fileDescriptor = fileDescriptor
    self.leftover = leftover[...]
    self.inbox = inbox
    var callbacks = wslay_event_callbacks()
    callbacks.recv_callback = receiveCallback
    callbacks.send_callback = sendCallback
    callbacks.on_frame_recv_start_callback = frameCallback
    callbacks.on_msg_recv_callback = messageCallback
    // Unretained: the context lives no longer than this object.
    let me = Unmanaged.passUnretained(self).toOpaque()
    guard wslay_event_context_server_init(&context, &callbacks, me) == 0 else { return nil }
    wslay_event_config_set_max_recv_msg_length(context, UInt64(maxMessageBytes))
  }

  deinit {
    wslay_event_context_free(context)
  }

  /// Whether frames are still read: no close frame came, and the client broke no rule.
  var readsFrames: Bool { wslay_event_get_read_enabled(context) != 0 }

  /// Whether reading waits, for the handler or for the client to take our answers.
  var isPaused: Bool { inbox.pauseIfFull() || queuedCount >= Self.backlogLimit }

  /// Whether frames wait to be written.
  var wantsWrite: Bool { wslay_event_want_write(context) != 0 }

  /// How many frames wait, the one being written included.
  var queuedCount: Int { wslay_event_get_queued_msg_count(context) }

  /// Whether the client's close frame was read.
  var closeReceived: Bool { wslay_event_get_close_received(context) != 0 }

  /// Whether our close frame was written.
  var closeSent: Bool { wslay_event_get_close_sent(context) != 0 }

  /// The code that the client closed with; 1005 for none given, 1006 for no close frame.
  var receivedCode: UInt16 { wslay_event_get_status_code_received(context) }

  /// The code that we closed with; 1005 for none given, 1006 for no close frame.
  var sentCode: UInt16 {
    violated && closeSent ? 1002 : wslay_event_get_status_code_sent(context)
  }

  /// Reads what is there, up to a budget. Messages go to the inbox.
  func receive() {
    readBudget = Self.readLimit
    let code = wslay_event_recv(context)
    guard code != 0, failure == nil else { return }
    if code == WSLAY_ERR_NOMEM.rawValue {
      failure = .outOfMemory
    } else {
      // The callbacks did not fail, so it was a frame.
      violated = true
    }
  }

  /// Reads what is there, up to a budget, and drops it; for a client that broke a rule.
  ///
  /// To close a socket with unread bytes resets it, and the client might lose our close frame.
  func discard() {
    readBudget = Self.readLimit
    leftover = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while readBudget > 0 {
      let count = buffer.withUnsafeMutableBufferPointer { read(into: $0) }
      guard count > 0 else { return }
      readBudget -= count
    }
  }

  /// Whether a pong came since the last call.
  func takePong() -> Bool {
    defer { pongSeen = false }
    return pongSeen
  }

  /// Writes queued frames as far as the socket takes them.
  func flush() {
    let code = wslay_event_send(context)
    guard code != 0, failure == nil else { return }
    failure = code == WSLAY_ERR_NOMEM.rawValue ? .outOfMemory : .system(errno: EPROTO)
  }

  /// Queues a text message.
  func queue(_ text: String) {
    var text = text
    text.withUTF8 { queue(WSLAY_TEXT_FRAME, $0) }
  }

  /// Queues a ping; it passes messages that have not begun.
  func queuePing() {
    queue(WSLAY_PING, UnsafeBufferPointer(start: nil, count: 0))
  }

  /// Queues the close frame; nothing goes out after it.
  func queueClose(_ closing: WebSocketClosing) {
    note(wslay_event_queue_close(context, closing.code, closing.reason, closing.reason.count))
  }

  private func queue(_ opcode: wslay_opcode, _ bytes: UnsafeBufferPointer<UInt8>) {
    var message = wslay_event_msg(
      opcode: UInt8(opcode.rawValue), msg: bytes.baseAddress, msg_length: bytes.count)
    note(wslay_event_queue_msg(context, &message))
  }

  private func note(_ code: Int32) {
    // Nothing to be queued any more is no failure: a close frame is on its way.
    if code == WSLAY_ERR_NOMEM.rawValue { failure = .outOfMemory }
  }
}

// MARK: What wslay calls

extension WebSocketFramer {
  /// Fills a buffer for wslay, or says why not.
  fileprivate func receive(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    guard readBudget > 0, !isPaused else { return refuse(WSLAY_ERR_WOULDBLOCK) }
    if !leftover.isEmpty {
      let count = min(buffer.count, leftover.count)
      _ = buffer.update(fromContentsOf: leftover.prefix(count))
      leftover = leftover.dropFirst(count)
      return count
    }
    let count = read(into: buffer)
    guard count > 0 else {
      return refuse(failure == nil ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE)
    }
    readBudget -= count
    return count
  }

  /// Reads from the socket; 0 when nothing is there or the socket has failed.
  private func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    while true {
      let count = recv(fileDescriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { return count }
      if count < 0, errno == EINTR { continue }
      if count == 0 {
        failure = .endOfStream
      } else if errno != EAGAIN, errno != EWOULDBLOCK {
        failure = .system(errno: errno)
      }
      return 0
    }
  }

  fileprivate func send(_ bytes: UnsafeBufferPointer<UInt8>, more: Bool) -> Int {
    // wslay answers a broken frame with a close frame that has no code; RFC 6455, section 7.1.7, wants 1002.
    if frameRest == 0, violated, bytes.elementsEqual([0x88, 0x00]) { return sendCodeOfViolation() }
    let count = write(bytes, more: more)
    guard count > 0 else { return refuseWrite() }
    // wslay gives a frame's header by itself first.
    if frameRest == 0 { frameRest = Self.frameLength(header: bytes) }
    frameRest -= count
    return count
  }

  /// Writes a close frame with 1002 in the place of the one without a code.
  private func sendCodeOfViolation() -> Int {
    let frame: [UInt8] = [0x88, 0x02, 0x03, 0xEA]
    let count = frame.withUnsafeBufferPointer { write($0, more: false) }
    if count > 0, count < frame.count { failure = .system(errno: EPROTO) }
    return failure == nil && count > 0 ? 2 : refuseWrite()
  }

  /// The length of a frame without mask, its header included. Source: RFC 6455, section 5.2.
  private static func frameLength(header: UnsafeBufferPointer<UInt8>) -> Int {
    guard header.count > 2 else { return header.count + Int(header.last ?? 0) }
    return header.count + header.dropFirst(2).reduce(0) { $0 << 8 | Int($1) }
  }

  private func write(_ bytes: UnsafeBufferPointer<UInt8>, more: Bool) -> Int {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    while true {
      let count = Glibc.send(
        fileDescriptor, bytes.baseAddress, bytes.count,
        more ? flags | Int32(MSG_MORE) : flags)
      if count >= 0 {
        bytesSent += count
        return count
      }
      if errno == EINTR { continue }
      if errno != EAGAIN, errno != EWOULDBLOCK { failure = .system(errno: errno) }
      return 0
    }
  }

  private func refuseWrite() -> Int {
    refuse(failure == nil ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE)
  }

  private func refuse(_ error: wslay_error) -> Int {
    wslay_event_set_error(context, error.rawValue)
    return -1
  }

  /// A frame begins: a binary message is refused before it is taken into memory, and a close frame with
  /// half a code, which wslay takes for one without any (RFC 6455, section 5.5.1).
  fileprivate func began(opcode: UInt8, length: UInt64) {
    let refusal: WebSocketClosing
    switch UInt32(opcode) {
    case WSLAY_BINARY_FRAME.rawValue:
      refusal = WebSocketClosing(code: 1003, reason: "text messages only")
    case WSLAY_CONNECTION_CLOSE.rawValue where length == 1: refusal = WebSocketClosing(code: 1002)
    default: return
    }
    wslay_event_shutdown_read(context)
    queueClose(refusal)
  }

  fileprivate func received(opcode: UInt8, _ bytes: UnsafeBufferPointer<UInt8>) {
    switch UInt32(opcode) {
    case WSLAY_TEXT_FRAME.rawValue: inbox.put(String(decoding: bytes, as: UTF8.self))
    case WSLAY_PONG.rawValue: pongSeen = true
    default: break
    }
  }
}

private func framer(_ raw: UnsafeMutableRawPointer?) -> WebSocketFramer? {
  raw.map { Unmanaged<WebSocketFramer>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveCallback(
  _ context: OpaquePointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ length: Int, _ flags: Int32,
  _ raw: UnsafeMutableRawPointer?
) -> Int {
  framer(raw)?.receive(into: UnsafeMutableBufferPointer(start: buffer, count: length)) ?? -1
}

private func sendCallback(
  _ context: OpaquePointer?, _ data: UnsafePointer<UInt8>?, _ length: Int, _ flags: Int32,
  _ raw: UnsafeMutableRawPointer?
) -> Int {
  let more = UInt32(bitPattern: flags) & WSLAY_MSG_MORE.rawValue != 0
  return framer(raw)?.send(UnsafeBufferPointer(start: data, count: length), more: more) ?? -1
}

private func frameCallback(
  _ context: OpaquePointer?, _ frame: UnsafePointer<wslay_event_on_frame_recv_start_arg>?,
  _ raw: UnsafeMutableRawPointer?
) {
  guard let frame else { return }
  framer(raw)?.began(opcode: frame.pointee.opcode, length: frame.pointee.payload_length)
}

private func messageCallback(
  _ context: OpaquePointer?, _ message: UnsafePointer<wslay_event_on_msg_recv_arg>?,
  _ raw: UnsafeMutableRawPointer?
) {
  guard let message = message?.pointee else { return }
  framer(raw)?.received(
    opcode: message.opcode,
    UnsafeBufferPointer(start: message.msg, count: message.msg_length))
}
