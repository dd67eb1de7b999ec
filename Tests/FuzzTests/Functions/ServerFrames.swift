/// The frames that a server has sent, taken apart.
struct ServerFrames {
  private(set) var texts: [[UInt8]] = []
  private(set) var pongs: [[UInt8]] = []
  /// The code of the close frame; 1005 where it has none, nil where there is no close frame.
  private(set) var closeCode: UInt16?

  /// - Throws: `FuzzBreach` where they are none that a server may send.
  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while let first = rest.popFirst() {
      try hold(closeCode == nil, "nothing is sent behind a close frame")
      try hold(first & 0xF0 == 0x80, "the server's frames are whole, and without reserved bits")
      guard let second = rest.popFirst() else { throw Self.cutOff }
      try hold(second & 0x80 == 0, "the server's frames are not masked")
      let extended = second == 126 ? 2 : second == 127 ? 8 : 0
      let long = rest.prefix(extended).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(extended)
      let length = extended == 0 ? Int(second) : long
      let payload = Array(rest.prefix(length))
      guard payload.count == length else { throw Self.cutOff }
      rest = rest.dropFirst(length)
      try take(first & 0xF, payload)
    }
  }

  private mutating func take(_ opcode: UInt8, _ payload: [UInt8]) throws {
    switch opcode {
    case 1: texts.append(payload)
    case 10: pongs.append(payload)
    case 8:
      try hold(payload.count != 1, "a close frame has a whole code, or none")
      closeCode = payload.isEmpty ? 1005 : UInt16(payload[0]) << 8 | UInt16(payload[1])
    default: throw FuzzBreach(description: "the server sends texts, pongs and close frames only")
    }
  }

  private static let cutOff = FuzzBreach(description: "the server's frames are sent whole")
}
