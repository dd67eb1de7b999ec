import ImportModel
import Testing

@Suite("Breaches that come in pages")
struct BreachPagesTests {
  private static func breach(_ row: Int64) -> RowBreach {
    RowBreach(row: row, code: .check, columns: [], message: "")
  }

  @Test(
    "are handed over row by row, however they are cut",
    arguments: [
      (pages: [[1, 1, 2], [2, 2, 3]], whole: [[1, 1], [2, 2, 2], [3]]),
      (pages: [[1], [1], [1]], whole: [[], [], [], [1, 1, 1]]),
      (pages: [[1], [2]], whole: [[], [1], [2]]), (pages: [], whole: [[]]),
    ])
  func cuts(pages: [[Int64]], whole: [[Int64]]) {
    var all = BreachPages()
    let found = (pages + [[]]).map { all.add($0.map(Self.breach)).map(\.row) }
    #expect(found == whole)
  }
}
