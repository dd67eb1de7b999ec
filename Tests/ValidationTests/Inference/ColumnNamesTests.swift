import Testing

@testable import Validation

@Suite("names of columns made from a header")
struct ColumnNamesTests {
  @Test(
    "words in lower case with underscores",
    arguments: [
      ("Unit Price (€)", "unit_price"), ("unitPrice", "unit_price"), ("ID", "id"),
      ("  Straße/Nr. ", "straße_nr"), ("2024 Sales", "_2024_sales"), ("Kunde's Ort", "kundes_ort"),
      ("€", "column_1"), ("", "column_1"), ("a\"b;--", "a_b"), ("select", "select"),
    ])
  func plain(title: String, name: String) {
    #expect(ColumnNames.make(from: [title]) == [name])
  }

  @Test("no two are the same, and none is longer than Postgres's names are")
  func unique() {
    let long = String(repeating: "ä", count: 40)
    let names = ColumnNames.make(from: ["a", "A", "a_2", "a", long, long])
    #expect(names.prefix(4) == ["a", "a_2", "a_2_2", "a_3"])
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.utf8.count <= 63 && !$0.isEmpty })
  }

  @Test("a table is named after its file")
  func tables() {
    #expect(ColumnNames.table(forFile: "/in/Q3 Sales.csv.gz") == "q3_sales")
    #expect(ColumnNames.table(forFile: "....") == "imported")
  }

  @Test("a column that each table has already, and a name that is too long as a whole, get another")
  func impossibleNames() {
    #expect(ColumnNames.make(from: ["xmin", "ctid"]) == ["xmin_2", "ctid_2"])
    let letter = "a" + String(repeating: "\u{301}", count: 60)
    #expect(ColumnNames.make(from: ["id", letter]) == ["id", "column_2"])
    #expect(ColumnNames.table(forFile: letter) == "imported")
    #expect(Set(ColumnNames.make(from: Array(repeating: "a", count: 16_384))).count == 16_384)
  }
}
