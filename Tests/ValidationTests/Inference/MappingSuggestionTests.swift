import ImportModel
import Testing

@testable import Validation

@Suite("a suggested mapping")
struct MappingSuggestionTests {
  static let table = HeaderMappingTests.table(
    HeaderMappingTests.column("serial_number"), HeaderMappingTests.column("store_id"),
    HeaderMappingTests.column("total", generated: true), HeaderMappingTests.column("Name"),
    HeaderMappingTests.column("name"))

  static func columns(
    _ header: [String], hasHeader: Bool = true, told: [String: String?]? = nil
  ) -> [String?] {
    MappingSuggestion(header: header, hasHeader: hasHeader, told: told, table: table)
      .fields.map(\.column?.name)
  }

  @Test("names, then names without punctuation, then shared words, each column once")
  func byName() {
    #expect(
      Self.columns(["Serial Number", "Store", "colour"]) == ["serial_number", "store_id", nil])
    #expect(Self.columns(["name", "Name"]) == ["name", "Name"])
    #expect(Self.columns(["NAME"]) == [nil])
    #expect(Self.columns(["store_id", "Store-ID"]) == ["store_id", nil])
    #expect(Self.columns(["no"]) == [nil])
  }

  @Test("what is told goes first, and null leaves a field out")
  func told() {
    #expect(
      Self.columns(["name", "x"], told: ["x": "store_id", "name": nil]) == [nil, "store_id"])
    #expect(Self.columns(["x"], told: ["x": "nowhere"]) == [nil])
  }

  @Test("without a header places count, where there are as many")
  func places() {
    let made = ["column_1", "column_2", "column_3", "column_4"]
    #expect(Self.columns(made, hasHeader: false) == ["serial_number", "store_id", "Name", "name"])
    #expect(Self.columns(["column_1"], hasHeader: false) == [nil])
  }

  @Test("each field without a column says why")
  func reasons() {
    let fields = MappingSuggestion(
      header: ["NAME", "colour", "Store"], hasHeader: true, table: Self.table
    ).fields
    #expect(fields[0].reasons.first?.contains("several columns") == true)
    #expect(fields[1].reasons == ["no column has a name like it"])
    #expect(fields[2].reasons.first?.contains("\"store_id\"") == true)
  }

  @Test(
    "values that do not go into a column are said",
    arguments: [
      ("text", BaseType.integer, "is text"), ("bigint", .integer, "too large"),
      ("numeric", .numeric(precision: 4, scale: 2), "before the point"),
      ("numeric", .numeric(precision: 8, scale: 1), "rounds"),
      ("text", .varchar(limit: 3), "4 characters"), ("timestamp", .date, "times of day"),
      ("timestamptz", .timestamp(precision: nil), "time zones"), ("text", .boolean, "is text"),
      ("text", .enumeration(labels: ["x"]), "none of the values"),
    ])
  func misfits(kind: String, base: BaseType, reason: String) {
    let types: [String: InferredType] = [
      "text": .text, "bigint": .bigint, "numeric": .numeric(precision: 6, scale: 3),
      "timestamp": .timestamp, "timestamptz": .timestamptz,
    ]
    let found = Self.found(types[kind] ?? .text)
    let reasons = ColumnFit(found, into: Self.target(base)).reasons
    #expect(reasons.count == 1)
    #expect(reasons.first?.contains(reason) == true)
  }

  @Test("values that go into a column are not talked about")
  func fits() {
    #expect(ColumnFit(Self.found(.integer), into: Self.target(.bigint)).reasons.isEmpty)
    #expect(
      ColumnFit(
        Self.found(.numeric(precision: 4, scale: 2)),
        into: Self.target(.numeric(precision: 4, scale: 2))
      )
      .reasons.isEmpty)
    #expect(
      ColumnFit(Self.found(.date), into: Self.target(.timestamptz(precision: nil))).reasons.isEmpty)
    #expect(ColumnFit(Self.found(.uuid), into: Self.target(.text)).reasons.isEmpty)
  }

  static func found(_ type: InferredType) -> InferredColumn {
    InferredColumn(
      field: 0, header: "a", name: "a", type: type, valueCount: 1, nullCount: 0, minLength: 4,
      maxLength: 4, isBinary: false, samples: ["abcd"], notes: [])
  }

  static func target(_ base: BaseType) -> TargetColumn {
    TargetColumn(name: "a", number: 1, type: ColumnType(oid: 0, sqlName: "this", base: base))
  }
}
