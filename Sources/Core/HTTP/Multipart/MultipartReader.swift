import Synchronization

/// Reads a `multipart/form-data` body part by part, while it comes in.
///
/// ```swift
/// let reader = try MultipartReader(request)
/// while let part = try await reader.next() { … part.body … }
/// ```
///
/// What is left unread of a part is skipped. Throws `Problem` 400 for a body that is not multipart,
/// and what the request's body throws. Source: RFC 7578, RFC 2046. One task at a time may read.
public struct MultipartReader: Sendable {
  private let source: MultipartSource

  /// Makes a reader for a body whose `Content-Type` is given; throws `Problem` 400 if that is no
  /// multipart type with a boundary.
  public init(
    contentType: String, body: HTTPBody, limits: MultipartLimits = MultipartLimits()
  ) throws(Problem) {
    guard let type = HeaderParameters(contentType),
      type.value.equalsIgnoringASCIICase("multipart/form-data")
    else { throw MultipartProblem.malformed("The Content-Type is not multipart/form-data.") }
    guard let boundary = type["boundary"], Self.isBoundary(boundary) else {
      throw MultipartProblem.malformed("The Content-Type has no valid boundary.")
    }
    source = MultipartSource(
      body: body, scanner: MultipartScanner(boundary: Array(boundary.utf8), limits: limits))
  }

  /// Makes a reader for a request.
  public init(
    _ request: HTTPRequest, limits: MultipartLimits = MultipartLimits()
  ) throws(Problem) {
    try self.init(
      contentType: request.headers["Content-Type"] ?? "", body: request.body, limits: limits)
  }

  /// The next part, or nil behind the last.
  public func next() async throws -> MultipartPart? {
    try await source.nextPart()
  }

  /// 1 to 70 characters of a certain set, the last one no space (RFC 2046, section 5.1.1).
  private static func isBoundary(_ text: String) -> Bool {
    let marks = Set("'()+_,-./:=? ".utf8)
    return (1...70).contains(text.utf8.count) && text.utf8.last != 0x20
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: marks.contains(byte)
        }
      }
  }
}

/// The scanner joined to the body that feeds it.
private final class MultipartSource: Sendable {
  private struct State {
    var scanner: MultipartScanner
    /// The number of the part that is being read, and whether its end has been seen.
    var part = 0
    var isInPart = false
  }

  private let body: HTTPBody
  private let state: Mutex<State>

  init(body: HTTPBody, scanner: MultipartScanner) {
    self.body = body
    state = Mutex(State(scanner: scanner))
  }

  func nextPart() async throws -> MultipartPart? {
    while true {
      let event = try await nextEvent()
      switch event {
      case .header(let lines): return try begin(lines)
      case .content, .partEnd: continue
      case .end, .needMore: return nil
      }
    }
  }

  /// Apart from `nextPart`: the compiler of Swift 6.3.1 crashes when it splits the two as one.
  @inline(never)
  private func begin(_ lines: [[UInt8]]) throws -> MultipartPart {
    let header = try MultipartHeader(lines: lines)
    let number = state.withLock { state in
      state.part += 1
      state.isInPart = true
      return state.part
    }
    return MultipartPart(
      name: header.name, fileName: header.fileName,
      headers: HTTPHeaders(header.fields.map { ($0.name, $0.value) }),
      body: HTTPBody(length: nil) { try await self.nextBlock(of: number) })
  }

  private func nextBlock(of part: Int) async throws -> [UInt8]? {
    let (isCurrent, isInPart) = state.withLock { ($0.part == part, $0.isInPart) }
    guard isCurrent else { throw HTTPBodyError.skipped }
    guard isInPart else { return nil }
    switch try await nextEvent() {
    case .content(let block): return block
    case .partEnd, .header, .end, .needMore: return nil
    }
  }

  /// The next event; never `needMore`.
  private func nextEvent() async throws -> MultipartScanner.Event {
    while true {
      let event = try state.withLock { state throws(Problem) in
        let event = try state.scanner.next()
        if case .partEnd = event { state.isInPart = false }
        return event
      }
      guard case .needMore = event else { return event }
      if let block = try await body.next() {
        state.withLock { $0.scanner.feed(block) }
      } else {
        try state.withLock { state throws(Problem) in try state.scanner.finish() }
        return .end
      }
    }
  }
}
