import Glibc
import Synchronization

/// Keeps the spool from filling the file system, over all files that are being written.
final class SpaceGuard: Sendable {
  private let folder: String
  private let reserve: Int64
  /// Bytes that were promised to files and are not written yet: `statvfs` does not know of them.
  private let promised = Mutex<Int64>(0)

  init(folder: String, reserve: Int64) {
    self.folder = folder
    self.reserve = reserve
  }

  /// Checks that more than the reserve is free.
  func check() throws { try promise(0) }

  /// Sets bytes aside, or throws `noSpace`.
  func promise(_ bytes: Int64) throws {
    try promised.withLock { promised in
      let free = try freeBytes()
      // Step by step from the free bytes down: adding up could overflow with absurd lengths.
      guard free >= reserve, free - reserve >= promised, free - reserve - promised >= bytes else {
        throw SpoolError(.noSpace, "The spool has not enough free space", path: folder)
      }
      promised += bytes
    }
  }

  /// Gives bytes back, because they are written or will not be.
  func release(_ bytes: Int64) {
    promised.withLock { $0 -= bytes }
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
  /// How much is set aside at a time where the length is not known.
  private static let step: Int64 = 64 << 20

  private let space: SpaceGuard
  private var left: Int64 = 0

  init(space: SpaceGuard) { self.space = space }

  deinit { space.release(left) }

  /// Sets aside what the whole file will take, or a first step where that is not known.
  mutating func begin(expected: Int64?) throws { try add(max(expected ?? Self.step, 0)) }

  /// Sets more aside where the next bytes are not covered.
  mutating func prepare(_ bytes: Int64) throws {
    if bytes > left { try add(max(Self.step, bytes - left)) }
  }

  /// Notes that bytes were written.
  mutating func spend(_ bytes: Int64) {
    space.release(bytes)
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
