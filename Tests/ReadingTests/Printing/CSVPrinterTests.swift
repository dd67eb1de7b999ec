import ImportModel
import Reading
import Testing

@Suite("Printing rows as plain CSV")
struct CSVPrinterTests {
  private func printed(_ text: String) throws -> String {
    let reader = CSVReader(source: BytesSource(Array(text.utf8)))
    let batch = RecordBatch()
    var printer = CSVPrinter()
    printer.append(names: try reader.readHeader().names)
    while try reader.read(into: batch, maxBytes: 1 << 20, maxRows: .max) {
      for index in batch.rows.indices { printer.append(row: index, of: batch) }
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
  }

  @Test("what was printed reads as the same rows")
  func roundTrip() throws {
    let text = "a,b,c\n\"\",,\"x\"\"y\"\n\"\r\n\",\",\",\" \"\n"
    let once = try ReadPlan().read(text).rows.map(\.fields)
    #expect(try ReadPlan().read(printed(text)).rows.map(\.fields) == once)
  }
}
