import ImportModel
import Postgres

extension PostgresError {
  /// Whether an error has nothing to do with rows and statements: the connection, also that of a foreign
  /// server, a lock, the server's memory, a cancel. A trigger may raise any other code, also such as the
  /// manual does not know (appendix "PostgreSQL Error Codes").
  var isOfCircumstances: Bool {
    guard let sqlState, !isConnectionLoss else { return true }
    return sqlState == "55P03"
      || ["08", "25", "40", "53", "57", "58", "72", "F0", "HV", "XX"].contains(
        String(sqlState.prefix(2)))
  }

  /// Whether the row may be taken once others are in: it points to one of them, or one of them makes room.
  var mayPass: Bool {
    sqlState == "23503" || sqlState == "23505" || sqlState == "23P01"
  }

  /// The refusal of one row, in Postgres's words.
  func breach(row: Int64, rules: TargetRules) -> RowBreach {
    let code: RejectCode =
      switch sqlState {
      case "23502": .required
      case "23503": .foreignKey
      case "23505", "23P01": .unique
      // The second is that of a view's CHECK OPTION.
      case "23514", "44000": .check
      default: .database
      }
    var text = message ?? "the database refused the row"
    // That of a CHECK or NOT NULL shows the whole row, which the reject has anyway.
    let showsRow = code == .required || code == .check && constraint != nil
    if let detail, !showsRow { text += ": \(detail)" }
    if code == .database { text += " (SQLSTATE \(sqlState ?? "unknown"))" }
    let columns = constraint.flatMap(rules.columns(ofConstraint:)) ?? column.map { [$0] } ?? []
    return RowBreach(
      row: row, code: code, columns: columns, message: String(text.prefix(Reject.valueLimit)))
  }
}
