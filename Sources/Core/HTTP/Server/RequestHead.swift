internal import CMicrohttpd

/// The head of a request as the client sent it, not yet checked.
struct RequestHead: Sendable {
  var method: String
  /// The request target; nil if it is not UTF-8.
  var target: String?
  var version: String
  var headers: HTTPHeaders
  /// The size of all of it, in bytes.
  var size: Int
  var remoteAddress: String

  init(
    method: String, target: String?, version: String, headers: HTTPHeaders, size: Int = 0,
    remoteAddress: String = ""
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.headers = headers
    self.size = size
    self.remoteAddress = remoteAddress
  }

  /// Reads it from MHD. Header bytes that are not UTF-8 come out as replacement characters.
  init(
    connection: OpaquePointer, method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?,
    target: String?
  ) {
    var headers = HTTPHeaders()
    withUnsafeMutablePointer(to: &headers) {
      // The count that comes back is that of the fields collected.
      _ = MHD_get_connection_values_n(connection, .HEADER_KIND, Self.collect, $0)
    }
    self.init(
      method: method.map { String(cString: $0) } ?? "", target: target,
      version: version.map { String(cString: $0) } ?? "", headers: headers,
      size: cmicrohttpd_head_size(connection),
      remoteAddress: numericHost(cmicrohttpd_address(connection)))
  }

  private static let collect: MHD_KeyValueIteratorN = {
    headers, _, name, nameSize, value, valueSize in
    guard let headers, let name else { return .NO }
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameSize)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
    headers.assumingMemoryBound(to: HTTPHeaders.self).pointee
      .add(String(decoding: nameBytes, as: UTF8.self), trimmedWhitespace(valueBytes))
    return .YES
  }
}
