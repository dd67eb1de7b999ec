internal import CLinux
import Glibc
import Synchronization

/// A serial executor that runs its jobs on one POSIX thread of its own.
///
/// Blocking calls (libpq, fsync, a tight parsing loop) belong here and not on the cooperative pool,
/// which has only as many threads as the machine has cores. It serves both as the executor of an
/// actor and as the preferred executor of a task.
///
/// The thread starts with the first job, and ends after the executor has been released and the jobs
/// it had been given are done.
public final class ThreadExecutor: SerialExecutor, TaskExecutor {
  private let mailbox: Mailbox

  /// Makes an executor whose thread bears a name in debuggers and `/proc`.
  ///
  /// - Parameter name: at most 15 bytes are kept, a limit of Linux (`pthread_setname_np(3)`).
  public init(name: String) {
    mailbox = Mailbox(name: name)
  }

  deinit {
    mailbox.close()
  }

  /// Queues a job behind those already queued. Never blocks.
  public func enqueue(_ job: consuming ExecutorJob) {
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    mailbox.put(Mailbox.Item(job: UnownedJob(job), serial: serial, task: task))
  }

  /// This executor as the runtime wants it for an actor's `unownedExecutor`.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }
}

/// The jobs that wait for a thread, and the thread.
private final class Mailbox: Sendable {
  struct Item {
    let job: UnownedJob
    let serial: UnownedSerialExecutor
    let task: UnownedTaskExecutor
  }

  private struct State {
    var items: [Item] = []
    var running = false
    var closed = false
  }

  private let name: String
  private let lock: PosixCondition
  /// Guarded by `lock`: a condition variable needs the very mutex that it waits with.
  nonisolated(unsafe) private var state = State()

  init(name: String) {
    self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
    lock = PosixCondition()
  }

  func put(_ item: Item) {
    let start = lock.withLock {
      state.items.append(item)
      defer { state.running = true }
      return !state.running
    }
    lock.signal()
    if start { startThread() }
  }

  func close() {
    lock.withLock { state.closed = true }
    lock.signal()
  }

  private func startThread() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Mailbox>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    // A process that cannot have another thread cannot run the job it has accepted: there is nobody
    // left to hand an error to.
    precondition(code == 0, "pthread_create failed: \(String(cString: strerror(code)))")
    pthread_detach(thread)
  }

  private func run() {
    // Here and not by the thread that made this one: the first job already finds the name.
    pthread_setname_np(pthread_self(), name)
    while let batch = next() {
      for item in batch {
        item.job.runSynchronously(isolatedTo: item.serial, taskExecutor: item.task)
      }
    }
  }

  private func next() -> [Item]? {
    lock.withLock {
      while state.items.isEmpty {
        if state.closed { return nil }
        lock.wait()
      }
      defer { state.items.removeAll(keepingCapacity: true) }
      return state.items
    }
  }
}
