import ImportModel
import Testing

@testable import Progress

@Suite("How often clients are told")
struct MessagePaceTests {
  private let id = ImportID()

  @Test("as often as there is something, up to the limit in any second")
  func limit() {
    var pace = MessagePace(limit: 3)
    let allowed = [0, 0.01, 0.02, 0.5, 0.99, 1, 1.005, 1.01, 1.02, 1.9].map {
      pace.allows(id, now: $0)
    }
    #expect(allowed == [true, true, true, false, false, true, false, true, true, false])
  }

  @Test("each import for itself")
  func others() {
    var pace = MessagePace(limit: 1)
    let allowed = [id, ImportID(), id].map { pace.allows($0, now: 0.5) }
    #expect(allowed == [true, true, false])
  }

  @Test("what is forgotten was told of too long ago to count")
  func forgotten() {
    var pace = MessagePace(limit: 1)
    let allowed = [0, 0.95, 1].map { now in
      pace.forgetQuiet(now: now)
      return pace.allows(id, now: now)
    }
    #expect(allowed == [true, false, true])
  }
}
