import FoundationEssentials
import Glibc
import Testing
import Threading

private actor Recorder {
  let executor: ThreadExecutor
  var order: [Int] = []
  var threads: Set<UInt> = []
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(executor: ThreadExecutor) { self.executor = executor }

  func note(_ value: Int) {
    order.append(value)
    threads.insert(UInt(pthread_self()))
  }
}

@Suite("A thread executor")
struct ThreadExecutorTests {
  @Test("runs every job of an actor on one thread, in the order given")
  func serial() async {
    let recorder = Recorder(executor: ThreadExecutor(name: "test"))
    for value in 0..<1000 { await recorder.note(value) }
    #expect(await recorder.order == Array(0..<1000))
    #expect(await recorder.threads.count == 1)
    #expect(await recorder.threads.first != UInt(pthread_self()))
  }

  @Test("leaves the cooperative pool free while its jobs block")
  func blockingJobsDoNotStarveThePool() async {
    let executors = (0..<8).map { ThreadExecutor(name: "block-\($0)") }
    let gate = Gate()
    await withTaskGroup(of: Void.self) { group in
      for executor in executors {
        group.addTask(executorPreference: executor) { gate.waitUntilOpen() }
      }
      // This child runs on the pool: if the eight above had taken its threads, it would never open.
      group.addTask { gate.open() }
    }
    #expect(gate.isOpen)
  }

  @Test("bears its name from its first job on, cut to what Linux keeps")
  func name() async {
    for number in 0..<500 {
      let name = await withTaskExecutorPreference(ThreadExecutor(name: "worker-\(number)-of-many"))
      {
        try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
      }
      #expect(name == "worker-\(number)-of-many".prefix(15) + "\n")
    }
  }
}

/// Blocks threads until it is opened.
private final class Gate: @unchecked Sendable {
  // Proof of Sendable: a semaphore may be posted and waited on from any thread.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  var isOpen: Bool {
    var value: Int32 = 0
    sem_getvalue(semaphore, &value)
    return value > 0
  }
  init() { sem_init(semaphore, 0, 0) }
  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }
  func open() { sem_post(semaphore) }
  func waitUntilOpen() {
    sem_wait(semaphore)
    sem_post(semaphore)
  }
}
