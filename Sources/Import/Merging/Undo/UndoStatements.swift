import Postgres

/// The SQL that takes rows back. What is to be done to each stands in a temporary table: the row's place and
/// digest, or the reason why it is left.
struct UndoStatements: Sendable {
  static let list = "pg_temp.sluice_undo"

  let layout: UndoLayout

  /// The digest of a row `t`; NULL where somebody has filled in a column that is new since.
  private var digest: String {
    let digest = layout.digest.expression("t")
    if layout.added.isEmpty { return digest }
    let untouched = layout.added.map { column in
      let value = "t.\(quotedIdentifier(column.name))"
      let isDefault = column.expression.map {
        " OR \(value)::text COLLATE \"C\" = CAST((\($0)) AS \(column.type))::text COLLATE \"C\""
      }
      return "(\(value) IS NULL\(isDefault ?? ""))"
    }
    return "CASE WHEN \(all(untouched)) THEN \(digest) END"
  }
  private var inserted: String { UndoTables.inserted(layout.entry.importID) }
  private var updated: String { UndoTables.updated(layout.entry.importID) }

  // MARK: The list

  /// `slice` and `ordinal` tell where the image of an inserted row is, `image` where that of a changed one.
  static let createList = """
    CREATE TEMP TABLE sluice_undo (
      id bigint NOT NULL, deletes boolean NOT NULL, digest bigint NOT NULL, slice tid,
      ordinal bigint, image tid, relation oid, place tid, reason text, message text) ON COMMIT DROP
    """

  static let completeList = """
    CREATE INDEX ON \(list) (id); CREATE INDEX ON \(list) (place); ANALYZE \(list)
    """

  /// The slices of images of inserted rows, and how many rows each has.
  var slices: String {
    "SELECT ctid AS slice, cardinality(digests) AS rows FROM \(inserted) ORDER BY ctid"
  }

  /// Lists the rows of slices that have a whole key: `$1` are the slices, `$2` how many rows come before each.
  var listSlices: String {
    let columns = layout.keys.indices.map { "x.k\($0)" }
    return """
      INSERT INTO \(UndoStatements.list) (id, deletes, digest, slice, ordinal, relation, place, reason)
      SELECT DISTINCT ON (y.id) y.id, true, y.digest, y.slice, y.ordinal, y.relation, y.place,
             \(reason)
        FROM (SELECT b.base + x.ordinal - 1 AS id, x.digest, x.slice, x.ordinal,
                     t.tableoid AS relation, t.ctid AS place,
                     CASE WHEN t.tableoid IS NOT NULL THEN \(digest) END AS now
                FROM \(images(of: "s.ctid = ANY ($1::tid[])"))
                JOIN unnest($1::tid[], $2::bigint[]) AS b (slice, base) ON b.slice = x.slice
                LEFT JOIN \(layout.table) AS t ON \(match(columns))
               WHERE \(whole(columns)) OFFSET 0) y
       ORDER BY y.id, (y.now = y.digest) DESC NULLS LAST
      """
  }

  private var reason: String {
    """
    CASE WHEN y.relation IS NULL THEN 'gone'
         WHEN y.now IS DISTINCT FROM y.digest THEN 'changed' END
    """
  }

  /// Whether rows were inserted with a NULL in the key.
  var hasLoose: String {
    let nulls = layout.keys.indices.map { "array_position(s.k\($0), NULL) IS NOT NULL" }
    return "SELECT EXISTS (SELECT FROM \(inserted) s WHERE \(any(nulls))) AS found"
  }

  /// Lists the rows that only what is in them tells: of rows with one digest, as many as were inserted.
  ///
  /// `$1` are all slices, `$2` how many rows come before each.
  var listLoose: String {
    let (images, rows) = (layout.keys.indices.map { "x.k\($0)" }, keyColumns("t"))
    return """
      INSERT INTO \(UndoStatements.list) (id, deletes, digest, slice, ordinal, relation, place, reason)
      WITH known AS MATERIALIZED (
        SELECT x.slice, x.ordinal, x.digest,
               row_number() OVER (PARTITION BY x.digest ORDER BY x.slice, x.ordinal) AS copy
          FROM \(self.images(of: "true")) WHERE \(layout.keys.isEmpty ? "true" : "NOT (\(whole(images)))")
      ), present AS (
        SELECT p.relation, p.place, p.now,
               row_number() OVER (PARTITION BY p.now ORDER BY p.relation, p.place DESC) AS copy
          FROM (SELECT t.tableoid AS relation, t.ctid AS place, \(digest) AS now
                  FROM \(layout.table) AS t
                 WHERE \(layout.keys.isEmpty ? "true" : "NOT (\(whole(rows)))") OFFSET 0) p
         WHERE p.now IN (SELECT k.digest FROM known k)
      )
      SELECT b.base + k.ordinal - 1, true, k.digest, k.slice, k.ordinal, p.relation, p.place,
             CASE WHEN p.relation IS NULL THEN 'gone' END
        FROM known k
        JOIN unnest($1::tid[], $2::bigint[]) AS b (slice, base) ON b.slice = k.slice
        LEFT JOIN present p ON p.now = k.digest AND p.copy = k.copy
      """
  }

  /// Lists the rows that were changed, behind `$1` others: those with a whole key, or the others.
  func listUpdated(isWhole: Bool) -> String {
    let columns = layout.keys.indices.map { "u.k\($0)" }
    return """
      INSERT INTO \(UndoStatements.list) (id, deletes, digest, image, relation, place, reason)
      SELECT $1::bigint + row_number() OVER (ORDER BY y.image) - 1, false, y.digest, y.image,
             y.relation, y.place, \(reason)
        FROM (SELECT DISTINCT ON (z.image) z.* FROM (
                SELECT u.ctid AS image, u.digest, t.tableoid AS relation, t.ctid AS place,
                       CASE WHEN t.tableoid IS NOT NULL THEN \(digest) END AS now
                  FROM \(updated) u LEFT JOIN \(layout.table) AS t
                    ON \(isWhole ? match(columns) : sameness(columns))
                 WHERE \(isWhole ? whole(columns) : "NOT (\(whole(columns)))") OFFSET 0) z
               ORDER BY z.image, (z.now = z.digest) DESC NULLS LAST) y
      """
  }

  /// Images as rows `x`: the slice, the place in it, the digest and the key.
  func images(of condition: String) -> String {
    let arrays = layout.keys.indices.map { place in
      layout.keys[place].isComposite ? "s.k\(place)::text[]" : "s.k\(place)"
    }
    let values = layout.keys.enumerated().map { place, key in
      key.isText || key.isComposite
        ? "CAST(v.k\(place) AS \(key.type)) AS k\(place)" : "v.k\(place)"
    }
    let names = layout.keys.indices.map { "k\($0)" }
    return """
      (SELECT \((["s.ctid AS slice", "v.digest", "v.ordinal"] + values).joined(separator: ", "))
         FROM \(inserted) s CROSS JOIN LATERAL
              unnest(\((["s.digests"] + arrays).joined(separator: ", "))) WITH ORDINALITY
              AS v (\((["digest"] + names + ["ordinal"]).joined(separator: ", ")))
        WHERE \(condition)) x
      """
  }

  private func keyColumns(_ alias: String) -> [String] {
    layout.keys.map { "\(alias).\(quotedIdentifier($0.name))" }
  }

  private func match(_ images: [String]) -> String {
    all(zip(layout.keys, images).map { "t.\(quotedIdentifier($0.name)) \($0.equals) \($1)" })
  }

  private func sameness(_ images: [String]) -> String {
    all(
      zip(layout.keys, images).map { key, image in
        let column = "t.\(quotedIdentifier(key.name))"
        return "(\(column) \(key.equals) \(image) OR \(column) IS NULL AND \(image) IS NULL)"
      })
  }

  private func whole(_ columns: [String]) -> String {
    // `IS NOT NULL` of a composite asks for each of its fields.
    all(columns.map { "NOT (\($0) IS NOT DISTINCT FROM NULL)" })
  }

  private func all(_ conditions: [String]) -> String {
    conditions.isEmpty ? "true" : conditions.joined(separator: " AND ")
  }

  private func any(_ conditions: [String]) -> String {
    conditions.isEmpty ? "false" : conditions.joined(separator: " OR ")
  }
}

// MARK: What is done to the rows

extension UndoStatements {
  /// The row `t` that an entry `c` of the list tells of, if it is still there.
  static let place = "t.ctid = c.place AND t.tableoid = c.relation"

  /// Keeps other rows from referring to those of the list, and waits for those that are about to.
  var lock: String {
    """
    SELECT count(*) AS locked FROM (
      SELECT FROM \(layout.table) AS t, \(UndoStatements.list) c
       WHERE c.reason IS NULL AND \(UndoStatements.place) FOR UPDATE OF t) l
    """
  }

  /// Deletes the rows whose ids are `$1 ..< $2`.
  ///
  /// - Parameter guarding: a condition on `t` under which it may go.
  func delete(guarding: String = "true") -> String { answer([deletion(guarding)]) }

  /// Gives the rows whose ids are `$1 ..< $2` their old values.
  var restore: String { answer([restoration()]) }

  /// Both for all rows at once: references between them are looked at behind it.
  var all: String {
    let after = "(SELECT count(*) FROM deleted) >= 0"
    return answer([
      deletion("true"), layout.hasUpdated ? restoration(after: after) : nil,
    ])
  }

  private var range: String { "c.id >= $1::bigint AND c.id < $2::bigint AND c.reason IS NULL" }

  private func deletion(_ guarding: String) -> String {
    """
    deleted AS (
      DELETE FROM \(layout.table) AS t USING \(UndoStatements.list) c
       WHERE \(range) AND c.deletes AND \(UndoStatements.place) AND \(digest) = c.digest
         AND \(guarding)
      RETURNING c.id)
    """
  }

  private func restoration(after condition: String = "true") -> String {
    let assignments = layout.images.map { "\(quotedIdentifier($0.name)) = u.c\($0.place)" }
    return """
      restored AS (
        UPDATE \(layout.table) AS t SET \(assignments.joined(separator: ", "))
          FROM \(UndoStatements.list) c JOIN \(updated) u ON u.ctid = c.image
         WHERE \(range) AND NOT c.deletes AND \(UndoStatements.place) AND \(digest) = c.digest
           AND \(condition)
        RETURNING c.id)
      """
  }

  /// How many rows each statement has reached, and the ids of those that none has.
  private func answer(_ statements: [String?]) -> String {
    let there = statements.compactMap(\.self)
    let names = there.map { String($0.prefix { $0 != " " }) }
    func count(_ name: String) -> String {
      names.contains(name) ? "(SELECT count(*) FROM \(name))" : "0::bigint"
    }
    let reached = names.map {
      "AND NOT EXISTS (SELECT FROM \($0) d WHERE d.id = c.id)"
    }.joined(separator: " ")
    let kinds = names.count > 1 ? "true" : names == ["deleted"] ? "c.deletes" : "NOT c.deletes"
    return """
      WITH \(there.joined(separator: ", "))
      SELECT \(count("deleted")) AS deleted, \(count("restored")) AS restored, (
        SELECT array_to_json(array_agg(c.id ORDER BY c.id))::text FROM \(UndoStatements.list) c
         WHERE \(range) AND \(kinds) \(reached)) AS missed
      """
  }

  /// Says of rows, by their ids `$1`, that no statement has reached, why they are left: a row that still
  /// stands as it did was kept by a trigger or a policy.
  var explainMissed: String {
    """
    UPDATE \(UndoStatements.list) c SET
      reason = CASE WHEN k.id IS NULL THEN 'changed' ELSE 'refused' END,
      message = CASE WHEN k.id IS NOT NULL THEN $2 END
     FROM unnest($1::bigint[]) AS m (id) LEFT JOIN (
       SELECT c.id FROM \(UndoStatements.list) c, \(layout.table) AS t
        WHERE c.id = ANY ($1::bigint[]) AND \(UndoStatements.place) AND \(digest) = c.digest) k
       ON k.id = m.id
     WHERE c.id = m.id
    """
  }

  /// Leaves a row `$1` for the reason `$2`, with a message `$3`.
  static let leave = "UPDATE \(list) SET reason = $2, message = $3 WHERE id = $1"
}
