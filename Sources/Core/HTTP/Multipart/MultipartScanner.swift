import Glibc

/// Takes a multipart body apart: blocks in, events out. A value without I/O.
///
/// Source: RFC 2046, section 5.1.1. Delimiters stand behind CRLF; what comes before the first and after
/// the last is dropped. Data without a delimiter passes without being copied, as long as the block
/// does not end in the midst of what could become one.
struct MultipartScanner: Sendable {
  /// What comes next.
  enum Event: Sendable, Equatable {
    /// A part begins; its header, line by line.
    case header([[UInt8]])
    /// Bytes of the part's content; never empty.
    case content([UInt8])
    /// The part has ended.
    case partEnd
    /// The last part has ended; what follows does not matter.
    case end
    /// Feed another block.
    case needMore
  }

  private enum State {
    case preamble, delimiterEnd, header, content, afterPart, epilogue
  }

  private let delimiter: [UInt8]
  private let limits: MultipartLimits
  private var state = State.preamble
  private var buffer: [UInt8]
  private var start = 0
  private var lines: [[UInt8]] = []
  private var headerBytes = 0
  private var parts = 0

  init(boundary: [UInt8], limits: MultipartLimits = MultipartLimits()) {
    delimiter = Array("\r\n--".utf8) + boundary
    self.limits = limits
    // The first delimiter may stand at the very start, without a line before it.
    buffer = Array("\r\n".utf8)
  }

  /// Adds a block behind what has not been looked at yet.
  mutating func feed(_ block: [UInt8]) {
    if state == .epilogue { return }
    if start == buffer.count {
      buffer = block
      start = 0
    } else {
      buffer.removeFirst(start)
      start = 0
      buffer.append(contentsOf: block)
    }
  }

  /// The next event; throws `Problem` 400 for what is not a multipart body.
  mutating func next() throws(Problem) -> Event {
    while true {
      switch state {
      case .preamble:
        guard skipPreamble() else { return .needMore }
      case .delimiterEnd:
        guard try endDelimiter() else { return .needMore }
      case .header:
        guard try readHeader() else { return .needMore }
        state = .content
        defer { lines = [] }
        return .header(lines)
      case .content:
        return content()
      case .afterPart:
        state = .delimiterEnd
        return .partEnd
      case .epilogue:
        buffer = []
        start = 0
        return .end
      }
    }
  }

  /// The body has ended; throws unless the last delimiter was there.
  func finish() throws(Problem) {
    guard state == .epilogue else {
      throw MultipartProblem.malformed("The multipart body ends before its last delimiter.")
    }
  }

  // MARK: - Steps

  private mutating func skipPreamble() -> Bool {
    if let place = find(delimiter) {
      start = place + delimiter.count
      state = .delimiterEnd
      return true
    }
    start = buffer.count - pendingCount()
    return false
  }

  /// What may stand behind a delimiter: `--` behind the last, else white space and the line's end.
  private mutating func endDelimiter() throws(Problem) -> Bool {
    var place = start
    if buffer.count - place >= 1, buffer[place] == UInt8(ascii: "-") {
      guard buffer.count - place >= 2 else { return false }
      guard buffer[place + 1] == UInt8(ascii: "-") else { throw Self.badDelimiter }
      state = .epilogue
      return true
    }
    while place < buffer.count, buffer[place] == 0x20 || buffer[place] == 0x09 { place += 1 }
    guard place - start <= 256 else { throw Self.badDelimiter }
    guard place < buffer.count else { return false }
    guard buffer[place] == 0x0D else { throw Self.badDelimiter }
    guard place + 1 < buffer.count else { return false }
    guard buffer[place + 1] == 0x0A else { throw Self.badDelimiter }
    start = place + 2
    parts += 1
    guard parts <= limits.parts else {
      throw MultipartProblem.malformed(
        "The multipart body has more than \(limits.parts) parts.", hint: "Send fewer parts.")
    }
    headerBytes = 0
    state = .header
    return true
  }

  /// Reads lines until the empty one.
  private mutating func readHeader() throws(Problem) -> Bool {
    while let end = find(Self.lineEnd) {
      let line = buffer[start..<end]
      headerBytes += line.count + 2
      try checkHeaderSize(headerBytes)
      start = end + 2
      if line.isEmpty { return true }
      lines.append(Array(line))
    }
    try checkHeaderSize(headerBytes + buffer.count - start)
    return false
  }

  private func checkHeaderSize(_ bytes: Int) throws(Problem) {
    guard bytes <= limits.headerBytes else {
      throw MultipartProblem.malformed(
        "The header of a part is larger than \(limits.headerBytes) bytes.")
    }
  }

  private mutating func content() -> Event {
    if let place = find(delimiter) {
      let bytes = take(upTo: place)
      start = place + delimiter.count
      state = .afterPart
      if let bytes { return .content(bytes) }
      state = .delimiterEnd
      return .partEnd
    }
    let end = buffer.count - pendingCount()
    return take(upTo: end).map { .content($0) } ?? .needMore
  }

  /// The bytes up to a place; nil if there are none. The whole buffer is handed on without a copy.
  private mutating func take(upTo place: Int) -> [UInt8]? {
    guard place > start else { return nil }
    if start == 0, place == buffer.count {
      defer { buffer = [] }
      return buffer
    }
    defer { start = place }
    return Array(buffer[start..<place])
  }

  // MARK: - Search

  private static let lineEnd: [UInt8] = [0x0D, 0x0A]

  /// The place of a needle that begins with CR: memchr(3) jumps from one CR to the next.
  private func find(_ needle: [UInt8]) -> Int? {
    buffer.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return nil }
      var place = start
      while all.count - place >= needle.count {
        let room = all.count - place - needle.count + 1
        guard let found = memchr(base + place, 0x0D, room) else { return nil }
        place = UnsafeRawPointer(found) - base
        if memcmp(found, needle, needle.count) == 0 { return place }
        place += 1
      }
      return nil
    }
  }

  /// How many bytes at the end could be the beginning of a delimiter.
  private func pendingCount() -> Int {
    let most = min(delimiter.count - 1, buffer.count - start)
    guard most > 0 else { return 0 }
    for count in stride(from: most, through: 1, by: -1)
    where buffer[buffer.count - count] == 0x0D
      && buffer.suffix(count).elementsEqual(delimiter.prefix(count))
    {
      return count
    }
    return 0
  }

  private static let badDelimiter = MultipartProblem.malformed(
    "A delimiter of the multipart body is followed by something else than the end of its line.")
}

/// The one way in which multipart bodies are refused.
enum MultipartProblem {
  static func malformed(_ detail: String, hint: String? = nil) -> Problem {
    .badRequest(
      detail,
      hint: hint
        ?? "Send multipart/form-data as RFC 7578 has it, as curl -F or a browser's form do.")
  }
}
