import Testing

@testable import Progress

@Suite("Rows a second")
struct RateEstimateTests {
  @Test("the first look says nothing, the second the whole truth")
  func begins() {
    var rate = RateEstimate()
    rate.note(rows: 500, at: 1)
    #expect(rate.rowsPerSecond == 0)
    rate.note(rows: 1_500, at: 2)
    #expect(rate.rowsPerSecond == 1_000)
  }

  @Test("looks in quick succession are gathered")
  func gathers() {
    var rate = RateEstimate()
    rate.note(rows: 0, at: 0)
    for step in 1..<10 { rate.note(rows: Int64(step * 10), at: Double(step) * 0.01) }
    #expect(rate.rowsPerSecond == 0)
    rate.note(rows: 200, at: 0.2)
    #expect(rate.rowsPerSecond == 1_000)
  }

  @Test("a change of speed is followed smoothly, and within three seconds or so")
  func follows() {
    var rate = RateEstimate()
    var rows: Int64 = 0
    for step in 0...20 {
      rate.note(rows: rows, at: Double(step) * 0.25)
      rows += 250
    }
    let before = rate.rowsPerSecond
    rows += 2_250
    rate.note(rows: rows - 250, at: 5.25)
    #expect(rate.rowsPerSecond > before)
    #expect(rate.rowsPerSecond < 2_500)
    for step in 22...70 {
      rows += 2_500
      rate.note(rows: rows, at: Double(step) * 0.25)
    }
    #expect(abs(rate.rowsPerSecond - 10_000) < 500)
  }

  @Test("after a long break the last rate counts alone")
  func pause() {
    var rate = RateEstimate()
    rate.note(rows: 0, at: 0)
    rate.note(rows: 1_000, at: 1)
    rate.note(rows: 1_000, at: 11)
    #expect(rate.rowsPerSecond == 0)
  }
}
