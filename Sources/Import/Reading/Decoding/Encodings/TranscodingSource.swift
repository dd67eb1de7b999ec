/// The text of another source in UTF-8, without its byte order mark.
///
/// - What is no text in the encoding is never dropped or guessed: each such byte (each such code unit of
///   UTF-16 and UTF-32) becomes the one byte 0xFF, which is never valid in UTF-8, so that the row it
///   stands in is rejected as `bad_encoding`. So does a character that the end of the file cuts off.
/// - UTF-8 passes through as it is, valid or not.
/// - U+0000 stays.
///
/// Memory: 64 KiB and what iconv keeps. The result does not depend on how many bytes come at once.
public final class TranscodingSource: ByteSource {
  private let input: StoredInput
  private let source: any ByteSource
  private let encoding: TextEncoding
  private var decoder: Decoder
  /// Decoded bytes for which the caller's buffer was too small.
  private var held: [UInt8] = []
  private var hasBegun = false

  private enum Decoder {
    case none
    case iconv(IconvDecoder)
  }

  /// What a byte that is no text becomes.
  public static let badByte: UInt8 = 0xFF

  /// See `ByteSource`.
  public var bytesTaken: Int64 { input.bytesTaken }

  /// Decodes the bytes of `source`; nothing is read yet.
  public init(_ source: any ByteSource, from encoding: TextEncoding) {
    self.source = source
    self.encoding = encoding
    input = StoredInput(source)
    decoder = .none
  }

  /// See `ByteSource`.
  ///
  /// - Throws: `badEncoding` where the byte order mark contradicts the encoding, or iconv does not know
  ///   it; whatever the source throws.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if buffer.isEmpty { return 0 }
    try begin()
    guard case .iconv(let iconv) = decoder else {
      return input.count > 0 ? input.take(into: buffer) : try source.read(into: buffer)
    }
    if held.isEmpty {
      if buffer.count >= IconvDecoder.minRoom { return try iconv.decode(input, into: buffer) }
      try hold(iconv)
    }
    let count = min(held.count, buffer.count)
    buffer.copyBytes(from: held[..<count])
    held.removeFirst(count)
    return count
  }

  private func hold(_ iconv: IconvDecoder) throws {
    held = try [UInt8](unsafeUninitializedCapacity: IconvDecoder.minRoom) { room, count in
      count = try iconv.decode(input, into: UnsafeMutableRawBufferPointer(room))
    }
  }

  private func begin() throws {
    if hasBegun { return }
    _ = try input.fill(4)
    let mark = ByteOrderMark(start: input.bytes)
    let order = try ByteOrderMark.order(of: encoding, mark: mark)
    if let mark, mark.isLeftOut(of: order) { input.consume(mark.length) }
    if order != .utf8 {
      guard let handle = IconvHandle(from: order.iconvName) else {
        throw ReadingError(.badEncoding, "The encoding \(encoding) is not known here.")
      }
      decoder = .iconv(IconvDecoder(handle, unitSize: order.unitSize))
    }
    hasBegun = true
  }
}
