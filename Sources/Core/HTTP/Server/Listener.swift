import Glibc

/// The making of a listening socket.
enum Listener {
  /// Binds and listens.
  ///
  /// - Returns: the descriptor, non-blocking, and the port that it has.
  static func open(
    address: String, port: UInt16
  ) throws(HTTPServerError) -> (fileDescriptor: Int32, port: UInt16) {
    let info = try resolve(address, port)
    defer { freeaddrinfo(info) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let fileDescriptor = socket(info.pointee.ai_family, kind, 0)
    guard fileDescriptor >= 0 else { throw failure(address, port) }
    var on: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard setsockopt(fileDescriptor, SOL_SOCKET, SO_REUSEADDR, &on, size) == 0,
      bind(fileDescriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0,
      listen(fileDescriptor, 512) == 0, let bound = boundPort(fileDescriptor)
    else {
      let error = failure(address, port)
      close(fileDescriptor)
      throw error
    }
    return (fileDescriptor, bound)
  }

  private static func resolve(
    _ address: String, _ port: UInt16
  ) throws(HTTPServerError) -> UnsafeMutablePointer<addrinfo> {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var info: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, String(port), &hints, &info) == 0, let info else {
      throw HTTPServerError(
        code: .badAddress, message: "\(address) is not a numeric IPv4 or IPv6 address.")
    }
    return info
  }

  private static func boundPort(_ fileDescriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { raw -> UInt16? in
      raw.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
        guard getsockname(fileDescriptor, address, &length) == 0 else { return nil }
        // The port stands at the same place in IPv4 and IPv6 addresses.
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          UInt16(bigEndian: $0.pointee.sin_port)
        }
      }
    }
  }

  private static func failure(_ address: String, _ port: UInt16) -> HTTPServerError {
    let code: HTTPServerError.Code = errno == EADDRINUSE ? .addressInUse : .cannotListen
    return HTTPServerError(
      code: code,
      message: "Cannot listen at \(address), port \(port): \(String(cString: strerror(errno))).")
  }
}
