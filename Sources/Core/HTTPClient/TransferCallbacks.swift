internal import CCurl
import Glibc

/// What libcurl calls while a transfer runs, always on the transfer's own thread.
enum TransferCallbacks {
  static func install(
    in handle: borrowing CurlHandle, context: UnsafeMutableRawPointer
  ) throws {
    let raw = handle.raw
    try handle.check(sluice_curl_set_data_callback(raw, CURLOPT_READFUNCTION, read))
    try handle.check(sluice_curl_set_pointer(raw, CURLOPT_READDATA, context))
    try handle.check(sluice_curl_set_seek_callback(raw, seek))
    try handle.check(sluice_curl_set_pointer(raw, CURLOPT_SEEKDATA, context))
    try handle.check(sluice_curl_set_data_callback(raw, CURLOPT_WRITEFUNCTION, write))
    try handle.check(sluice_curl_set_pointer(raw, CURLOPT_WRITEDATA, context))
    try handle.check(sluice_curl_set_data_callback(raw, CURLOPT_HEADERFUNCTION, header))
    try handle.check(sluice_curl_set_pointer(raw, CURLOPT_HEADERDATA, context))
    try handle.check(sluice_curl_set_progress_callback(raw, progress))
    try handle.check(sluice_curl_set_pointer(raw, CURLOPT_XFERINFODATA, context))
  }

  private typealias Data =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

  /// The transfer behind the pointer that `install` has given to libcurl.
  private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Fills libcurl's buffer with the next of the body; 0 at its end.
  private static let read: Data = { buffer, size, count, context in
    guard let transfer = transfer(context), let buffer, let source = transfer.source else {
      return 0
    }
    do throws(HTTPClientError) {
      return try source.read(
        into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    } catch {
      transfer.fault = error
      return Int(CURL_READFUNC_ABORT)
    }
  }

  /// Goes back to the start of the body, to send it once more where a connection was lost at once.
  private static let seek: curl_seek_callback = { context, offset, origin in
    guard let source = transfer(context)?.source, offset == 0, origin == SEEK_SET, source.rewind()
    else { return CURL_SEEKFUNC_CANTSEEK }
    return CURL_SEEKFUNC_OK
  }

  private static let write: Data = { bytes, size, count, context in
    guard let transfer = transfer(context), let bytes else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    guard transfer.answer.append(body: piece) else {
      transfer.fault = HTTPClientError(
        .tooLarge, "The answer is larger than \(HTTPClientResponse.bodyLimit) bytes")
      // Fewer than it gave, so it stops; for an empty piece it would take 0 as success.
      return piece.isEmpty ? 1 : 0
    }
    return piece.count
  }

  private static let header: Data = { bytes, size, count, context in
    guard let transfer = transfer(context), let bytes else { return 0 }
    transfer.answer.append(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
  }

  /// Called about once a second at least; anything but 0 ends the transfer.
  private static let progress: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let transfer = transfer(context), !transfer.shouldAbort else { return 1 }
    transfer.report()
    return 0
  }
}
