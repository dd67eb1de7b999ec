import Glibc
import Synchronization

/// Keeps the spool from filling the file system, and within its limit, over all files that are being written.
final class SpaceGuard: Sendable {
  private struct State {
    /// Bytes that were promised to files and are not written yet: nobody else knows of them.
    var promised: Int64 = 0
    /// Bytes in the folder when it was looked at, and those written since.
    var seen: (bytes: Int64, at: ContinuousClock.Instant)?
  }

  /// For so long a look at the folder is good; what was removed since is missed until the next one.
  private static let lookHolds: Duration = .seconds(1)

  private let folder: String
  private let reserve: Int64
  private let limit: Int64?
  private let state = Mutex(State())

  /// - Parameter limit: most bytes in the folder; nil for no limit.
  init(folder: String, reserve: Int64, limit: Int64?) {
    self.folder = folder
    self.reserve = reserve
    self.limit = limit
  }

  /// How much is promised at a time to a file whose length is not known: what it does not need is not there for the
  /// others.
  var step: Int64 { limit == nil ? 64 << 20 : 1 << 20 }

  /// Checks that more than the reserve is free.
  func check() throws { try checkFree(beside: state.withLock { $0.promised }, for: 0) }

  /// Checks that so many bytes could be promised now, or one where it is not known how many will come.
  func check(_ expected: Int64?) throws {
    try state.withLock { try check(max(expected ?? 1, 0), &$0) }
  }

  /// Sets bytes aside, or throws `noSpace` or `full`.
  func promise(_ bytes: Int64) throws {
    try state.withLock { state in
      try check(bytes, &state)
      state.promised += bytes
    }
  }

  /// Notes that bytes that were promised are written.
  func spend(_ bytes: Int64) {
    state.withLock { state in
      state.promised -= bytes
      // A look between the writing and this finds them twice, until the next one: rather too many than too few.
      state.seen?.bytes += bytes
    }
  }

  /// Gives bytes back that will not be written.
  func release(_ bytes: Int64) {
    state.withLock { $0.promised -= bytes }
  }

  private func check(_ bytes: Int64, _ state: inout State) throws {
    try checkFree(beside: state.promised, for: bytes)
    guard let limit else { return }
    let used = try used(&state)
    // Step by step from the limit down: adding up could overflow with absurd lengths.
    guard limit >= used, limit - used >= state.promised, limit - used - state.promised >= bytes
    else {
      throw SpoolError(.full, "The spool has as many bytes as it may have", path: folder)
    }
  }

  private func checkFree(beside promised: Int64, for bytes: Int64) throws {
    let free = try freeBytes()
    // Step by step, as above.
    guard free >= reserve, free - reserve >= promised, free - reserve - promised >= bytes else {
      throw SpoolError(.noSpace, "The spool has not enough free space", path: folder)
    }
  }

  /// Bytes in the folder; looked at once a second at the most, however many ask.
  private func used(_ state: inout State) throws -> Int64 {
    let now = ContinuousClock.now
    if let seen = state.seen, now - seen.at < SpaceGuard.lookHolds { return seen.bytes }
    let bytes = try SpoolFolder.bytes(in: folder)
    state.seen = (bytes, now)
    return bytes
  }

  /// Bytes that this process may still write to the file system (statvfs(3)).
  private func freeBytes() throws -> Int64 {
    var info = statvfs()
    guard statvfs(folder, &info) == 0 else {
      throw SpoolError.io("ask for free space", path: folder)
    }
    let (bytes, overflow) = Int64(clamping: info.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: info.f_frsize))
    return overflow ? .max : bytes
  }
}

/// The part of the free space that is set aside for one file.
struct SpaceClaim: ~Copyable {
  private let space: SpaceGuard
  private var left: Int64 = 0

  init(space: SpaceGuard) { self.space = space }

  deinit { space.release(left) }

  /// Sets aside what the whole file will take, or a first step where that is not known.
  mutating func begin(expected: Int64?) throws { try add(max(expected ?? space.step, 0)) }

  /// Sets more aside where the next bytes are not covered.
  mutating func prepare(_ bytes: Int64) throws {
    if bytes > left { try add(max(space.step, bytes - left)) }
  }

  /// Notes that bytes were written.
  mutating func spend(_ bytes: Int64) {
    space.spend(bytes)
    left -= bytes
  }

  /// Gives the rest back.
  mutating func end() {
    space.release(left)
    left = 0
  }

  private mutating func add(_ bytes: Int64) throws {
    try space.promise(bytes)
    left += bytes
  }
}
