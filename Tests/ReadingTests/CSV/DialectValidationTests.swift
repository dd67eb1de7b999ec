import Reading
import Testing

@Suite("Dialects that contradict themselves")
struct DialectValidationTests {
  private static let backslash = NamedDialect.backslash

  @Test(
    "such a dialect is refused with its reason",
    arguments: [
      (CSVDialect(delimiter: []), "1 to 8 bytes; it has 0"),
      (CSVDialect(delimiter: Array("123456789".utf8)), "1 to 8 bytes; it has 9"),
      (CSVDialect(delimiter: [0xC2]), "valid UTF-8"),
      (CSVDialect(delimiter: Array("|\n".utf8)), "line end"),
      (CSVDialect(delimiter: Array("\r".utf8)), "line end"),
      (CSVDialect(delimiter: [0x7C, 0]), "zero byte"),
      (CSVDialect(delimiter: Array("|\"|".utf8)), "quote"),
      (CSVDialect(quote: 0xE9), "quote must be one ASCII character"),
      (CSVDialect(quote: 10), "quote must be one ASCII character"),
      (CSVDialect(quote: 13), "quote must be one ASCII character"),
      (CSVDialect(quote: 0), "quote must be one ASCII character"),
      (CSVDialect(escape: .character(0x2C)), "delimiter must not have the escape"),
      (CSVDialect(escape: .character(10)), "escape must be one ASCII character"),
      (CSVDialect(escape: .character(0)), "escape must be one ASCII character"),
      (CSVDialect(escape: .character(0xFF)), "escape must be one ASCII character"),
      (CSVDialect(delimiter: Array("|\\".utf8), escape: .backslash), "must not have the escape"),
      (CSVDialect(quote: backslash, escape: .backslash), "cannot be quote and escape"),
      (CSVDialect(delimiter: [0x6E], escape: .backslash), "letter or a digit"),
      (CSVDialect(quote: 0x37, escape: .backslash), "letter or a digit"),
      (CSVDialect(comment: []), "1 to 64 bytes; it has 0"),
      (CSVDialect(comment: Array(repeating: 0x23, count: 65)), "1 to 64 bytes; it has 65"),
      (CSVDialect(comment: Array("#\n".utf8)), "line end"),
      (CSVDialect(comment: Array(",#".utf8)), "must not begin as the delimiter"),
      (CSVDialect(delimiter: Array("##".utf8), comment: [0x23]), "must not begin as the delimiter"),
      (CSVDialect(comment: Array("\"#".utf8)), "must not begin as the delimiter, the quote"),
      (CSVDialect(escape: .character(0x23), comment: [0x23]), "or the escape does"),
      (CSVDialect(skipRows: -1), "negative"),
    ])
  func refused(dialect: CSVDialect, reason: String) {
    let error = #expect(throws: ReadingError.self) { try dialect.validate() }
    #expect(error?.code == .badDialect)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(throws: ReadingError.self) { try ReadPlan(dialect: dialect).read("a,b\n1,2\n") }
  }

  @Test(
    "every other one is taken",
    arguments: NamedDialect.plain + NamedDialect.general + [
      NamedDialect("space", CSVDialect(delimiter: [0x20])),
      NamedDialect("a letter", CSVDialect(delimiter: [0x6E], quote: 0x7A)),
      NamedDialect(
        "a digit in a backslash dialect, behind",
        CSVDialect(
          delimiter: Array("|1".utf8), escape: .backslash)),
    ])
  func taken(named: NamedDialect) throws {
    try named.dialect.validate()
  }
}
