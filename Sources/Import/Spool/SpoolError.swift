import Glibc

/// What can go wrong with the spool.
public struct SpoolError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// What kind of fault it is; stable.
  public enum Code: String, Sendable {
    /// More bytes than a file may have.
    case tooLarge = "too_large"
    /// The file system has not enough room left.
    case noSpace = "no_space"
    /// All files together have as many bytes as they may.
    case full = "spool_full"
    /// There is no such file.
    case missing
    /// There is such a file already.
    case exists
    /// A name that is not allowed.
    case badIdentifier = "bad_identifier"
    /// A system call failed: see `errno`.
    case io
    /// libcrypto could not compute the hash.
    case digest
  }

  /// What kind of fault it is.
  public let code: Code
  /// What is wrong, for people; shows no path.
  public let message: String
  /// The error of the system call that failed (errno(3)).
  public let errno: Int32?
  /// The file or folder at fault, for the operator only.
  public let path: String?

  init(_ code: Code, _ message: String, errno: Int32? = nil, path: String? = nil) {
    self.code = code
    self.message = message
    self.errno = errno
    self.path = path
  }

  /// The fault of a system call that has just failed, read from `errno`.
  static func io(_ operation: String, path: String) -> SpoolError {
    let number = Glibc.errno
    let code: Code =
      switch number {
      case ENOSPC, EDQUOT: .noSpace
      case ENOENT: .missing
      default: .io
      }
    let message = "The spool could not \(operation): \(String(cString: strerror(number)))"
    return SpoolError(code, message, errno: number, path: path)
  }

  /// What is wrong, without a path.
  public var description: String { message }

  /// All that is known.
  public var debugDescription: String {
    "SpoolError(\(code.rawValue), \(message), errno: \(errno ?? 0), path: \(path ?? "none"))"
  }
}
