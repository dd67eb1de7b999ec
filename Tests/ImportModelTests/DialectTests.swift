import ImportModel
import Testing

@Suite("Cells in a dialect")
struct DialectTests {
  @Test(
    "are quoted where they must be",
    arguments: [
      (ImportSource.Dialect.plain, "one", "one"), (.plain, "a;b", "\"a;b\""),
      (.plain, "say \"a\"", "\"say \"\"a\"\"\""),
      (ImportSource.Dialect(delimiter: "||", quote: "'"), "it's", "'it''s'"),
      (ImportSource.Dialect(delimiter: "||", quote: "'"), "a|b", "'a|b'"),
      (ImportSource.Dialect(quote: "\"", escape: "\\"), "a\\b", "\"a\\\\b\""),
      (ImportSource.Dialect(quote: "\"", escape: "copy"), "copy", "copy"),
      (ImportSource.Dialect(delimiter: ";", quote: "none"), "no; \"one\"\n", "no  'one' "),
    ])
  func quoted(dialect: ImportSource.Dialect, cell: String, expected: String) {
    #expect(dialect.quoted(cell) == expected)
  }
}
