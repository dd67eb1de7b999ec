internal import CCrypto

/// SHA-256 over bytes that come in pieces, by libcrypto (EVP_DigestInit(3)).
struct SHA256Digest: ~Copyable {
  private let context: OpaquePointer

  init() throws {
    // Two steps, because a value without copies cannot be half made when an error is thrown.
    self.init(context: try Self.makeContext())
  }

  private init(context: OpaquePointer) { self.context = context }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: RawSpan) throws {
    let done = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    guard done == 1 else { throw Self.failure() }
  }

  /// The hash in hexadecimal digits; nothing can be added afterwards.
  mutating func finish() throws -> String {
    var hash = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &hash, nil) == 1 else { throw Self.failure() }
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func makeContext() throws -> OpaquePointer {
    guard let context = EVP_MD_CTX_new() else { throw failure() }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw failure()
    }
    return context
  }

  private static func failure() -> SpoolError {
    SpoolError(.digest, "The spool could not compute a hash")
  }
}
