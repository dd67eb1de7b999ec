/// Lets only so many tests at the server at a time: it has a limit of connections.
///
/// Testing runs all tests of a process at once. A scope inside a scope takes no slot of its own, or
/// tests could wait for one another.
actor Slots {
  static let shared = Slots(count: 12)
  @TaskLocal private static var isInside = false

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(count: Int) {
    free = count
  }

  nonisolated func run<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    guard !Self.isInside else { return try await body() }
    await take()
    do {
      let result = try await Self.$isInside.withValue(true) { try await body() }
      await give()
      return result
    } catch {
      await give()
      throw error
    }
  }

  private func take() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func give() {
    guard waiting.isEmpty else {
      waiting.removeFirst().resume()
      return
    }
    free += 1
  }
}
