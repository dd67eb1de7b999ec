/// The name of a table as callers write it: `schema.table`, each part plain or in double quotes.
///
/// A plain part is taken as it stands, without folding to lower case: it is compared with the catalog, it
/// is no SQL.
public struct QualifiedName: Sendable, Equatable, CustomStringConvertible {
  /// The schema, unquoted.
  public let schema: String
  /// The table, unquoted.
  public let name: String

  /// Takes the parts as they are.
  public init(schema: String, name: String) {
    self.schema = schema
    self.name = name
  }

  /// Reads a name.
  ///
  /// - Throws: `TargetError` `malformedName`.
  public init(parsing text: String) throws(TargetError) {
    var rest = text[...]
    guard let schema = Self.part(&rest), rest.popFirst() == ".", let name = Self.part(&rest),
      rest.isEmpty
    else {
      throw TargetError(
        code: .malformedName, message: "\"\(text.prefix(130))\" is no name of a table",
        hint: "write schema.table, a part with dots in it in double quotes")
    }
    self.schema = schema
    self.name = name
  }

  /// `schema.name`, without quotes.
  public var description: String { "\(schema).\(name)" }

  /// Takes one part off the text; nil where there is none.
  static func part(_ text: inout Substring) -> String? {
    guard text.first == "\"" else {
      let part = text.prefix { $0 != "." && $0 != "\"" }
      text = text[part.endIndex...]
      return part.isEmpty ? nil : String(part)
    }
    text.removeFirst()
    var part = ""
    while let character = text.popFirst() {
      if character == "\"" {
        guard text.first == "\"" else { return part.isEmpty ? nil : part }
        text.removeFirst()
      }
      part.append(character)
    }
    return nil
  }
}
