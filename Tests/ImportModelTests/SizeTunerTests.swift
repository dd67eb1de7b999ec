import ImportModel
import Testing

@Suite("Sizes of pieces of work")
struct SizeTunerTests {
  private func tuner(_ rows: Int = 10_000) -> SizeTuner {
    SizeTuner(rows: rows, bounds: 1_000...100_000, aim: 0.25...1.0)
  }

  @Test("pieces inside the aim keep their size", arguments: [0.25, 0.5, 1.0])
  func steady(seconds: Double) {
    var tuner = tuner()
    for _ in 0..<50 { tuner.note(rows: 10_000, seconds: seconds) }
    #expect(tuner.rows == 10_000)
    #expect(tuner.p95 == seconds)
  }

  @Test("pieces that are too quick grow, at most to the double")
  func grows() {
    var tuner = tuner()
    tuner.note(rows: 10_000, seconds: 0.1)
    #expect(tuner.rows == 20_000)
    #expect(tuner.p95 == nil, "times of another size are forgotten")
  }

  @Test("pieces that others wait for are halved, down to the bounds")
  func yields() {
    var tuner = tuner()
    tuner.yield()
    #expect(tuner.rows == 5_000)
    for _ in 0..<10 { tuner.yield() }
    #expect(tuner.rows == 1_000)
  }

  @Test("pieces that are too slow shrink, at most to the half")
  func shrinks() {
    var tuner = tuner()
    tuner.note(rows: 10_000, seconds: 60)
    #expect(tuner.rows == 5_000)
    #expect(tuner.p95 == nil, "times of another size are forgotten")
  }

  @Test("the size finds the aim at any speed", arguments: [2_000.0, 20_000, 90_000, 350_000])
  func converges(rowsPerSecond: Double) {
    var tuner = tuner()
    for _ in 0..<40 { tuner.note(rows: tuner.rows, seconds: Double(tuner.rows) / rowsPerSecond) }
    let seconds = Double(tuner.rows) / rowsPerSecond
    #expect((0.25...1.0).contains(seconds))
  }

  @Test("the last piece of a file, much smaller than asked for, teaches nothing")
  func shortPiece() {
    var tuner = tuner()
    tuner.note(rows: 4_999, seconds: 0.001)
    #expect(tuner == self.tuner())
    tuner.note(rows: 5_000, seconds: 0.001)
    #expect(tuner.rows > 10_000)
  }

  @Test("the size stays inside its bounds", arguments: [(0.0, 100_000), (1_000.0, 1_000)])
  func bounds(seconds: Double, expected: Int) {
    var tuner = tuner()
    for _ in 0..<40 { tuner.note(rows: tuner.rows, seconds: seconds) }
    #expect(tuner.rows == expected)
  }

  @Test("one slow piece among twenty does not count, two do")
  func percentile() {
    var tuner = tuner()
    for _ in 0..<20 { tuner.note(rows: 10_000, seconds: 0.5) }
    tuner.note(rows: 10_000, seconds: 9)
    #expect(tuner.p95 == 0.5)
    #expect(tuner.rows == 10_000)
    tuner.note(rows: 10_000, seconds: 9)
    #expect(tuner.rows == 5_000)
  }
}
