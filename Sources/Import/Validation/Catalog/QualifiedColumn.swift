/// The name of a column as callers write it: `schema.table.column`, each part as in a `QualifiedName`.
public struct QualifiedColumn: Sendable, Equatable {
  /// The table.
  public let table: QualifiedName
  /// The column, unquoted.
  public let column: String

  /// Reads a name.
  ///
  /// - Throws: `TargetError` `malformedName`.
  public init(parsing text: String) throws(TargetError) {
    var rest = text[...]
    guard let schema = QualifiedName.part(&rest), rest.popFirst() == ".",
      let table = QualifiedName.part(&rest), rest.popFirst() == ".",
      let column = QualifiedName.part(&rest), rest.isEmpty
    else {
      throw TargetError(
        code: .malformedName, message: "\"\(text.prefix(200))\" is no name of a column",
        hint: "write schema.table.column, a part with dots in it in double quotes")
    }
    self.table = QualifiedName(schema: schema, name: table)
    self.column = column
  }
}
