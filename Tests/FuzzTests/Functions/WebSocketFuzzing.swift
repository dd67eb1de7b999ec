@testable import HTTP

/// A client's frames: two bytes choose limits and pieces, the rest goes through a socket to the server.
enum WebSocketFuzzing {
  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let start = input.byte()
    let seed = input.byte()
    var configuration = WebSocketConfiguration()
    configuration.maxMessageBytes = start & 1 == 0 ? 64 * 1024 : 130
    configuration.inboxLimit = start & 2 == 0 ? 16 : 1
    configuration.now = { .zero }
    let client = Array(input.rest.prefix(16 * 1024))
    let expected = ClientFrames(client, maxMessageBytes: configuration.maxMessageBytes)
    for seed in [nil, seed] {
      let session = try WebSocketSession(
        configuration, leftover: Array(client.prefix(start & 8 == 0 ? 0 : 7)))
      try session.send(client.dropFirst(start & 8 == 0 ? 0 : 7), seed: seed)
      try compare(session, with: expected)
      try session.hangUp()
    }
  }

  private static func compare(
    _ session: WebSocketSession, with expected: ClientFrames
  ) throws {
    let sent = try ServerFrames(session.received)
    try holdEqual(session.texts, expected.texts, "messages come as the client sent them")
    try hold(expected.texts.starts(with: sent.texts), "messages are sent as they were given")
    try hold(expected.pings.starts(with: sent.pongs), "pongs answer the pings in their order")
    switch expected.ending {
    case .open,
      .closing where sent.closeCode == nil:
      try holdEqual(sent.closeCode, nil, "the server closes only when it has to")
      try holdEqual(sent.texts, expected.texts, "each message is sent")
      try holdEqual(sent.pongs, expected.pings, "each ping is answered")
    case .closed(let codes), .closing(let codes):
      try hold(
        sent.closeCode.map { codes.contains($0) } ?? false,
        "the server closes with \(codes.sorted()), and not with "
          + (sent.closeCode.map { "\($0)" } ?? "nothing"))
      try hold(session.isClosed, "a closed socket takes no more messages")
    }
  }
}
