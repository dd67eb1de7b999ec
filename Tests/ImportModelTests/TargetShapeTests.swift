import ImportModel
import Testing

@Suite("What kinds of targets take")
struct TargetShapeTests {
  private static let key = TargetKey(name: "t_pkey", columns: ["id"], isPrimary: true)

  private static func table(_ shape: TargetShape, keys: [TargetKey] = [key]) -> TargetTable {
    let type = ColumnType(oid: 23, sqlName: "integer", base: .integer)
    return TargetTable(
      oid: 1, schema: "s", name: "t",
      columns: [
        TargetColumn(name: "id", number: 1, type: type),
        TargetColumn(name: "made", number: 2, type: type, isGenerated: true),
      ], keys: keys, shape: shape)
  }

  @Test(
    "a kind takes its modes",
    arguments: [
      (TargetShape(.table), ["upsert", "insert", "append", "replace"]),
      (TargetShape(.partitionedTable), ["upsert", "insert", "append"]),
      (TargetShape(.partition), ["upsert", "insert", "append", "replace"]),
      (TargetShape(.foreignTable), ["append"]), (TargetShape(.view), ["append"]),
      (TargetShape(.table, hasChildren: true), ["upsert", "insert", "append"]),
      (TargetShape(.table, hasUpdateRules: true), ["insert", "append", "replace"]),
      (
        TargetShape(.partitionedTable, hasForeignPartitions: true),
        ["upsert", "insert", "append"]
      ),
    ])
  func modes(_ shape: TargetShape, _ modes: [String]) throws {
    let table = Self.table(shape)
    #expect(table.modes.map(\.rawValue) == modes)
    for mode in ImportOptions.Mode.allCases {
      if modes.contains(mode.rawValue) {
        try table.check(mode)
      } else {
        let error = try #require(throws: OptionError.self) { try table.check(mode) }
        #expect(error.option == "mode" && error.hint != nil)
        #expect(
          error.message.hasPrefix("cannot be \(mode.rawValue): ") && error.message.contains("s.t"))
      }
    }
  }

  @Test("a key that is deferrable, or has a generated column, is none to import by")
  func keys() {
    let late = TargetKey(name: "late", columns: ["id"], isPrimary: true, isDeferrable: true)
    let made = TargetKey(name: "made", columns: ["id", "made"], isPrimary: false)
    #expect(Self.table(TargetShape(.table), keys: [late, made]).usableKeys.isEmpty)
    #expect(
      Self.table(TargetShape(.table), keys: [late, made]).modes.map(\.rawValue)
        == ["append", "replace"])
    #expect(Self.table(TargetShape(.table), keys: [late, Self.key]).usableKeys == [Self.key])
  }
}
