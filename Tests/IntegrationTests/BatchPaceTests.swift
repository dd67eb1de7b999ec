import ImportModel
import Testing

@testable import Worker

@Suite("The pace of batches")
struct BatchPaceTests {
  private static func batch(rows: Int, faults: Int) -> EncodedBatch {
    let reject = Reject(row: 1, line: 2, column: nil, code: .type, message: "", value: nil)
    return EncodedBatch(
      rowsOK: rows - faults, rowsBad: faults,
      rejects: [Reject](repeating: reject, count: faults))
  }

  @Test("grows over good rows, shrinks after a batch full of faults, and grows again")
  func pace() {
    var pace = BatchPace()
    #expect(pace.rows == 1024)
    for _ in 1...5 { pace.note(Self.batch(rows: pace.rows, faults: 0)) }
    #expect(pace.rows == 32_768)
    pace.note(Self.batch(rows: 32_768, faults: 32_768))
    #expect(pace.rows == 1000)
    pace.note(Self.batch(rows: 1000, faults: 1000))
    #expect(pace.rows == 1000)
    pace.note(Self.batch(rows: 1000, faults: 10))
    #expect(pace.rows == 2000)
  }

  @Test("is never more than is allowed, nor so little that nothing moves")
  func bounds() {
    var careful = BatchPace(most: 3)
    #expect(careful.rows == 3)
    careful.note(Self.batch(rows: 3, faults: 0))
    #expect(careful.rows == 3)
    var pace = BatchPace()
    pace.note(Self.batch(rows: 100, faults: 100_000))
    #expect(pace.rows == 64)
  }
}
