import ImportModel
import Testing

@testable import Merging

@Suite("The pace of batches that go in")
struct BatchPacerTests {
  private func pacer(duty: Double = 0.8) -> BatchPacer {
    BatchPacer(BatchSettings(seconds: 0.5, duty: duty, firstRows: 10_000))
  }

  @Test(
    "sizes come to the time that is aimed at, whatever a row takes",
    arguments: [2e-6, 20e-6, 200e-6])
  func size(secondsPerRow: Double) {
    var pacer = pacer()
    for _ in 0..<200 {
      pacer.note(rows: pacer.rows, seconds: Double(pacer.rows) * secondsPerRow, waiting: 0)
    }
    let fitting = 0.5 / secondsPerRow
    #expect((min(fitting, 200_000) / 2...min(fitting, 200_000) * 1.01).contains(Double(pacer.rows)))
  }

  @Test("sizes stay inside their bounds", arguments: [(0.000001, 200_000), (100.0, 1_000)])
  func bounds(seconds: Double, rows: Int) {
    var pacer = pacer()
    for _ in 0..<50 { pacer.note(rows: pacer.rows, seconds: seconds, waiting: 0) }
    #expect(pacer.rows == rows)
  }

  @Test("the rest is the share of the time in which batches do not work", arguments: [0.5, 0.8, 1])
  func duty(duty: Double) {
    var pacer = pacer(duty: duty)
    pacer.note(rows: 10_000, seconds: 0.4, waiting: 0)
    #expect(abs(pacer.rest - 0.4 * (1 - duty) / duty) < 1e-9)
  }

  @Test("while others wait, batches get smaller and rests longer, up to a limit; then it goes back")
  func waiting() {
    var pacer = pacer(duty: 1)
    var rests: [Double] = []
    for _ in 0..<6 {
      pacer.note(rows: pacer.rows, seconds: 0.4, waiting: 3)
      rests.append(pacer.rest)
    }
    #expect(rests == [0.5, 1, 2, 4, 5, 5])
    #expect(pacer.rows == 1_000)
    for _ in 0..<6 { pacer.note(rows: pacer.rows, seconds: 0.4, waiting: 0) }
    #expect(pacer.rest == 0)
  }

  @Test(
    "batches that take much longer than they should make it rest, and so does a lock that is missed"
  )
  func strain() {
    var slow = pacer(duty: 1)
    slow.note(rows: 10_000, seconds: 1.01, waiting: 0)
    #expect(slow.rest == 0.5)
    var refused = pacer(duty: 1)
    refused.noteRefusal()
    #expect(refused.rest == 0.5)
    #expect(refused.rows == 5_000)
  }

  @Test("pages are taken without a gap, each once, whatever the sizes")
  func ground() {
    var ground = BatchGround(pages: 3..<100, rows: 970)
    var pages: [Int64] = []
    var rows = 1
    while let part = ground.next(rows: rows) {
      pages += part.first..<part.first + part.blocks
      ground.passed(part)
      rows = (rows * 7) % 101
    }
    #expect(pages == Array(3..<100))
    #expect(ground.isAtEnd)
    #expect(BatchGround(pages: 0..<0, rows: 0).next(rows: 10) == nil)
  }
}
