import Foundation
import ImportModel
import Reading

/// A stored file that is in memory, and counts how much of it is read.
final class MemoryFile: FileBytes {
  let bytes: [UInt8]
  /// The most that is handed out at once.
  let blockSize: Int

  init(_ bytes: [UInt8], blockSize: Int = .max) {
    self.bytes = bytes
    self.blockSize = blockSize
  }

  var size: Int64 { Int64(bytes.count) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    let start = min(Int(offset), bytes.count)
    let count = min(buffer.count, bytes.count - start, blockSize)
    buffer.copyBytes(from: bytes[start..<(start + count)])
    return count
  }
}

/// A stored file that cannot be read behind its first bytes.
struct FailingFile: FileBytes {
  let good: MemoryFile
  let failsFrom: Int64
  var size: Int64 { good.size }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    if offset + Int64(buffer.count) > failsFrom && offset < size { throw BrokenSource.Failure() }
    return good.read(into: buffer, at: offset)
  }
}

extension ByteSource {
  /// All its bytes, asked for in pieces of the given sizes, over and over.
  func readAll(pieces: [Int] = [4096]) throws -> [UInt8] {
    var all: [UInt8] = []
    var piece = 0
    while true {
      let size = pieces[piece % pieces.count]
      piece += 1
      let bytes = try [UInt8](unsafeUninitializedCapacity: size) { room, count in
        count = try read(into: UnsafeMutableRawBufferPointer(room))
      }
      if bytes.isEmpty { return all }
      all += bytes
    }
  }

  /// How many bytes there are, none of which is kept.
  func count() throws -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var all = 0
    while case let count = try read(into: buffer), count > 0 { all += count }
    return all
  }
}

/// The error that `body` throws, where it is a `ReadingError`.
func readingError(_ body: () throws -> Void) -> ReadingError? {
  do {
    try body()
    return nil
  } catch let error as ReadingError {
    return error
  } catch {
    return nil
  }
}

func base64(_ text: String) -> [UInt8] {
  Array(Data(base64Encoded: text) ?? Data())
}

/// What a Python program writes to its standard output.
func python(_ program: String) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
  process.arguments = ["-c", "import sys, io, gzip, zipfile\nout = sys.stdout.buffer\n" + program]
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return Array(data)
}
