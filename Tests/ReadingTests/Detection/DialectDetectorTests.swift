import Testing

@testable import Reading

@Suite("Finding the dialect of a text")
struct DialectDetectorTests {
  /// A text, and how it is to be read.
  struct Case: CustomTestStringConvertible {
    let name: String
    let text: String
    var delimiter = ","
    var quote: Character? = "\""
    var escape = CSVDialect.Escape.doubling
    var comment: String?
    var skipRows = 0
    var hasHeader = true
    var testDescription: String { name }

    var dialect: CSVDialect {
      CSVDialect(
        delimiter: Array(delimiter.utf8), quote: quote?.asciiValue, escape: escape,
        comment: comment.map { Array($0.utf8) }, skipRows: skipRows, hasHeader: hasHeader)
    }
  }

  static let cases = [
    Case(name: "commas", text: "id,name,price\n1,Anna,2.50\n2,Bert,3.75\n"),
    Case(
      name: "semicolons with decimal commas",
      text: "Datum;Betrag;Kunde\n31.12.2024;1.234,56;Müller, Anna\n01.01.2025;7,00;Schmidt\n",
      delimiter: ";"),
    Case(name: "tabs", text: "id\tname, first\n1\ta, b\n2\tc, d\n", delimiter: "\t"),
    Case(
      name: "pipes", text: "id|when\n1|2024-01-31 10:00:00\n2|2024-02-01 11:30:00\n", delimiter: "|"
    ),
    Case(
      name: "two pipes", text: "id||name\n1||a|b\n2||c\n".replacing("a|b", with: "ab"),
      delimiter: "||"),
    Case(
      name: "single quotes", text: "a;b;c\n'x;y';'it''s';3\n'z';'w';4\n", delimiter: ";", quote: "'"
    ),
    Case(
      name: "escaped quotes",
      text: #"a,b,c\n"x \"y\", z",1,2\n"q\",r",3,4\n"#.replacing(#"\n"#, with: "\n"),
      escape: .character(UInt8(ascii: "\\"))),
    Case(
      name: "Excel's line", text: "sep=;\nid;a,b,c\n1;2,5\n2;3,5\n", delimiter: ";", skipRows: 1),
    Case(
      name: "a preamble of three lines",
      text: """
        Export of sales
        Created on 31.12.2024, by Anna

        Nr.;Betrag;Datum
        1;2,50;31.12.2024
        2;3,75;01.01.2025

        """, delimiter: ";", skipRows: 3),
    Case(
      name: "remarks", text: "# made by a program\n# version 2\nid,n\n1,2\n# in between\n3,4\n",
      comment: "#", skipRows: 2),
    Case(name: "a single column", text: "name\nAnna\nBert\nCarla, too\n"),
    Case(
      name: "no header", text: "1,2024-01-31,2.5\n2,2024-02-01,3.5\n3,2024-02-02,4.5\n",
      hasHeader: false),
    Case(name: "a header alone", text: "id,name\n"),
    Case(
      name: "delimiters within quotes",
      text: "id,remark\n1,\"a;b;c;d\"\n2,\"e;f;g;h\"\n3,\"line\nbreak;x\"\n"),
    Case(
      name: "quotes within fields only", text: "id,place,size\n1,37°36'37.8\"N 121°2'17.9\"W,5\"\n",
      quote: nil),
    Case(name: "years as names", text: "region,2023,2024\nnorth,1.5,2.5\nsouth,3.5,4.5\n"),
    Case(name: "times in a comma file", text: "id,at\n1,10:30:00\n2,11:45:10\n"),
  ]

  @Test("each is found in its sample", arguments: cases)
  func found(one: Case) throws {
    let guess = try DialectDetector().detect(Array(one.text.utf8), isWhole: true)
    #expect(guess.dialect == one.dialect)
    #expect(guess.isSure)
  }

  @Test(
    "a quote that only may begin a field is one",
    arguments: ["id, place\n1, \"a, b\"\n2, c\n", "id,n\n1,5\" pipe\n2,\"a\"\n", "\"a\"\n1\n"])
  func mayBegin(text: String) throws {
    let guess = try DialectDetector().detect(Array(text.utf8), isWhole: true)
    #expect(guess.dialect.quote == UInt8(ascii: "\""))
    #expect(!guess.notes.contains { $0.contains("(quote)") })
  }

  @Test("what is told is taken, whatever the text looks like")
  func told() throws {
    var request = DialectRequest()
    request.delimiter = Array(";".utf8)
    request.quote = .some(nil)
    request.hasHeader = false
    request.skipRows = 1
    let guess = try DialectDetector(request).detect(Array("a,b\n1,2\n3,4\n".utf8), isWhole: true)
    #expect(
      guess.dialect
        == CSVDialect(delimiter: [UInt8(ascii: ";")], quote: nil, skipRows: 1, hasHeader: false))
  }

  @Test("a text that two delimiters fit equally says so")
  func unsure() throws {
    let text = "a;b|c\nd;e|f\ng;h|i\n"
    let guess = try DialectDetector().detect(Array(text.utf8), isWhole: true)
    #expect(!guess.isSure)
    #expect(guess.notes.contains { $0.contains("(delimiter)") })
  }

  @Test(
    "what was passed over is told",
    arguments: [("x\n", "1 line before"), ("x\ny\n", "2 lines before")])
  func notes(preamble: String, note: String) throws {
    let guess = try DialectDetector().detect(
      Array("\(preamble)a,b\n1,2\n3,4\n".utf8), isWhole: true)
    #expect(guess.notes.contains { $0.hasPrefix(note) })
  }

  @Test("a sample that ends within a row is judged without it")
  func cutOff() throws {
    let guess = try DialectDetector().detect(Array("a;b\n1;2\n3;4\n5;\"6".utf8), isWhole: false)
    #expect(guess.dialect == CSVDialect(delimiter: UInt8(ascii: ";")))
  }

  @Test("a file of nothing is left to the reader, which says so", arguments: ["", "\n\n"])
  func empty(text: String) throws {
    #expect(try DialectDetector().detect(Array(text.utf8), isWhole: true).dialect == CSVDialect())
  }

  @Test("what contradicts itself is an error")
  func contradiction() {
    var request = DialectRequest()
    request.delimiter = Array("\"".utf8)
    request.quote = UInt8(ascii: "\"")
    let error = #expect(throws: ReadingError.self) {
      try DialectDetector(request).detect(Array("a,b\n".utf8), isWhole: true)
    }
    #expect(error?.code == .badDialect)
  }
}
