/// The body of a request: blocks of bytes, in order, as they come in.
///
/// It can be read once, by one task at a time. The server holds back the sender while no more than
/// 256 KiB wait to be read, so reading slowly costs no memory. Reading throws `HTTPBodyError`, or
/// `CancellationError` when the reading task is cancelled.
public struct HTTPBody: AsyncSequence, Sendable {
  /// A block; never empty.
  public typealias Element = [UInt8]

  /// The number of bytes that the caller announced; nil when the length is unknown.
  public let length: Int64?

  private let read: @Sendable () async throws -> [UInt8]?

  /// Makes a body from a function that gives the next block, or nil at the end.
  public init(length: Int64?, next: @escaping @Sendable () async throws -> [UInt8]?) {
    self.length = length
    read = next
  }

  /// A body without bytes.
  public static let empty = HTTPBody(length: 0) { nil }

  /// The next block, or nil at the end of the body.
  public func next() async throws -> [UInt8]? {
    try await read()
  }

  /// Reads what is left into memory.
  ///
  /// - Parameter limit: the most bytes to take; more throws `HTTPBodyError.tooLarge`.
  public func collect(upTo limit: Int) async throws -> [UInt8] {
    if let length, length > limit { throw HTTPBodyError.tooLarge }
    var bytes: [UInt8] = []
    while let block = try await next() {
      guard bytes.count + block.count <= limit else { throw HTTPBodyError.tooLarge }
      if bytes.isEmpty { bytes = block } else { bytes.append(contentsOf: block) }
    }
    return bytes
  }

  /// Reads the body block by block.
  public func makeAsyncIterator() -> Iterator {
    Iterator(body: self)
  }

  /// The place in the body; all iterators of one body share it.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let body: HTTPBody

    /// The next block, or nil at the end of the body.
    public mutating func next() async throws -> [UInt8]? {
      try await body.next()
    }
  }
}

/// Why a request's body cannot be read to its end.
public enum HTTPBodyError: String, Error, Sendable {
  /// The client went away, or the server stops.
  case connectionClosed
  /// The body is longer than the route or the caller of `collect(upTo:)` allows.
  case tooLarge
  /// The part of a multipart body was left behind by asking for the next one.
  case skipped
  /// No KiB came for as long as `HTTPServerConfiguration.progressTimeout`; there is still time to answer.
  case timeout
  /// The server stops; there is still time to answer.
  case shuttingDown
}
