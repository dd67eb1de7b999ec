internal import CZlib

/// What a gzip file unpacks to (RFC 1952), in constant memory.
///
/// Several members in a row are one file, as section 2.2 says. Zero bytes behind the last one, as tapes
/// leave them, are passed over. A wrong checksum, anything else behind the last member, and an end within
/// a member throw `corruptFile`.
public final class GzipSource: ByteSource {
  private enum Place {
    case withinMember
    case behindMember
    case end
  }

  private let input: StoredInput
  /// At an address of its own: zlib compares it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var place = Place.withinMember
  private var failure: ReadingError?

  /// See `ByteSource`: bytes of the gzip file.
  public var bytesTaken: Int64 { input.bytesTaken }

  /// Unpacks the bytes of `source`; nothing is read yet.
  public init(_ source: any ByteSource) {
    input = StoredInput(source)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15: the largest window; 16 more: a gzip header is expected, not one of zlib.
    let code = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if code != Z_OK { failure = ReadingError(.corruptFile, "zlib cannot begin (\(code)).") }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if buffer.isEmpty { return 0 }
    while true {
      if let failure { throw failure }
      switch place {
      case .withinMember:
        let count = try inflate(into: buffer)
        if count > 0 { return count }
      case .behindMember:
        place = try findNextMember()
      case .end:
        return 0
      }
    }
  }

  /// Unpacks a piece. What is wrong behind it is kept for the next call.
  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard try input.fill(1) else { throw fail(Self.cutOff) }
    let bytes = input.bytes
    // zlib's pointers are typed; it does not write to the input.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: Bytef.self))
    stream.pointee.avail_in = uInt(bytes.count)
    let room = min(buffer.count, 1 << 30)
    stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: Bytef.self)
    stream.pointee.avail_out = uInt(room)
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    let consumed = bytes.count - Int(stream.pointee.avail_in)
    let produced = room - Int(stream.pointee.avail_out)
    input.consume(consumed)
    switch code {
    case Z_OK: break
    case Z_STREAM_END: place = .behindMember
    default: failure = Self.damaged
    }
    return produced
  }

  private func findNextMember() throws -> Place {
    guard try input.fill(1) else { return .end }
    if input.bytes[0] == 0 {
      while try input.fill(1) {
        let zeros = input.bytes.prefix { $0 == 0 }.count
        guard zeros == input.count else { throw fail(Self.trailingBytes) }
        input.consume(zeros)
      }
      return .end
    }
    guard try input.fill(2), input.bytes[0] == 0x1F, input.bytes[1] == 0x8B else {
      throw fail(Self.trailingBytes)
    }
    guard inflateReset(stream) == Z_OK else { throw fail(Self.damaged) }
    return .withinMember
  }

  private func fail(_ error: ReadingError) -> ReadingError {
    failure = error
    return error
  }

  static let cutOff = ReadingError(
    .corruptFile, "The gzip file is cut off: its end is missing.", hint: "Send the file again.")
  private static let damaged = ReadingError(
    .corruptFile, "The gzip file is damaged: its bytes or its checksum are wrong.",
    hint: "Test it with gzip -t, and send an intact copy.")
  private static let trailingBytes = ReadingError(
    .corruptFile, "Behind the end of the gzip file are bytes that do not belong to it.",
    hint: "Test it with gzip -t, and send an intact copy.")
}
