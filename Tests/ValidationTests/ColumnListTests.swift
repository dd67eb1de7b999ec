import ImportModel
import Testing

@testable import Validation

@Suite("Columns as one writes them down")
struct ColumnListTests {
  @Test("are told by name, type and what they require")
  func columns() throws {
    let list = try ColumnList(
      parsing:
        "id bigint primary key, \"a, b\" numeric(10, 2) NOT NULL,when Timestamp  With Time Zone")
    #expect(list.columns.map(\.name) == ["id", "a, b", "when"])
    #expect(
      list.columns.map(\.type.base) == [
        .bigint, .numeric(precision: 10, scale: 2), .timestamptz(precision: nil),
      ])
    #expect(list.columns.map(\.isRequired) == [true, true, false])
  }

  @Test(
    "have types by all their names",
    arguments: [
      ("int", BaseType.integer), ("int8", .bigint), ("varchar(20)", .varchar(limit: 20)),
      ("character varying", .varchar(limit: nil)), ("char", .char(length: 1)),
      ("time(3) without time zone", .time(precision: 3)), ("float8", .doublePrecision),
      ("numeric", .numeric(precision: nil, scale: nil)),
      ("decimal(5)", .numeric(precision: 5, scale: 0)),
      ("jsonb", .jsonb), ("timestamp(0)", .timestamp(precision: 0)),
    ])
  func types(name: String, type: BaseType) throws {
    #expect(try ColumnList(parsing: "a \(name)").columns[0].type.base == type)
  }

  @Test(
    "that cannot be are refused, with the part that is wrong",
    arguments: [
      "", "a", "a integer, ", "a money", "a integer(3)", "a varchar(x)", "a varchar(1,2)",
    ])
  func refused(text: String) {
    let error = #expect(throws: OptionError.self) { try ColumnList(parsing: text) }
    #expect(error?.option == "columns")
    #expect(error?.hint != nil)
  }
}
