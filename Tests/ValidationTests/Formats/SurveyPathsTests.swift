import ImportModel
import Testing

@testable import Validation

@Suite("values told at a glance, and values looked at closely")
struct SurveyPathsTests {
  /// The same values with a space before each are never told at a glance.
  @Test("come to the same findings", arguments: 0..<400 as Range<UInt64>)
  func paths(seed: UInt64) {
    var source = SeededRandom(seed: seed)
    let pieces =
      seed % 2 == 0
      ? ["1", "23", "456", "78901234", "0", ".", ".", ",", "-", "e5", "1.234", "9.99", "x"]
      : ["2024", "1999", "-", "-", "01", "31", "12", " ", "T", ":", "10:30", "45", ".", "/", "+00"]
    let usual =
      seed % 2 == 0
      ? ["12.5", "7", "1234567.89", "3.125"]
      : [
        "2024-02-29", "2023-12-31 23:59:59+01", "2024-02-30", "2023-13-01", "2024-01-31 9:30",
        "2024-01-31T1x:00",
      ]
    let texts = (0..<Int.random(in: 1...60, using: &source)).map { _ in
      Bool.random(using: &source)
        ? usual.randomElement(using: &source) ?? ""
        : (0..<Int.random(in: 1...6, using: &source))
          .map { _ in pieces.randomElement(using: &source) ?? "" }.joined()
    }
    let kind: SurveyColumn.Kind = seed % 2 == 0 ? .number : .date
    let found = FormatSurveyTests.survey([(kind, texts)]).findings
    let closely = FormatSurveyTests.survey([(kind, texts.map { " " + $0 })]).findings
    #expect(found == closely, "\(texts)")
  }

  @Test("come to the same counts, far from the start of a batch and at its end")
  func manyRows() {
    let texts = (0..<1000).map { $0 % 10 == 0 ? "x" : "\($0).5" }
    let found = FormatSurveyTests.survey([
      (.number, texts), (.date, texts.map { _ in "2024-01-31" }),
    ])
    .findings
    #expect(found[0].valueCount == 1000)
    #expect(found[0].otherCount == 100)
    #expect(found[1].valueCount == 1000)
    #expect(found[1].dates == .isoOnly)
  }

  @Test("leave out null words and rows without fields")
  func leftOut() {
    let survey = FormatSurveyTests.survey(
      [(.number, ["1", "-1", "", "2.5"])], nullWords: ["-1"])
    #expect(survey.findings[0].valueCount == 2)
    var other = FormatSurvey(columns: [SurveyColumn(field: 0, name: "a", kind: .number)])
    other.add(
      .of(
        [TestRow(["1"]), TestRow([.plain("2")], fault: .fieldCount(found: 2)), TestRow(["3"])],
        fieldsPerRow: 1))
    #expect(other.findings[0].valueCount == 2)
  }
}
