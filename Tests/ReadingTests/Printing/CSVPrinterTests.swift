import ImportModel
import Reading
import Testing

@Suite("Printing rows as plain CSV")
struct CSVPrinterTests {
  private func printed(
    _ text: String, dialect: CSVDialect = CSVDialect(), copiesRaw: Bool = true
  ) throws -> String {
    let reader = CSVReader(source: BytesSource(Array(text.utf8)), dialect: dialect)
    let batch = RecordBatch()
    let printer = CSVPrinter(copiesRaw ? .csv(dialect) : nil)
    printer.append(names: try reader.readHeader().names)
    while try reader.read(into: batch, maxBytes: 1 << 20, maxRows: .max) {
      printer.append(rows: batch.rows.indices, of: batch)
    }
    return String(decoding: printer.bytes, as: UTF8.self)
  }

  @Test(
    "quotes stand where they are needed, and nowhere else",
    arguments: [
      ("a,b\n1,2\n", "a,b\n1,2\n"),
      ("a,b\n\"x,y\",\"say \"\"so\"\"\"\n", "a,b\n\"x,y\",\"say \"\"so\"\"\"\n"),
      ("a,b\n\"plain\",é\n", "a,b\nplain,é\n"),
      ("a,b\n\"two\nlines\",\"r\rs\"\n", "a,b\n\"two\nlines\",\"r\rs\"\n"),
      ("a,b\n,\"\"\n", "a,b\n,\"\"\n"),
      ("a,b\n x,y \n", "a,b\n\" x\",\"y \"\n"),
      ("a\n\nb\n", "a\n\"\"\nb\n"),
      ("a,\n1,2\n", "a,\"\"\n1,2\n"),
    ])
  func quotes(text: String, expected: String) throws {
    #expect(try printed(text) == expected)
    #expect(try printed(text, copiesRaw: false) == expected)
  }

  @Test(
    "rows in another dialect are never copied as they stand",
    arguments: [
      (CSVDialect(delimiter: UInt8(ascii: ";")), "a;b\n1,5;2\n", "a,b\n\"1,5\",2\n"),
      (
        CSVDialect(delimiter: UInt8(ascii: ","), quote: UInt8(ascii: "'")),
        "a,b\n'x,y',\"z\n", "a,b\n\"x,y\",\"\"\"z\"\n"
      ),
      (CSVDialect(quote: nil), "a,b\nx\"y,z\n", "a,b\n\"x\"\"y\",z\n"),
      (CSVDialect(escape: .character(UInt8(ascii: "\\"))), "a,b\nx\\,y,z\n", "a,b\n\"x,y\",z\n"),
    ])
  func dialects(dialect: CSVDialect, text: String, expected: String) throws {
    #expect(try printed(text, dialect: dialect) == expected)
  }

  @Test("copying rows as they stand and writing them field by field come to the same")
  func copying() throws {
    var source = SeededGenerator(seed: 7)
    let pieces = [
      "", "", "x", "12.5", " ", "\t", "é", "\"\"", "\"a\"", "\"a,b\"", "\"c\nd\"", "\"e\r\nf\"",
      "\"say \"\"so\"\"\"", "\" g\"", "h\"i\"", "\"\"\"\"", "j\"\"k",
    ]
    for _ in 0..<300 {
      var text = "a,b,c\n"
      for _ in 0..<Int.random(in: 1...20, using: &source) {
        let row = (0..<3).map { _ in
          (0..<Int.random(in: 0...2, using: &source))
            .map { _ in pieces.randomElement(using: &source) ?? "" }.joined()
        }
        text += row.joined(separator: ",")
        text += ["\n", "\n", "\n", "\r\n", "\r", "\n\n"].randomElement(using: &source) ?? "\n"
      }
      #expect(try printed(text) == printed(text, copiesRaw: false), "\(text)")
    }
  }

  @Test("what was printed reads as the same rows")
  func roundTrip() throws {
    let text = "a,b,c\n\"\",,\"x\"\"y\"\n\"\r\n\",\",\",\" \"\n"
    let once = try ReadPlan().read(text).rows.map(\.fields)
    #expect(try ReadPlan().read(printed(text)).rows.map(\.fields) == once)
  }
}
