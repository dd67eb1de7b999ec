import ImportModel

/// A file whose reading ends when the task that reads it is cancelled: steps that go over a whole file do
/// not have to look for themselves.
struct StoppableFile: FileBytes {
  private let file: any FileBytes

  init(_ file: any FileBytes) {
    self.file = file
  }

  var size: Int64 { file.size }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    try Task.checkCancellation()
    return try file.read(into: buffer, at: offset)
  }
}
