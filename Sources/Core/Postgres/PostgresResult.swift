internal import CLibpq

/// What a statement gave back, all of it in memory.
public struct PostgresResult: Sendable {
  /// The names of the columns, also when there are no rows.
  public let columns: [String]
  /// The rows in the server's order.
  public let rows: [PostgresRow]
  /// Rows inserted, updated, deleted, copied or selected; 0 for other statements.
  public let affected: Int
  /// The command tag without its figures, such as `INSERT` or `CREATE TABLE`.
  public let command: String
}

extension PostgresResult {
  /// Copies a result out of libpq; the caller still owns it.
  init(copying result: OpaquePointer) {
    let names = (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
    let index = ColumnIndex(names)
    columns = names
    rows = (0..<PQntuples(result)).map { row in
      PostgresRow(
        index: index,
        values: (0..<Int32(names.count)).map { Self.value(of: result, row: row, column: $0) })
    }
    affected = Int(String(cString: PQcmdTuples(result))) ?? 0
    command = Self.tag(of: result)
  }

  /// `INSERT` for `INSERT 0 5`.
  static func tag(of result: OpaquePointer) -> String {
    let words = String(cString: PQcmdStatus(result)).split(separator: " ")
    return words.prefix { Int($0) == nil }.joined(separator: " ")
  }

  private static func value(of result: OpaquePointer, row: Int32, column: Int32) -> String? {
    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
      return nil
    }
    let length = Int(PQgetlength(result, row, column))
    return String(
      decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }
}

/// The columns of a result, by name; shared by its rows.
final class ColumnIndex: Sendable {
  let names: [String]
  private let positions: [String: Int]

  init(_ names: [String]) {
    self.names = names
    positions = Dictionary(zip(names, names.indices)) { first, _ in first }
  }

  func position(_ name: String) -> Int? { positions[name] }
}
