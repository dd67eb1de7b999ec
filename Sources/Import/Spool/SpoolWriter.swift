import CrashPoints
import Threading

/// One file on its way into the spool, on a thread that may block.
actor SpoolWriter {
  private let path: String
  private let id: String
  private let maxBytes: Int64
  private let executor: ThreadExecutor
  private var claim: SpaceClaim
  private var file: TemporaryFile?
  private var digest: SHA256Digest?
  private var bytes: Int64 = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(path: String, id: String, maxBytes: Int64, space: SpaceGuard, executor: ThreadExecutor) {
    self.path = path
    self.id = id
    self.maxBytes = maxBytes
    self.executor = executor
    claim = SpaceClaim(space: space)
  }

  /// Refuses what cannot be kept, then makes an empty file under a name of its own.
  func open(expected: Int64?) throws {
    if let expected, expected > maxBytes { throw tooLarge() }
    if SpoolFolder.exists(path) {
      throw SpoolError(.exists, "The spool has a file of this name already", path: path)
    }
    try claim.begin(expected: expected)
    digest = try SHA256Digest()
    file = try SpoolFolder.makeTemporary(beside: path)
  }

  /// Hashes and appends chunks.
  func write(_ chunks: [[UInt8]]) throws {
    for chunk in chunks where !chunk.isEmpty {
      let count = Int64(chunk.count)
      guard count <= maxBytes - bytes else { throw tooLarge() }
      try claim.prepare(count)
      try digest?.update(chunk.span.bytes)
      try file?.write(chunk.span.bytes)
      claim.spend(count)
      bytes += count
    }
  }

  /// Makes the file durable under its final name: content first, then the name.
  func commit() throws -> SpoolFile {
    guard var digest = digest.take(), let file = file.take() else {
      preconditionFailure("a spool file is committed once, after it was opened")
    }
    let sha256 = try digest.finish()
    try file.flush()
    CrashPoint.pass(.before, #fileID, #function)
    try file.rename(to: path)
    do {
      try SpoolFolder.flush(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    } catch {
      // The name may not survive a crash, and the caller is told that the file is not there.
      try SpoolFolder.remove(path)
      throw error
    }
    claim.end()
    CrashPoint.pass(.behind, #fileID, #function)
    return SpoolFile(id: id, path: path, bytes: bytes, sha256: sha256)
  }

  /// Removes what was written so far.
  func abandon() {
    file = nil
    claim.end()
  }

  private func tooLarge() -> SpoolError {
    SpoolError(.tooLarge, "The file is larger than \(maxBytes) bytes")
  }
}
