import Synchronization

/// An open WebSocket, as its handler sees it.
///
/// Nothing here blocks. When the handler returns, what waits is sent and the socket is closed with
/// 1000. When the socket ends first, `messages` ends and the handler's task is cancelled.
public final class WebSocketConnection: Sendable {
  /// A number of its own in this server.
  public let id: Int
  /// The request that opened it.
  public let request: HTTPRequest

  let inbox: WebSocketInbox
  private let state: Mutex<State>
  private let mailbox: WebSocketMailbox

  private struct State {
    var outbox: WebSocketOutbox
    var closing: WebSocketClosing?
  }

  init(
    id: Int, request: HTTPRequest, configuration: WebSocketConfiguration, mailbox: WebSocketMailbox
  ) {
    self.id = id
    self.request = request
    self.mailbox = mailbox
    state = Mutex(State(outbox: WebSocketOutbox(limit: configuration.outboxLimit)))
    inbox = WebSocketInbox(limit: configuration.inboxLimit) { mailbox.touch(id) }
  }

  /// The messages from the client. While 16 of them wait, nothing more is read from the socket.
  public var messages: WebSocketMessages {
    WebSocketMessages(inbox: inbox)
  }

  /// Queues a text message. Never blocks.
  ///
  /// At most 256 messages wait. Beyond that the oldest one that has a key is dropped; if none has,
  /// the socket closes with 1013.
  ///
  /// - Parameter key: a waiting message with the same key is replaced where it stands.
  @discardableResult
  public func send(_ text: String, replacing key: String? = nil) -> WebSocketSendOutcome {
    let outcome = state.withLock { state in
      let outcome = state.outbox.put(text, replacing: key)
      if outcome == .overflow { state.closing = WebSocketClosing(code: 1013, reason: "too slow") }
      return outcome
    }
    if outcome != .closed { mailbox.touch(id) }
    return outcome
  }

  /// Sends what waits, then closes. A second call does nothing.
  ///
  /// - Parameters:
  ///   - code: 1000 to 1003, 1007 to 1014 or 3000 to 4999; any other goes out as 1011. Source: RFC
  ///     6455, section 7.4, and IANA's WebSocket registry.
  ///   - reason: cut after 123 bytes of UTF-8.
  public func close(code: UInt16, reason: String) {
    beginClosing(WebSocketClosing(code: code, reason: reason))
    mailbox.touch(id)
  }

  /// Whether the socket is closing or closed.
  public var isClosed: Bool {
    state.withLock { $0.outbox.isClosed }
  }

  /// Notes the wish to close, if there was none before.
  func beginClosing(_ closing: WebSocketClosing) {
    state.withLock { state in
      guard !state.outbox.isClosed else { return }
      state.outbox.close()
      state.closing = closing
    }
  }

  /// What is to be closed with, if anybody wants to close.
  var closing: WebSocketClosing? {
    state.withLock { $0.closing }
  }

  /// Whether messages wait to be sent.
  var hasOutgoing: Bool {
    state.withLock { !$0.outbox.isEmpty }
  }

  /// Takes the message that is to be sent next.
  func nextOutgoing() -> String? {
    state.withLock { $0.outbox.next() }
  }

  /// Nothing more goes out or comes in.
  func end() {
    state.withLock { $0.outbox.discard() }
    inbox.end()
  }
}

/// A close code and its reason, fit to be sent.
struct WebSocketClosing: Equatable {
  let code: UInt16
  /// At most 123 bytes of UTF-8.
  let reason: [UInt8]

  init(code: UInt16, reason: String = "") {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: self.code = code
    default: self.code = 1011
    }
    var bytes = Array(reason.utf8.prefix(123))
    // Not in the middle of a character: a byte 10xxxxxx behind the cut belongs to what is before it.
    if reason.utf8.count > 123 {
      var cut = reason.utf8.index(reason.startIndex, offsetBy: 123)
      while reason.utf8[cut] & 0xC0 == 0x80 { cut = reason.utf8.index(before: cut) }
      bytes = Array(reason.utf8[..<cut])
    }
    self.reason = bytes
  }
}
