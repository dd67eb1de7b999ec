import Testing

@testable import API

@Suite("A cell in a spreadsheet")
struct FormulaGuardTests {
  @Test(
    "that begins like a formula gets a quote in front",
    arguments: [
      "=1+1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\ttext", "\rtext", "\ntext", " =1+1",
      "\u{A0}=1", "\u{FEFF}=1", "\u{200B}@x", "\u{3000}+x", "-", "+", "--5", "-5-5", "-5,3",
      "+1.5E",
      "-1e5x", "＝1", "＠x", "\u{1}=1", "-.", "=",
    ])
  func formulas(cell: String) {
    #expect(FormulaGuard.neutralised(cell) == "'" + cell)
  }

  @Test(
    "that is a number or a plain text stays as it is",
    arguments: [
      "-5", "+1.5E3", "-.5", "-5.", " -5 ", "+0", "-1e-10", "5", "", " ", "text", "a=b", "'=1",
      "1-2",
      "é", "\"=1\"", "x\t=1",
    ])
  func harmless(cell: String) {
    #expect(FormulaGuard.neutralised(cell) == cell)
  }

  @Test(
    "of a row is found behind each delimiter and inside quotes",
    arguments: [
      ("a,=b,-5,-x", "a,'=b,-5,'-x"), ("\"=a\",\"b,=c\",d", "\"'=a\",\"b,=c\",d"),
      ("\"a\"\",=b\",=c", "\"a\"\",=b\",'=c"), ("=", "'="), ("", ""), (",,@", ",,'@"),
      ("\"=open", "\"'=open"), ("\"a\"=x,=y", "\"a\"=x,'=y"),
      ("\"\",\"\"\"=\",=", "\"\",\"\"\"=\",'="),
    ])
  func rows(row: String, safe: String) {
    let result = FormulaGuard.neutralised(
      row: Array(row.utf8), delimiter: Array(",".utf8), quote: Array("\"".utf8))
    #expect(String(decoding: result, as: UTF8.self) == safe)
  }

  @Test("of a row of any dialect")
  func dialects() {
    func safe(_ row: String, _ delimiter: String, _ quote: String) -> String {
      String(
        decoding: FormulaGuard.neutralised(
          row: Array(row.utf8), delimiter: Array(delimiter.utf8), quote: Array(quote.utf8)),
        as: UTF8.self)
    }
    #expect(safe("a||=b||c", "||", "") == "a||'=b||c")
    #expect(safe("'=a;b';=c", ";", "'") == "''=a;b';'=c")
    #expect(safe("=a\t\"=b", "\t", "") == "'=a\t\"=b")
  }
}
