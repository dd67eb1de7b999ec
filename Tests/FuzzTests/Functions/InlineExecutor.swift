import Synchronization

/// Runs tasks on the thread that asks for it, one after another, so that a fuzzer needs no other thread.
final class InlineExecutor: TaskExecutor, Sendable {
  private let jobs = Mutex<[UnownedJob]>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs what can be run now, and what comes of it.
  func drain() {
    while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }

  /// Runs a task to its end.
  ///
  /// - Returns: nil where it waits for something that cannot come.
  func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
    let result = Box<Value>()
    _ = Task(executorPreference: self) {
      let value = await body()
      result.value.withLock { $0 = value }
    }
    drain()
    return result.value.withLock { $0 }
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }
}
