internal import CLibpq

extension ConnectionHandle {
  /// Connects, and blocks while it does: for a thread of its own.
  ///
  /// - Throws: `PostgresError` with code `configuration` or `connection`, its message without
  ///   passwords.
  static func connect(_ configuration: PostgresConfiguration) throws -> ConnectionHandle {
    let string = try ConnectionString(configuration.url)
    // A later keyword wins over an earlier one: the URL overrides our defaults, but not the encoding.
    let parameters: [(String, String)] = [
      ("application_name", configuration.applicationName),
      ("connect_timeout", String(configuration.connectTimeout)),
      ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
      ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
      ("dbname", configuration.url),
      ("client_encoding", "UTF8"),
    ]
    let opened = withStrings(parameters.map(\.0)) { keywords in
      withStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
    }
    guard let raw = opened else {
      throw PostgresError(code: .connection, message: "out of memory")
    }
    let handle = ConnectionHandle(owning: raw)
    guard PQstatus(raw) == CONNECTION_OK else {
      var error = PostgresError(connection: raw)
      error.message = error.message.map(string.redacted)
      throw error
    }
    return handle
  }

  /// The strings as a NULL-terminated array of C strings, which live as long as the call.
  private static func withStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
  ) -> R {
    var storage: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(storage.count)
      storage += string.utf8CString
    }
    return storage.withUnsafeBufferPointer { storage in
      var pointers: [UnsafePointer<CChar>?] = offsets.map { storage.baseAddress?.advanced(by: $0) }
      pointers.append(nil)
      return pointers.withUnsafeBufferPointer { pointers in
        guard let base = pointers.baseAddress else { preconditionFailure("the array is not empty") }
        return body(base)
      }
    }
  }
}
