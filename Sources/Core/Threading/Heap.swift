internal import CLinux
import Glibc

/// The memory that `malloc` hands out (mallopt(3)).
///
/// The buffers of an import are some hundred kilobytes each. By itself, glibc gives such memory back to the kernel as
/// soon as it is free, and begins another heap for about every new thread: each import then waits for a thousand pages
/// to be cleared, which is as long as its first 10,000 rows take to be encoded.
public enum Heap {
  /// What stays with each heap when it is free.
  private static let kept: Int32 = 8 << 20
  /// From this size on, memory comes from the kernel, and goes back as soon as it is free.
  private static let large: Int32 = 4 << 20

  /// Keeps free memory at hand, in as many heaps as there are processors. Before any other thread begins.
  public static func keep() {
    // Each is a hint: where it is refused, memory is had all the same.
    _ = mallopt(M_TRIM_THRESHOLD, kept)
    _ = mallopt(M_MMAP_THRESHOLD, large)
    _ = mallopt(M_ARENA_MAX, Int32(clamping: max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
}
