/// A text as an SQL literal: in single quotes, with those inside doubled.
///
/// The session has to have `standard_conforming_strings` on, as all of ours have. Values go as parameters; this is
/// for names in statements that take none.
///
/// Source: PostgreSQL manual, "String Constants" (4.1.2.1).
public func quotedLiteral(_ text: String) -> String {
  "'" + text.replacing("'", with: "''") + "'"
}
