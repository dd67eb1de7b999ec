import Synchronization
import Testing

@testable import ImportModel

@Suite("The profile of an import")
struct ProfileRecorderTests {
  /// Seconds that pass when they are told to.
  private final class Time: Sendable {
    private let value = Mutex(100.0)
    var now: Double { value.withLock { $0 } }
    func pass(_ seconds: Double) { value.withLock { $0 += seconds } }
  }

  private let time = Time()
  private let recorder: ProfileRecorder

  init() {
    recorder = ProfileRecorder { [time] in time.now }
  }

  private func step(_ name: ProfileStep) throws -> ImportProfile.Step {
    try #require(recorder.profile.steps.first { $0.name == name.rawValue })
  }

  @Test("adds up the seconds and the rows of a step, in the order of the data")
  func sums() throws {
    for rows in [2, 3] as [Int64] {
      recorder.measure(.read) { time.pass(0.5) }
      recorder.count(.read, rows: rows)
    }
    recorder.measure(.lookOver) { time.pass(4) }
    #expect(
      recorder.profile.steps == [
        ImportProfile.Step(name: "look_over", seconds: 4),
        ImportProfile.Step(name: "read", seconds: 1, rows: 5),
      ])
  }

  @Test("counts a step that is under way up to now, and one that fails up to there")
  func open() throws {
    recorder.begin(.merge)
    time.pass(2)
    #expect(try step(.merge).seconds == 2)
    time.pass(1)
    #expect(throws: CancellationError.self) {
      try recorder.measure(.rules) {
        time.pass(1)
        throw CancellationError()
      }
    }
    recorder.end(.merge)
    time.pass(8)
    #expect(try step(.merge).seconds == 4)
    #expect(try step(.rules).seconds == 1)
    recorder.end(.merge)
    recorder.end(.lookups)
    #expect(try step(.merge).seconds == 4)
    #expect(recorder.profile.steps.count == 2)
  }

  @Test("takes waiting off the work of a step that is under way, and only there")
  func waiting() throws {
    recorder.begin(.copy)
    time.pass(1)
    let wait = recorder.beginWaiting(.copy, for: .encode)
    time.pass(3)
    #expect(try step(.copy).seconds == 1)
    #expect(try step(.copy).waiting == ["encode": 3])
    recorder.end(wait)
    time.pass(1)
    recorder.end(.copy)
    #expect(try step(.copy).seconds == 2)

    recorder.measure(.encode) { time.pass(1) }
    let other = recorder.beginWaiting(.encode, for: .copy)
    time.pass(5)
    recorder.end(other)
    #expect(try step(.encode).seconds == 1)
    #expect(try step(.encode).waiting == ["copy": 5])
    #expect(try step(.copy).waiting == ["encode": 3])
  }

  @Test("adds up the attempts of an import")
  func attempts() throws {
    recorder.measure(.read) { time.pass(1) }
    recorder.count(.read, rows: 10)
    recorder.add(
      ImportProfile(steps: [
        ImportProfile.Step(name: "read", seconds: 2, waiting: ["copy": 3], rows: 5),
        ImportProfile.Step(name: "lock", seconds: 5),
        ImportProfile.Step(name: "of another version", seconds: 7),
      ]))
    recorder.measure(.lock) { time.pass(0.5) }
    #expect(
      recorder.profile.steps == [
        ImportProfile.Step(name: "read", seconds: 3, waiting: ["copy": 3], rows: 15),
        ImportProfile.Step(name: "lock", seconds: 5.5),
      ])
  }
}
