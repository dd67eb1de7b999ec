import TestSupport
import Testing

@testable import Postgres

@Suite("A listener", .timeLimit(.minutes(1)))
struct ListenerTests {
  private func withListener(
    _ channels: [String],
    _ body: (PostgresListener, inout AsyncStream<ListenerEvent>.AsyncIterator, String) async throws
      ->
      Void
  ) async throws {
    var configuration = try TestDatabase.configuration()
    configuration.applicationName = TestDatabase.uniqueName()
    let listener = PostgresListener(
      configuration: configuration, channels: channels, logger: TestDatabase.logger)
    let running = Task { await listener.run() }
    var events = listener.events().makeAsyncIterator()
    do {
      try await body(listener, &events, configuration.applicationName)
    } catch {
      await listener.stop()
      throw error
    }
    await listener.stop()
    await running.value
  }

  private func onServer(_ sql: String, _ parameters: [PostgresParameter]) async throws {
    let connection = try await TestDatabase.connect(TestDatabase.configuration())
    _ = try await connection.query(sql, parameters)
    await connection.close()
  }

  @Test("hears its channels, in order, with their payloads")
  func notifications() async throws {
    let channels = [TestDatabase.uniqueName(), TestDatabase.uniqueName() + " \"odd\""]
    try await withListener(channels) { listener, events, _ in
      #expect(await events.next() == .connected)
      #expect(listener.isConnected)
      let sender = try await TestDatabase.connect(TestDatabase.configuration())
      _ = try await sender.query(
        "SELECT pg_notify($1, 'first'), pg_notify('unheard', 'no'), pg_notify($2, '')",
        [.text(channels[0]), .text(channels[1])])
      _ = try await sender.query("SELECT pg_notify($1, 'żółw')", [.text(channels[0])])
      for (channel, payload) in [(channels[0], "first"), (channels[1], ""), (channels[0], "żółw")] {
        guard case .notification(let note) = await events.next() else {
          Issue.record("no notification")
          return
        }
        #expect(note.channel == channel)
        #expect(note.payload == payload)
        #expect(note.pid == sender.backendPID)
      }
      await sender.close()
    }
  }

  @Test("comes back after its session was terminated, and says so")
  func reconnects() async throws {
    let channel = TestDatabase.uniqueName()
    try await withListener([channel]) { listener, events, name in
      #expect(await events.next() == .connected)
      try await onServer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        [.text(name)])
      guard case .disconnected = await events.next() else {
        Issue.record("the loss was not reported")
        return
      }
      #expect(await events.next() == .connected)
      #expect(listener.isConnected)
      try await onServer("SELECT pg_notify($1, 'again')", [.text(channel)])
      guard case .notification(let note) = await events.next() else {
        Issue.record("no notification")
        return
      }
      #expect(note.payload == "again")
    }
  }

  @Test("stop ends the stream, run and the session")
  func stop() async throws {
    let name = TestDatabase.uniqueName()
    var configuration = try TestDatabase.configuration()
    configuration.applicationName = name
    let listener = PostgresListener(
      configuration: configuration, channels: ["x"], logger: TestDatabase.logger)
    let running = Task { await listener.run() }
    var events = listener.events().makeAsyncIterator()
    #expect(await events.next() == .connected)
    await listener.stop()
    await running.value
    #expect(await events.next() == nil)
    #expect(!listener.isConnected)
    let connection = try await TestDatabase.connect(TestDatabase.configuration())
    try await eventually("the session is gone") {
      try await connection.query(
        "SELECT FROM pg_stat_activity WHERE application_name = $1", [.text(name)]
      ).rows.isEmpty
    }
    await connection.close()
  }

  @Test("cancelling run ends it, connected or not", arguments: [true, false])
  func cancel(reachable: Bool) async throws {
    let configuration =
      reachable ? try TestDatabase.configuration() : PostgresConfiguration(url: "host=/nowhere")
    let listener = PostgresListener(
      configuration: configuration, channels: ["x"], logger: TestDatabase.logger)
    let running = Task { await listener.run() }
    if reachable {
      var events = listener.events().makeAsyncIterator()
      #expect(await events.next() == .connected)
    }
    running.cancel()
    await running.value
    #expect(!listener.isConnected)
  }

  @Test("a consumer that is too slow is told to read the state again")
  func overflow() async throws {
    let channel = TestDatabase.uniqueName()
    try await withListener([channel]) { listener, events, _ in
      #expect(await events.next() == .connected)
      try await onServer(
        "SELECT pg_notify($1, n::text) FROM generate_series(1, 5000) n", [.text(channel)])
      try await eventually("the listener has all") { await listener.emitted == 5001 }
      var numbers: [Int] = []
      var told = false
      while numbers.last != 5000, let event = await events.next() {
        if event == .connected { told = true }
        if case .notification(let note) = event, let number = Int(note.payload) {
          numbers.append(number)
        }
      }
      #expect(told)
      #expect(numbers.count < PostgresListener.capacity)
      #expect(numbers == numbers.sorted())
    }
  }
}
