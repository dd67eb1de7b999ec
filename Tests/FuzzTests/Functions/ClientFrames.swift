/// What a client's bytes say by RFC 6455, section 5, decided frame by frame and without any speed: what the
/// server has to make of them.
struct ClientFrames {
  /// How they end.
  enum Ending: Equatable {
    /// They stop; in the midst of a text perhaps, which may be known already to be none.
    case open
    /// With a close frame, or a frame that breaks a rule: the server closes with one of these codes.
    case closed(Set<UInt16>)
    /// With the start of a frame that breaks a rule, so that the server may wait for more of it.
    case closing(Set<UInt16>)
  }

  private(set) var texts: [[UInt8]] = []
  private(set) var pings: [[UInt8]] = []
  private(set) var ending = Ending.open

  private var rest: ArraySlice<UInt8>
  private let maxMessageBytes: Int
  /// The text of the message that is under way.
  private var message: [UInt8]?

  private struct Frame {
    let isLast: Bool
    let opcode: UInt8
    let length: Int
    let key: [UInt8]
  }

  init(_ bytes: [UInt8], maxMessageBytes: Int) {
    rest = bytes[...]
    self.maxMessageBytes = maxMessageBytes
    while ending == .open, let frame = header() { take(frame) }
  }

  /// Whether there is less of a frame than a server may want to see before it judges: its header, and a
  /// byte of what is in it.
  private var isWaiting = false

  private mutating func close(_ codes: UInt16...) { close(codes) }

  private mutating func close(_ codes: [UInt16]) {
    ending = isWaiting ? .closing(Set(codes)) : .closed(Set(codes))
  }

  /// The next frame's header, where it is there and breaks no rule.
  private mutating func header() -> Frame? {
    let bytes = Array(rest.prefix(14))
    guard bytes.count >= 2 else { return nil }
    let (isLast, opcode, short) = (bytes[0] & 0x80 != 0, bytes[0] & 0xF, bytes[1] & 0x7F)
    let extended = short == 126 ? 2 : short == 127 ? 8 : 0
    isWaiting = rest.count < 6 + extended + (short > 0 ? 1 : 0)
    let isControl = opcode & 8 != 0
    let isKnown = [0, 1, 2, 8, 9, 10].contains(opcode)
    guard bytes[0] & 0x70 == 0, isKnown, bytes[1] & 0x80 != 0,
      !isControl || isLast && short <= 125
    else {
      close(1002)
      return nil
    }
    guard bytes.count >= 2 + extended else { return nil }
    let long = bytes[2..<(2 + extended)].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    let isShortest = extended == 0 || long > (extended == 2 ? 125 : 65535)
    guard isShortest, long < 1 << 63 else {
      close(1002)
      return nil
    }
    guard bytes.count >= 6 + extended else { return nil }
    rest = rest.dropFirst(6 + extended)
    return Frame(
      isLast: isLast, opcode: opcode,
      length: extended == 0 ? Int(short) : Int(long), key: Array(bytes[(2 + extended)...].prefix(4))
    )
  }

  private mutating func take(_ frame: Frame) {
    if frame.opcode == 2 {
      let answers: [UInt16] = message == nil ? [1003] : [1002, 1003]
      return close(answers + (frame.length > maxMessageBytes ? [1009] : []))
    }
    if frame.opcode == 1 || frame.opcode == 0 {
      guard (frame.opcode == 0) == (message != nil) else { return close(1002) }
      guard (message?.count ?? 0) + frame.length <= maxMessageBytes else { return close(1009) }
    }
    let payload = Array(rest.prefix(frame.length)).enumerated().map { $1 ^ frame.key[$0 & 3] }
    rest = rest.dropFirst(frame.length)
    let isWhole = payload.count == frame.length
    switch frame.opcode {
    case 0, 1: takeText(payload, isWhole: isWhole, isLast: frame.isLast)
    case 8: takeClose(payload, isWhole: isWhole)
    case 9 where isWhole: pings.append(payload)
    default: break
    }
    if !isWhole { rest = [] }
  }

  private mutating func takeText(_ payload: [UInt8], isWhole: Bool, isLast: Bool) {
    let text = (message ?? []) + payload
    guard Self.isStartOfText(text) else { return close(1007) }
    message = text
    guard isWhole, isLast else { return }
    guard Self.isText(text) else { return close(1007) }
    texts.append(text)
    message = nil
  }

  private mutating func takeClose(_ payload: [UInt8], isWhole: Bool) {
    // The library under the server looks at a reason as its pieces come, and skips two bytes of each as if
    // they were the code: it may take a bad one for good and a good one for bad.
    let mayBeBad = payload.dropFirst(2).contains { $0 > 0x7F }
    guard isWhole else {
      if mayBeBad { ending = .closing([1007]) }
      return
    }
    guard payload.count >= 2 else { return payload.isEmpty ? close(1005) : close(1002) }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    var answers: [UInt16]
    switch code {
    case 1000...1003, 1007...1011, 3000...4999: answers = [code]
    // Of these, which no client has a reason to send, the library knows nothing.
    case 1012...1014: answers = [code, 1002]
    default: answers = [1002]
    }
    if mayBeBad { answers.append(1007) }
    close(answers)
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  /// Whether a text may begin like this: it is one, or becomes one with a few more bytes.
  private static func isStartOfText(_ bytes: [UInt8]) -> Bool {
    if isText(bytes) { return true }
    let ends: [[UInt8]] = [
      [0x80], [0xBF], [0x80, 0x80], [0xBF, 0x80], [0x80, 0x80, 0x80], [0xBF, 0x80, 0x80],
      [0x90, 0x80, 0x80], [0xA0, 0x80],
    ]
    return ends.contains { isText(bytes + $0) }
  }
}
