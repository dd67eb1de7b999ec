import ImportModel
import Testing

@testable import Validation

@Suite("mapping of a header to columns")
struct HeaderMappingTests {
  static func column(
    _ name: String, required: Bool = false, generated: Bool = false,
    identity: TargetColumn.Identity? = nil, fallback: String? = nil
  ) -> TargetColumn {
    TargetColumn(
      name: name, number: 1, type: ColumnType(oid: 25, sqlName: "text", base: .text),
      isRequired: required, defaultExpression: fallback, identity: identity, isGenerated: generated)
  }

  static func table(_ columns: TargetColumn...) -> TargetTable {
    TargetTable(oid: 1, schema: "demo", name: "sales", columns: columns, keys: [])
  }

  static let sales = table(
    column("item_code", required: true), column("store_id"), column("Sale Date"),
    column("total", generated: true), column("id", required: true, identity: .always),
    column("status", required: true, fallback: "'new'"))

  func names(
    _ header: [String], _ explicit: [String: String?] = [:], in table: TargetTable = sales
  ) throws -> [String] {
    try HeaderMapping(explicit: explicit).resolve(header: header, table: table).map {
      "\($0.field):\($0.header)>\($0.column.name)"
    }
  }

  func code(
    _ header: [String], _ explicit: [String: String?] = [:], in table: TargetTable = sales
  ) throws -> MappingError {
    do {
      let mapped = try names(header, explicit, in: table)
      Issue.record("was mapped: \(mapped)")
      return MappingError(code: .nothingMapped, message: "", hint: "")
    } catch let error as MappingError {
      return error
    }
  }

  @Test(
    "case, spaces and punctuation do not matter",
    arguments: [
      "item_code", "Item Code", "ITEM-CODE", "itemCode", " item.code ", "\u{FEFF}item_code",
      "(Item)/Code",
    ])
  func folded(header: String) throws {
    #expect(try names([header]) == ["0:\(header)>item_code"])
  }

  @Test("a name that is exactly a column's goes before one that is only similar")
  func exactFirst() throws {
    let table = Self.table(Self.column("a_b"), Self.column("ab"), Self.column("A B"))
    #expect(
      try names(["A B", "ab", "a_b"], in: table) == ["0:A B>A B", "1:ab>ab", "2:a_b>a_b"])
    #expect(try names(["a_b", "ab", "AB"], in: table) == ["0:a_b>a_b", "1:ab>ab", "2:AB>A B"])
  }

  @Test("the mapping of the caller wins, and null leaves a header out")
  func explicit() throws {
    #expect(
      try names(["Artikel", "store_id", "item_code"], ["Artikel": "item_code", "item_code": nil])
        == ["0:Artikel>item_code", "1:store_id>store_id"])
    #expect(try names(["", "", "item_code"], ["": nil]) == ["2:item_code>item_code"])
    #expect(try names(["artikel"], ["Artikel": "Item Code"]) == ["0:artikel>item_code"])
    #expect(try names(["item_code"], ["not there": nil]) == ["0:item_code>item_code"])
  }

  @Test("an entry that is spelled like the header wins over those that only resemble it")
  func exactEntries() throws {
    let table = Self.table(Self.column("name"), Self.column("other"))
    let mapping = HeaderMapping(explicit: ["NAME": "other", "Name": nil, "name": "name"])
    #expect(try mapping.resolve(header: ["NAME"], table: table).map(\.column.name) == ["other"])
    let clash = HeaderMapping(explicit: ["Name": "other", "name": "name"])
    #expect(throws: MappingError.self) { try clash.resolve(header: ["NAME"], table: table) }
  }

  @Test("a header that fits no column is an error that shows the columns and the way out")
  func unknown() throws {
    let error = try code(["item_code", "colour", ""])
    #expect(error.code == .unknownColumn)
    #expect(error.message.contains("\"colour\"") && error.message.contains("field 3"))
    #expect(error.hint.contains("\"store_id\"") && error.hint.contains("{\"colour\": null}"))
    #expect(!error.hint.contains("\"total\""))
    #expect(try code(["item_code", ""]).hint.contains("{\"\": null}"))
    #expect(try code(["item_code", "###"]).code == .unknownColumn)
  }

  @Test("two headers for one column, and one header for two columns, are errors that name both")
  func clashes() throws {
    let twice = try code(["item_code", "Item Code"])
    #expect(twice.code == .duplicate)
    #expect(twice.message.contains("\"item_code\" (field 1) and \"Item Code\" (field 2)"))
    #expect(try code(["item_code", "item_code"]).code == .duplicate)
    #expect(try code(["Item Code", "ITEM CODE"]).code == .duplicate)
    #expect(try code(["x", "item_code"], ["x": "item_code"]).code == .duplicate)
    let table = Self.table(Self.column("a_b"), Self.column("ab"))
    let ambiguous = try code(["A B"], in: table)
    #expect(ambiguous.code == .ambiguous)
    #expect(ambiguous.message.contains("\"a_b\" and \"ab\""))
    #expect(try code(["x"], ["x": "A-B"], in: table).code == .ambiguous)
    #expect(try code(["x", "X", "item_code"], ["X-": "store_id"]).code == .ambiguous)
  }

  @Test("the mapping may name neither a column nor a header that is not there")
  func unknownNames() throws {
    #expect(try code(["a", "item_code"], ["a": "nothing"]).code == .unknownColumn)
    #expect(try code(["item_code"], ["a": "store_id"]).code == .unknownHeader)
  }

  @Test("generated columns cannot be written, identity columns can")
  func generated() throws {
    #expect(try code(["item_code", "total"]).code == .generated)
    #expect(try names(["item_code", "id"]) == ["0:item_code>item_code", "1:id>id"])
  }

  @Test("a column that must have a value has to be in the file, unless Postgres makes the value")
  func requiredColumns() throws {
    let error = try code(["store_id"])
    #expect(error.code == .required)
    #expect(error.message.contains("\"item_code\""))
    #expect(!error.message.contains("\"id\"") && !error.message.contains("\"status\""))
    #expect(
      try code(["a"], ["a": nil], in: Self.table(Self.column("x"))).code == .nothingMapped)
  }
}
