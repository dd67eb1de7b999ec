import Postgres

/// What the catalog says of the columns of a lookup.
struct LookupDetails {
  let keyOID: UInt32
  let keyType: String
  let valueType: String
  let castTo: String?
  let fits: Bool
  let equality: String?
  let collation: String?
  let isUnique: Bool
  let isReadable: Bool

  init(_ row: PostgresRow) throws {
    keyOID = UInt32(truncatingIfNeeded: try row.int64("key_oid"))
    keyType = try row.string("key_type")
    valueType = try row.string("value_type")
    castTo = try row.optionalString("cast_to")
    fits = try row.bool("fits")
    equality = try row.optionalString("equality")
    collation = try row.optionalString("collation")
    isUnique = try row.bool("is_unique")
    isReadable = try row.bool("is_readable")
  }
}

extension LookupCatalog {
  /// The columns of a table, `$2`, that foreign keys of a target's column refer to.
  static let referenceSQL = """
    SELECT DISTINCT p.other AS number, cardinality(k.conkey) = 1 AS is_alone
    FROM pg_constraint AS k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS p(own, other)
    WHERE k.contype = 'f' AND k.conrelid = $1::bigint::oid AND k.confrelid = $2::bigint::oid
      AND p.own = $3::bigint
    """

  /// One row about the key, `$2`, and the value, `$3`, of the table `$1`, and the column `$5` of the target
  /// `$4`.
  ///
  /// Equality is that of the type's default B-tree operator class, found as Postgres finds it (manual,
  /// "CREATE OPERATOR CLASS"): by name it would be looked up in the search path, off which the type may
  /// lie. An index makes a key unique where it means the same by it.
  static let detailSQL = """
    WITH RECURSIVE chain AS (
      SELECT v.part, a.atttypid AS id
      FROM (VALUES ('key', $1::bigint, $2::bigint), ('value', $1, $3), ('own', $4::bigint, $5::bigint))
        AS v(part, relation, number)
      JOIN pg_attribute AS a ON a.attrelid = v.relation::oid AND a.attnum = v.number
      UNION ALL
      SELECT c.part, t.typbasetype
      FROM chain AS c JOIN pg_type AS t ON t.oid = c.id
      WHERE t.typtype = 'd'
    ), base AS (
      SELECT c.part, t.*, t.oid AS id
      FROM chain AS c JOIN pg_type AS t ON t.oid = c.id
      WHERE t.typtype <> 'd'
    )
    SELECT k.id::bigint AS key_oid, format_type(k.id, -1) AS key_type,
      format_type(v.id, -1) AS value_type,
      CASE WHEN a.atttypid <> v.id THEN format_type(a.atttypid, -1) END AS cast_to,
      v.id = o.id
        OR v.id IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
          AND o.id IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
        OR EXISTS (
          SELECT FROM pg_cast AS c
          WHERE c.castsource = v.id AND c.casttarget = o.id AND c.castcontext = 'i') AS fits,
      e.name AS equality,
      CASE WHEN l.oid IS NOT NULL THEN format('%I.%I', ln.nspname, l.collname) END AS collation,
      EXISTS (
        SELECT FROM pg_index AS i
        JOIN pg_opclass AS q ON q.oid = i.indclass[0]
        JOIN pg_amop AS x ON x.amopfamily = q.opcfamily AND x.amopstrategy = 3
          AND x.amoplefttype = q.opcintype AND x.amoprighttype = q.opcintype
        WHERE i.indrelid = r.oid AND i.indisunique AND i.indisvalid AND i.indisready
          AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = 1
          AND i.indkey[0] = ka.attnum AND i.indcollation[0] = ka.attcollation
          AND x.amopopr = e.id) AS is_unique,
      has_schema_privilege(r.relnamespace, 'USAGE')
        AND has_column_privilege(r.oid, ka.attnum, 'SELECT')
        AND has_column_privilege(r.oid, $3::bigint::int2, 'SELECT') AS is_readable
    FROM pg_class AS r
    JOIN pg_attribute AS ka ON ka.attrelid = r.oid AND ka.attnum = $2
    JOIN pg_attribute AS a ON a.attrelid = $4::oid AND a.attnum = $5
    JOIN base AS k ON k.part = 'key'
    JOIN base AS v ON v.part = 'value'
    JOIN base AS o ON o.part = 'own'
    LEFT JOIN pg_collation AS l ON l.oid = ka.attcollation AND l.collname <> 'default'
    LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
    LEFT JOIN LATERAL (\(equality)) AS e ON true
    WHERE r.oid = $1::oid
    """

  private static let equality = """
    SELECT p.oid AS id, format('OPERATOR(%I.%s)', n.nspname, p.oprname) AS name
    FROM pg_opclass AS q
    JOIN pg_am AS m ON m.oid = q.opcmethod AND m.amname = 'btree'
    JOIN pg_type AS i ON i.oid = q.opcintype
    JOIN pg_amop AS x ON x.amopfamily = q.opcfamily AND x.amopstrategy = 3
      AND x.amoplefttype = q.opcintype AND x.amoprighttype = q.opcintype
    JOIN pg_operator AS p ON p.oid = x.amopopr
    JOIN pg_namespace AS n ON n.oid = p.oprnamespace
    WHERE q.opcdefault AND (
      q.opcintype = k.id
      OR EXISTS (
        SELECT FROM pg_cast AS c
        WHERE c.castsource = k.id AND c.casttarget = q.opcintype AND c.castmethod = 'b'
          AND c.castcontext = 'i')
      OR i.typtype = 'p' AND i.typname = CASE
        WHEN k.typtype = 'e' THEN 'anyenum' WHEN k.typtype = 'r' THEN 'anyrange'
        WHEN k.typtype = 'm' THEN 'anymultirange' WHEN k.typtype = 'c' THEN 'record'
        WHEN k.typelem <> 0 AND k.typlen = -1 THEN 'anyarray' END)
    ORDER BY q.opcintype = k.id DESC, i.typispreferred DESC
    LIMIT 1
    """
}
