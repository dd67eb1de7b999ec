import ImportModel
import Testing

@Suite("Counts and names")
struct RowCountsTests {
  private let whole: RowCounts = {
    var counts = RowCounts()
    counts.read = 15
    counts.bad = 1
    counts.skipped = 2
    counts.inserted = 3
    counts.updated = 4
    counts.unchanged = 5
    return counts
  }()

  @Test("rows are conserved when each has one fate")
  func conserved() {
    #expect(whole.isConserved)
    #expect(whole.merged == 14)
    #expect(RowCounts().isConserved)
  }

  @Test(
    "one row too many or too few anywhere is noticed",
    arguments: [1, -1])
  func noticed(by difference: Int64) {
    let fields: [WritableKeyPath<RowCounts, Int64>] = [
      \.read, \.bad, \.skipped, \.inserted, \.updated, \.unchanged,
    ]
    for field in fields {
      var counts = whole
      counts[keyPath: field] += difference
      #expect(!counts.isConserved)
    }
  }

  @Test(
    "a target is shown as the contract writes it",
    arguments: [
      ("demo", "sales", "demo.sales"), ("demo", "Big Sales", "demo.Big Sales"),
      ("a.b", "c", "\"a.b\".c"), ("demo", "say \"hi\"", "demo.\"say \"\"hi\"\"\""),
      ("ö", "ü", "ö.ü"),
    ])
  func displayName(schema: String, name: String, expected: String) {
    let table = TargetTable(oid: 1, schema: schema, name: name, columns: [], keys: [])
    #expect(table.displayName == expected)
  }

  @Test("the staging column of row numbers has a name of its own")
  func rowColumn() {
    #expect(StagingLayout(columns: []).rowColumn == "sluice_row")
    let columns = ["a", "sluice_row", "sluice_row_"].map {
      StagingLayout.Column(name: $0, sqlType: "text")
    }
    #expect(StagingLayout(columns: columns).rowColumn == "sluice_row__")
  }
}
