import Glibc

/// A POSIX mutex with its condition variable.
///
/// For threads that wait for work: `Mutex` of the Synchronization module has no condition to wait on.
final class PosixCondition: @unchecked Sendable {
  // Proof of Sendable: POSIX allows both to be used from any thread, and their addresses never change.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Waits for a signal. The caller holds the lock.
  func wait() {
    pthread_cond_wait(condition, mutex)
  }

  func signal() {
    pthread_cond_signal(condition)
  }
}
