/// A complete, durable file of the spool.
public struct SpoolFile: Sendable, Equatable {
  /// Its name in the spool.
  public let id: String
  /// Where it is.
  public let path: String
  /// Its length in bytes.
  public let bytes: Int64
  /// SHA-256 over its content, as 64 hexadecimal digits in lower case.
  public let sha256: String

  /// Describes a file.
  public init(id: String, path: String, bytes: Int64, sha256: String) {
    self.id = id
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
  }
}
