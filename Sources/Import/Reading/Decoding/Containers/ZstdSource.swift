internal import CZstd

/// What a zstd file unpacks to (RFC 8878), in memory bounded by the window that is allowed.
///
/// Several frames in a row are one file; skippable frames are passed over; checksums are checked. A
/// damaged or cut-off file throws `corruptFile`; a frame with a larger window throws `tooExpansive`.
public final class ZstdSource: ByteSource {
  private let input: StoredInput
  private let context: OpaquePointer?
  private let maxWindowLog: Int32
  /// Whether the bytes so far end with a whole frame.
  private var isBetweenFrames = false
  /// Whether the decoder may hold more than there was room for.
  private var hasMore = false
  private var failure: ReadingError?

  /// See `ByteSource`: bytes of the zstd file.
  public var bytesTaken: Int64 { input.bytesTaken }

  /// Unpacks the bytes of `source`; nothing is read yet.
  ///
  /// - Parameter maxWindowLog: see `DecodingLimits`.
  public init(_ source: any ByteSource, maxWindowLog: Int32 = DecodingLimits().maxWindowLog) {
    input = StoredInput(source, capacity: 128 << 10)
    self.maxWindowLog = maxWindowLog
    context = ZSTD_createDCtx()
    let code = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, maxWindowLog)
    if context == nil || ZSTD_isError(code) != 0 {
      failure = ReadingError(.corruptFile, "zstd cannot begin.")
    }
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  /// See `ByteSource`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if buffer.isEmpty { return 0 }
    while true {
      if let failure { throw failure }
      if !hasMore, try !input.fill(1) {
        if isBetweenFrames { return 0 }
        failure = Self.cutOff
        continue
      }
      let count = decompress(into: buffer)
      if count > 0 { return count }
    }
  }

  /// Unpacks a piece. What is wrong behind it is kept for the next call.
  private func decompress(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let bytes = input.bytes
    var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    let code = ZSTD_decompressStream(context, &target, &source)
    input.consume(source.pos)
    isBetweenFrames = code == 0
    hasMore = target.pos == target.size && !isBetweenFrames
    if ZSTD_isError(code) != 0 { failure = error(code) }
    return target.pos
  }

  private func error(_ result: Int) -> ReadingError {
    // An error is the negated code; 16 is ZSTD_error_frameParameter_windowTooLarge, a value that
    // zstd_errors.h promises to keep.
    if 0 &- result == 16 {
      let limit = 1 << (max(maxWindowLog, 20) - 20)
      return ReadingError(
        .tooExpansive, "The zstd file needs a window of more than \(limit) MiB to be unpacked.",
        hint: "Compress it again without --long or --ultra, or send it unpacked.")
    }
    return ReadingError(
      .corruptFile, "The zstd file is damaged: its bytes or its checksum are wrong.",
      hint: "Test it with zstd -t, and send an intact copy.")
  }

  static let cutOff = ReadingError(
    .corruptFile, "The zstd file is cut off: its end is missing.", hint: "Send the file again.")
}
