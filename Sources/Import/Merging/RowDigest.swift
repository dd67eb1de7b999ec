import ImportModel
import Postgres

/// A digest of a row of 64 bits, as SQL: rows that differ in any way that can be seen have, but for one
/// chance in 2⁶⁴, different ones.
///
/// It is the hash of a record (Postgres 14 and later), but of items that tell apart what the types take for
/// equal: `1.0` and `1.00`, `0` and `-0`, what differs in case only. No setting of a session changes it; a
/// new major version of Postgres may.
struct RowDigest: Sendable, Equatable {
  /// How a column goes into the digest.
  enum Form: String, Sendable {
    /// Its values are equal only where they are the same.
    case plain
    /// The same for numbers of a fixed scale, but that the hash of `NaN` is that of NULL.
    case number
    /// Its text says all, and depends on no setting.
    case text
    /// A text whose blanks at its end do not count.
    case padded
    /// An array of such as are equal only where they are the same; its hash leaves its bounds out.
    case array
    /// What the type's own function would send.
    case send
  }

  struct Column: Sendable, Equatable {
    let name: String
    let form: Form
    /// The function that sends the type, quoted.
    let send: String

    fileprivate func items(_ value: String) -> [String] {
      let text = "CAST(\(value) AS pg_catalog.text) COLLATE pg_catalog.\"C\""
      return switch form {
      case .plain: [value]
      case .number: [value, "\(value) IS NULL"]
      case .text: [text]
      case .padded: [text, "pg_catalog.octet_length(\(value))"]
      case .array: [value, "pg_catalog.array_dims(\(value))"]
      case .send: ["\(send)(\(value))"]
      }
    }
  }

  /// A record has at most 1,664 fields.
  private static let itemLimit = 1000

  private let columns: [Column]

  init(columns: [Column]) {
    self.columns = columns
  }

  /// The columns that are digested, in their order.
  var columnNames: [String] { columns.map(\.name) }

  /// The digest of a row, a `bigint` that is never NULL.
  ///
  /// - Parameter alias: the row's name, quoted where it must be.
  func expression(_ alias: String) -> String {
    expression { "\(alias).\(quotedIdentifier($0))" }
  }

  /// The digest of a row that is told by its values.
  ///
  /// - Parameter value: what a column holds, of exactly its type.
  func expression(_ value: (String) -> String) -> String {
    let items = columns.flatMap { $0.items(value($0.name)) }
    let groups = stride(from: 0, to: max(1, items.count), by: RowDigest.itemLimit).map {
      items[$0..<min($0 + RowDigest.itemLimit, items.count)].joined(separator: ", ")
    }
    return groups.reduce("0") {
      "pg_catalog.hash_record_extended(CAST(ROW(\($1)) AS record), \($0))"
    }
  }
}

extension RowDigest {
  /// Reads how the columns of a table are digested, in the order of the table: the stored ones that the role
  /// may read, generated ones left out.
  ///
  /// - Parameter names: only these; the result lacks those that the table does not have any more.
  static func read(
    _ table: UInt32, only names: [String]? = nil, on connection: PostgresConnection
  ) async throws -> RowDigest {
    let result = try await connection.queryCached(
      sql, [.int(Int64(table)), names.map { .textArray($0) } ?? .null])
    return RowDigest(
      columns: try result.rows.map { row in
        let form = try row.string("form")
        guard let known = Form(rawValue: form) else {
          throw ImportFailure(.internal, "\(form) is no form of a digest")
        }
        return Column(name: try row.string("attname"), form: known, send: try row.string("send"))
      })
  }

  /// One row a column. `chain` walks down to the type below all domains, `parts` into what that consists of:
  /// a function that sends an array fails where its elements have none.
  private static let sql = """
    WITH RECURSIVE columns AS (
      SELECT a.attnum, a.attname, a.atttypid, a.atttypmod,
        coalesce(l.collisdeterministic, true) AS is_exact
      FROM pg_attribute AS a
      LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
      WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attgenerated = '' AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
        AND ($2::text[] IS NULL OR a.attname::text = ANY ($2::text[]))
    ), chain AS (
      SELECT c.attnum, c.atttypid AS oid, c.atttypmod AS modifier FROM columns AS c
      UNION ALL
      SELECT c.attnum, t.typbasetype, t.typtypmod
      FROM chain AS c JOIN pg_type AS t ON t.oid = c.oid WHERE t.typtype = 'd'
    ), parts AS (
      SELECT attnum, oid FROM chain
      UNION
      SELECT p.attnum, component.oid
      FROM parts AS p
      JOIN pg_type AS t ON t.oid = p.oid
      CROSS JOIN LATERAL (
        SELECT t.typelem WHERE t.typelem <> 0 AND t.typlen = -1
        UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
        UNION ALL SELECT f.atttypid FROM pg_attribute AS f
          WHERE f.attrelid = t.typrelid AND t.typrelid <> 0 AND f.attnum > 0
            AND NOT f.attisdropped
      ) AS component(oid)
    ), unsendable AS (
      SELECT DISTINCT p.attnum
      FROM parts AS p
      JOIN pg_type AS t ON t.oid = p.oid
      WHERE t.typsend = 0
        -- Such a function takes no value of this type when it is called.
        OR t.typtype = 'b' AND EXISTS (
          SELECT FROM pg_proc AS f
          JOIN pg_type AS argument ON argument.oid = f.proargtypes[0]
          WHERE f.oid = t.typsend AND argument.oid <> t.oid AND argument.typtype <> 'p')
    ), exact(oid) AS (
      SELECT unnest('{bool,int2,int4,int8,oid,name,bytea,uuid,date,time,timestamp,timestamptz,
        inet,cidr,macaddr,macaddr8,pg_lsn,xid8}'::regtype[])::oid
      UNION ALL SELECT '"char"'::regtype::oid
      UNION ALL SELECT oid FROM pg_type WHERE typtype = 'e'
    )
    SELECT c.attname,
      CASE WHEN f.oid IS NULL THEN '' ELSE format('%I.%I', n.nspname, f.proname) END AS send,
      CASE
        WHEN t.oid IN (SELECT oid FROM exact) THEN 'plain'
        WHEN t.oid = 'numeric'::regtype THEN CASE WHEN b.modifier >= 0 THEN 'number' ELSE 'send' END
        WHEN t.oid IN ('text'::regtype, 'varchar'::regtype) AND c.is_exact THEN 'plain'
        WHEN t.oid = 'bpchar'::regtype THEN
          CASE WHEN b.modifier >= 0 AND c.is_exact THEN 'plain' ELSE 'padded' END
        WHEN t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1 AND (
          t.typelem IN (SELECT oid FROM exact)
          OR t.typelem IN ('text'::regtype, 'varchar'::regtype) AND c.is_exact) THEN 'array'
        WHEN t.oid IN ('json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'varchar'::regtype)
          OR EXISTS (
            SELECT FROM pg_cast AS x
            WHERE x.castsource = t.oid AND x.casttarget = 'text'::regtype AND x.castmethod = 'b')
          THEN 'text'
        WHEN c.attnum IN (SELECT attnum FROM unsendable) THEN 'text'
        ELSE 'send' END AS form
    FROM columns AS c
    JOIN chain AS b ON b.attnum = c.attnum
    JOIN pg_type AS t ON t.oid = b.oid AND t.typtype <> 'd'
    LEFT JOIN pg_proc AS f ON f.oid = t.typsend
    LEFT JOIN pg_namespace AS n ON n.oid = f.pronamespace
    ORDER BY c.attnum
    """
}
