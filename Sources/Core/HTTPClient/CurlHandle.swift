internal import CCurl

/// A libcurl easy handle with its list of headers.
struct CurlHandle: ~Copyable {
  /// `CURL *`, which libcurl declares as `void *`.
  let raw: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// Where libcurl writes what went wrong, of `CURL_ERROR_SIZE` bytes.
  private let message: UnsafeMutablePointer<CChar>

  /// Loads libcurl's own libraries, once for the process (curl_global_init(3), thread-safe since 7.84).
  private static let isLoaded = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init() throws {
    try self.init(raw: Self.make())
  }

  private init(raw: UnsafeMutableRawPointer) {
    self.raw = raw
    message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(raw)
    curl_slist_free_all(headers)
    message.deallocate()
  }

  private static func make() throws -> UnsafeMutableRawPointer {
    guard isLoaded, let raw = curl_easy_init() else {
      throw HTTPClientError(.transfer, "libcurl could not be initialised")
    }
    return raw
  }

  /// Does the transfer; blocks.
  func perform() -> CURLcode {
    sluice_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, message)
    return curl_easy_perform(raw)
  }

  var status: Int {
    var status = 0
    sluice_curl_get_long(raw, CURLINFO_RESPONSE_CODE, &status)
    return status
  }

  /// What went wrong, in libcurl's words.
  func explain(_ code: CURLcode) -> String {
    let specific = String(cString: message)
    return specific.isEmpty ? String(cString: curl_easy_strerror(code)) : specific
  }

  func set(_ option: CURLoption, _ value: Int) throws {
    try check(sluice_curl_set_long(raw, option, value))
  }

  func set(_ option: CURLoption, size: Int64) throws {
    try check(sluice_curl_set_size(raw, option, curl_off_t(size)))
  }

  func set(_ option: CURLoption, _ value: String) throws {
    try check(sluice_curl_set_text(raw, option, value))
  }

  mutating func setHeaders(_ lines: [String]) throws {
    for line in lines {
      guard let longer = curl_slist_append(headers, line) else {
        throw HTTPClientError(.transfer, "libcurl has no memory for the header")
      }
      headers = longer
    }
    try check(sluice_curl_set_list(raw, CURLOPT_HTTPHEADER, headers))
  }

  func check(_ code: CURLcode) throws {
    guard code == CURLE_OK else {
      throw HTTPClientError(.transfer, String(cString: curl_easy_strerror(code)))
    }
  }
}
