import ImportModel
public import Postgres

/// Asks Postgres about values in forms that no encoder knows.
///
/// Postgres decides what is valid: its own input function reads each value, in a session with the settings
/// of the load, and its own output gives the binary form. The work is done in sets by
/// the function `sluice.try_cast`, which a migration makes.
public struct Arbiter: Sendable {
  private let connection: PostgresConnection?

  /// An arbiter over a session of its own: no COPY may be running on it meanwhile.
  public init(connection: PostgresConnection) {
    self.connection = connection
  }

  /// An arbiter without a database, who refuses every value: for measuring. How many there were is in
  /// `BatchValidator.doubtfulCount`.
  public init() {
    connection = nil
  }

  /// Converts texts; nil is NULL, which the CHECK of a domain may refuse.
  ///
  /// - Returns: one judgement a text, in their order.
  /// - Throws: `PostgresError` where Postgres did not answer, `CancellationError`.
  func judge(_ values: [String?], as type: ColumnType) async throws -> [Judgement] {
    do {
      return try await ask(values, type)
    } catch let error as PostgresError where Self.refusesParameter(error) {
      // The database's own encoding lacks a character of one of them.
      guard values.count > 1 else {
        return [
          .refused(Refusal(code: .badEncoding, message: Excerpt.message(error.message ?? "")))
        ]
      }
      let middle = values.count / 2
      let first = try await judge(Array(values[..<middle]), as: type)
      return try await first + judge(Array(values[middle...]), as: type)
    }
  }

  private func ask(_ values: [String?], _ type: ColumnType) async throws -> [Judgement] {
    guard let connection else {
      let refusal = Refusal(code: .database, message: "only a database could tell")
      return values.map { _ in .refused(refusal) }
    }
    let result = try await connection.query(
      """
      SELECT ordinal, value, sqlstate, message, detail
      FROM sluice.try_cast($1::bigint::oid, $2::integer, $3::boolean, $4::text[])
      """,
      [
        .int(Int64(type.oid)), .int(Int64(type.modifier)), .bool(!type.isStagedAsText),
        .textArray(values),
      ])
    var judgements = [Judgement?](repeating: nil, count: values.count)
    for row in result.rows {
      let ordinal = try row.int("ordinal")
      guard values.indices.contains(ordinal - 1) else { throw ArbiterError.wrongAnswer }
      judgements[ordinal - 1] = try judgement(row, isNull: values[ordinal - 1] == nil, type)
    }
    let complete = judgements.compactMap(\.self)
    guard complete.count == values.count else { throw ArbiterError.wrongAnswer }
    return complete
  }

  private func judgement(
    _ row: PostgresRow, isNull: Bool, _ type: ColumnType
  ) throws -> Judgement {
    if let sqlState = row["sqlstate"] {
      return .refused(
        Refusal(sqlState: sqlState, message: row["message"] ?? "", detail: row["detail"]))
    }
    if isNull { return .null }
    if type.isStagedAsText { return .accepted }
    return row["value"] == nil ? .null : .value(try row.bytes("value"))
  }

  private static func refusesParameter(_ error: PostgresError) -> Bool {
    error.sqlState == "22021" || error.sqlState == "22P05"
  }
}

/// What Postgres says of a text.
enum Judgement: Sendable, Equatable {
  /// It is a value; these are its binary form.
  case value([UInt8])
  /// It is a value of a type without binary form.
  case accepted
  /// It is NULL.
  case null
  /// It is none.
  case refused(Refusal)
}

/// Answers of `sluice.try_cast` that cannot be.
enum ArbiterError: Error, CustomStringConvertible {
  case wrongAnswer

  var description: String {
    "sluice.try_cast gave another number of answers than it was asked for: run `sluice migrate`"
  }
}
