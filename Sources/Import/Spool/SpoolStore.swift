import CrashPoints
import Synchronization
import Threading

/// The folder in which uploaded bytes live until their import's retention ends.
///
/// A file appears under its id only when it is complete and durable: it is written under another
/// name, flushed (`fsync(2)`), renamed, and the folder is flushed after it. `write` does its I/O on a
/// few threads of the store's own; all other calls block for the length of a system call or a scan of
/// the folder, and belong into `onOwnThread` where that matters.
public final class SpoolStore: Sendable {
  /// Files that no import knows, and unfinished ones, are kept for so long: an upload may still be on its way.
  public static let graceSeconds: Int64 = 86_400

  /// Where the files are.
  public let folder: String
  /// Largest file, in bytes.
  public let maxBytes: Int64
  let space: SpaceGuard
  private let executors: [ThreadExecutor]
  private let turn = Atomic<Int>(0)

  /// Opens a spool, makes its folder (mode 0700) where it is missing, and removes unfinished files
  /// that have not grown for a day.
  ///
  /// - Parameters:
  ///   - maxBytes: largest file, in bytes.
  ///   - reserveFreeBytes: what must stay free on the file system, in bytes.
  ///   - limitBytes: most bytes in the folder, those that were announced among them; nil for no limit. Other
  ///     processes that write to the folder keep their own account of what was announced to them.
  /// - Throws: `SpoolError`.
  public init(
    folder: String, maxBytes: Int64, reserveFreeBytes: Int64, limitBytes: Int64? = nil
  ) throws {
    self.folder = folder
    self.maxBytes = maxBytes
    space = SpaceGuard(folder: folder, reserve: reserveFreeBytes, limit: limitBytes)
    // Enough that one slow flush does not hold up the others; few enough to stay a small part of
    // the machine. A thread starts with its first job.
    executors = (0..<4).map { ThreadExecutor(name: "spool-\($0)") }
    try SpoolFolder.make(folder)
    try removeStaleTemporaries()
  }

  /// Stores what `chunks` gives, hashing it on the way.
  ///
  /// Receiving goes on while the chunks before are hashed and written; not much more than 2 MiB are
  /// held in memory. When it returns, the file is durable under its id. When it throws, nothing is
  /// left of it.
  ///
  /// - Parameters:
  ///   - id: name of the file, made of `A-Z a-z 0-9 . _ -`, not yet taken.
  ///   - expected: how many bytes will come, as far as known: looked at before the first byte is
  ///     taken, to refuse what is too large. More or fewer may come.
  /// - Throws: `SpoolError`, `CancellationError`, or what `chunks` throws.
  public func write<Chunks: AsyncSequence & Sendable>(
    id: String, expected: Int64?, chunks: Chunks
  ) async throws -> SpoolFile where Chunks.Element == [UInt8] {
    let writer = SpoolWriter(
      path: try path(of: id), id: id, maxBytes: maxBytes, space: space, executor: nextExecutor())
    do {
      try await writer.open(expected: expected)
      try await feed(chunks, to: writer)
      try Task.checkCancellation()
      return try await writer.commit()
    } catch {
      await writer.abandon()
      throw error
    }
  }

  /// Whether a file of so many bytes could be written now, to refuse it before it is read.
  ///
  /// - Parameter expected: nil where it is not known.
  /// - Throws: `SpoolError` with code `noSpace` or `full`.
  public func checkRoom(for expected: Int64?) throws { try space.check(expected) }

  /// Opens a file for reading.
  ///
  /// - Throws: `SpoolError` with code `missing` where there is none.
  public func open(id: String) throws -> SpoolHandle {
    try SpoolHandle(path: path(of: id))
  }

  /// Removes a file; one that is open stays readable for who has it open.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  public func remove(id: String) throws -> Bool {
    CrashPoint.pass(.before, #fileID, #function)
    defer { CrashPoint.pass(.behind, #fileID, #function) }
    return try SpoolFolder.remove(path(of: id))
  }

  /// Whether a file is there, complete.
  public func exists(id: String) -> Bool {
    guard SpoolFolder.isIdentifier(id) else { return false }
    return SpoolFolder.exists("\(folder)/\(id)")
  }

  /// The names of all complete files.
  public func identifiers() throws -> [String] {
    var found: [String] = []
    try SpoolFolder.forEachFile(in: folder) { file in
      if SpoolFolder.isIdentifier(file.name), !file.isTemporary { found.append(file.name) }
    }
    return found
  }

  /// Bytes of all files in the folder, unfinished ones included; 0 where the folder cannot be read,
  /// which `probe` reports.
  public func usage() -> Int64 {
    do {
      return try SpoolFolder.bytes(in: folder)
    } catch {
      return 0
    }
  }

  /// Removes the files that are older than `seconds` and not in `keeping`, and unfinished files that
  /// have not grown for a day. Files that are not the spool's own are left alone.
  ///
  /// - Returns: ids of the removed files.
  public func sweep(olderThan seconds: Int64, keeping: Set<String>) throws -> [String] {
    try removeStaleTemporaries()
    var removed: [String] = []
    try SpoolFolder.forEachFile(in: folder) { file in
      guard
        SpoolFolder.isLeft(file.name, age: file.age, olderThan: seconds, keeping: keeping)
      else { return }
      if try SpoolFolder.remove("\(folder)/\(file.name)") { removed.append(file.name) }
    }
    return removed
  }

  /// Checks that files can be made, and that the reserve is free.
  ///
  /// - Throws: `SpoolError` saying what is wrong.
  public func probe() throws {
    try space.check()
    let file = try SpoolFolder.makeTemporary(beside: "\(folder)/probe")
    // Removed again at the end of its life, which is here.
    try file.write([0x0A].span.bytes)
  }

  /// Runs blocking calls on one of the store's threads, away from the cooperative pool.
  public func onOwnThread<R: Sendable>(
    _ body: @Sendable (SpoolStore) throws -> R
  ) async throws -> R {
    try await withTaskExecutorPreference(nextExecutor()) { try body(self) }
  }

  private func path(of id: String) throws -> String {
    guard SpoolFolder.isIdentifier(id) else {
      throw SpoolError(.badIdentifier, "A spool file's name has characters that are not allowed")
    }
    return "\(folder)/\(id)"
  }

  private func nextExecutor() -> ThreadExecutor {
    let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
    return executors[Int(UInt(bitPattern: number) % UInt(executors.count))]
  }

  private func removeStaleTemporaries() throws {
    try SpoolFolder.forEachFile(in: folder) { file in
      guard file.isForgotten else { return }
      try SpoolFolder.remove("\(folder)/\(file.name)")
    }
  }

  /// Hands chunks to the writer in batches: one is being written while the next is gathered.
  private func feed<Chunks: AsyncSequence & Sendable>(
    _ chunks: Chunks, to writer: SpoolWriter
  ) async throws where Chunks.Element == [UInt8] {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var batch = ChunkBatch()
      for try await chunk in chunks {
        batch.append(chunk)
        guard batch.isFull else { continue }
        // The batch before this one.
        try await group.next()
        try Task.checkCancellation()
        let full = batch.take()
        group.addTask { try await writer.write(full) }
      }
      try await group.waitForAll()
      try await writer.write(batch.take())
    }
  }
}

/// Chunks on their way to the disk, at most about 1 MiB.
private struct ChunkBatch {
  /// Chunks below this are joined: a system call for each would cost more than the copy.
  private static let small = 16_384

  private var chunks: [[UInt8]] = []
  private var joined: [UInt8] = []
  private var bytes = 0

  var isFull: Bool { bytes >= 1 << 20 }

  mutating func append(_ chunk: [UInt8]) {
    bytes += chunk.count
    if chunk.count < Self.small {
      joined += chunk
    } else {
      closeJoined()
      chunks.append(chunk)
    }
  }

  /// The chunks, in their order; the batch is empty afterwards.
  mutating func take() -> [[UInt8]] {
    closeJoined()
    defer { self = ChunkBatch() }
    return chunks
  }

  private mutating func closeJoined() {
    guard !joined.isEmpty else { return }
    chunks.append(joined)
    joined = []
  }
}
