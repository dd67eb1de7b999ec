import Glibc

/// Where a body comes from.
protocol UploadSource: AnyObject {
  /// Length in bytes, where it is known beforehand.
  var size: Int64? { get }
  /// Bytes read so far.
  var sent: Int64 { get }
  /// Whether all of it was read.
  var isAtEnd: Bool { get }
  /// Fills a buffer as far as it can; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> Int
  /// Goes back to the start, or says that it cannot.
  func rewind() -> Bool
}

/// A body that is in memory.
final class BytesSource: UploadSource {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var size: Int64? { Int64(bytes.count) }
  var sent: Int64 { Int64(offset) }
  var isAtEnd: Bool { offset == bytes.count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> Int {
    let piece = bytes[offset...].prefix(buffer.count)
    buffer.copyBytes(from: piece)
    offset += piece.count
    return piece.count
  }

  func rewind() -> Bool {
    offset = 0
    return true
  }
}

/// A body that is a file, a pipe or standard input.
final class FileSource: UploadSource {
  let size: Int64?
  private(set) var sent: Int64 = 0
  private var sawEnd = false
  private let descriptor: Int32
  private let closes: Bool
  private let cancellation: Cancellation

  var isAtEnd: Bool { size.map { sent == $0 } ?? sawEnd }

  /// - Parameter path: `-` is standard input.
  init(path: String, cancellation: Cancellation) throws {
    let isInput = path == "-"
    let file = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Self.fault("open", path) }
    do {
      size = try Self.length(of: file, path)
    } catch {
      if !isInput { close(file) }
      throw error
    }
    descriptor = file
    closes = !isInput
    self.cancellation = cancellation
  }

  deinit { if closes { close(descriptor) } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> Int {
    let room = min(Int64(buffer.count), size.map { $0 - sent } ?? .max)
    guard room > 0 else { return 0 }
    while true {
      try waitUntilReadable()
      let count = Glibc.read(descriptor, buffer.baseAddress, Int(room))
      if count > 0 {
        sent += Int64(count)
        return count
      }
      if count == 0 {
        guard size == nil else {
          throw HTTPClientError(.file, "The file became shorter while it was sent")
        }
        sawEnd = true
        return 0
      }
      guard errno == EINTR || errno == EAGAIN else { throw Self.fault("read", "the file") }
    }
  }

  func rewind() -> Bool {
    if sent == 0 { return true }
    guard size != nil, lseek(descriptor, -off_t(sent), SEEK_CUR) >= 0 else { return false }
    sent = 0
    sawEnd = false
    return true
  }

  /// A pipe may stay silent for as long as it likes: the wait is cut to look at the cancellation.
  private func waitUntilReadable() throws(HTTPClientError) {
    guard size == nil else { return }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    repeat {
      if cancellation.isCancelled {
        throw HTTPClientError(.aborted, "The transfer was aborted")
      }
    } while poll(&entry, 1, 200) == 0
  }

  /// Bytes that are ahead, or nil for what is no regular file.
  private static func length(of file: Int32, _ path: String) throws(HTTPClientError) -> Int64? {
    var info = stat()
    guard fstat(file, &info) == 0 else { throw fault("look at", path) }
    switch info.st_mode & S_IFMT {
    case S_IFDIR: throw HTTPClientError(.file, "\(path) is a folder")
    case S_IFREG:
      // Standard input may stand in the midst of a file, when someone has read from it before.
      let start = lseek(file, 0, SEEK_CUR)
      guard start >= 0 else { throw fault("look at", path) }
      return max(Int64(info.st_size) - Int64(start), 0)
    default: return nil
    }
  }

  private static func fault(_ verb: String, _ path: String) -> HTTPClientError {
    HTTPClientError(.file, "Could not \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}
