import Glibc

/// Shuts a socket down in both directions, so that whoever waits for it sees its end.
///
/// That it was no longer connected is what is wanted, so the result does not matter.
func shutDownSocket(_ fileDescriptor: Int32) {
  _ = shutdown(fileDescriptor, Int32(SHUT_RDWR))
}

/// Lets whoever reads from a socket see its end.
func stopReading(_ fileDescriptor: Int32) {
  _ = shutdown(fileDescriptor, Int32(SHUT_RD))
}

/// Ends what a socket sends: whoever writes to it from now on fails.
func stopWriting(_ fileDescriptor: Int32) {
  _ = shutdown(fileDescriptor, Int32(SHUT_WR))
}

/// The numeric form of a socket's address, without the port; empty if there is none.
func numericHost(_ address: UnsafePointer<sockaddr>?) -> String {
  guard let address else { return "" }
  let length =
    switch Int32(address.pointee.sa_family) {
    case AF_INET: MemoryLayout<sockaddr_in>.size
    case AF_INET6: MemoryLayout<sockaddr_in6>.size
    default: 0
    }
  guard length > 0 else { return "" }
  var text = [UInt8](repeating: 0, count: Int(NI_MAXHOST))
  let code = text.withUnsafeMutableBytes {
    getnameinfo(
      address, socklen_t(length), $0.baseAddress?.assumingMemoryBound(to: CChar.self),
      socklen_t($0.count), nil, 0, NI_NUMERICHOST)
  }
  guard code == 0 else { return "" }
  return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
}
