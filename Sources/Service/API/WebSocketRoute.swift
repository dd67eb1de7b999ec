import FoundationEssentials
import HTTP
import ImportModel
import Progress
import Telemetry

/// `GET /ws`: progress of imports as it happens: contract, section 3.
struct WebSocketRoute: Sendable {
  let services: APIServices
  let origins: OriginGuard

  func add(to router: inout HTTPRouter) {
    router.webSocket(
      "/ws",
      authorize: { request in
        try origins.check(request)
        return WebSocketAcceptance(subprotocol: WebSocketRoute.offeredToken(request))
      },
      { socket in await serve(socket) })
  }

  /// The first subprotocol that carries a token; a browser fails where none of its offers is taken.
  private static func offeredToken(_ request: HTTPRequest) -> String? {
    request.headers.values("Sec-WebSocket-Protocol")
      .flatMap { $0.split(separator: ",") }
      .map { String($0.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }) }
      .first { $0.hasPrefix("sluice.token.") }
  }

  private struct Request: Decodable {
    let op: String
    let imports: [String]?
    let all: Bool?
    let since: ProgressCursor?
  }

  private struct Failure: Encodable {
    let type = "error"
    let code: String
    let message: String
  }

  private func serve(_ socket: WebSocketConnection) async {
    let subscriber = await services.hub.add { message in
      if case .queuedDropping = socket.send(message.json, replacing: message.replacementKey) {
        // A last state was lost: the client gets all of them anew when it comes back.
        socket.close(code: 1013, reason: "too slow")
      }
    }
    for await text in socket.messages {
      do {
        try await answer(text, subscriber: subscriber, socket: socket)
      } catch {
        services.logger.warning("websocket request failed", ["error": "\(error)"])
        refuse(socket, code: "database_unavailable", "the database cannot be reached now")
      }
    }
    await services.hub.remove(subscriber)
  }

  private func answer(
    _ text: String, subscriber: ProgressHub.SubscriberID, socket: WebSocketConnection
  ) async throws {
    let request: Request
    do {
      request = try JSONDecoder().decode(Request.self, from: Data(text.utf8))
    } catch {
      return refuse(
        socket, code: "bad_request", #"send {"op": "subscribe", "imports": [id, …]}"#)
    }
    let names = request.imports ?? []
    let ids = names.compactMap { ImportID($0) }
    guard names.count <= ProgressHub.subscriptionLimit else {
      return refuse(
        socket, code: "bad_request",
        "a request names at most \(ProgressHub.subscriptionLimit) imports")
    }
    switch request.op {
    case "subscribe" where request.all == true:
      try await services.hub.subscribeToAll(subscriber, since: request.since)
    case "subscribe" where !names.isEmpty:
      let unknown = try await services.hub.subscribe(subscriber, to: ids, since: request.since)
      let wrong = names.filter { ImportID($0) == nil } + unknown.map(\.description)
      for name in wrong {
        refuse(socket, code: "not_found", "there is no import \(name.prefix(64))")
      }
    case "unsubscribe" where !names.isEmpty:
      await services.hub.unsubscribe(subscriber, from: ids)
    default:
      refuse(
        socket, code: "bad_request",
        "`op` is subscribe, with `imports` or `all`, or unsubscribe, with `imports`")
    }
  }

  private func refuse(_ socket: WebSocketConnection, code: String, _ message: String) {
    do {
      let json = try JSONEncoder().encode(Failure(code: code, message: message))
      _ = socket.send(String(decoding: json, as: UTF8.self))
    } catch {
      services.logger.error("an error could not be written", ["error": "\(error)"])
    }
  }
}
