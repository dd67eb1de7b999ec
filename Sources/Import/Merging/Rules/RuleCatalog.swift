import FoundationEssentials
import ImportModel
import Postgres

/// Reads the rules of a target in one query.
enum RuleCatalog {
  static func read(
    _ target: TargetTable, on connection: PostgresConnection
  ) async throws -> TargetRules {
    let result = try await connection.planningOnce {
      try await $0.queryCached(sql, [.int(Int64(target.oid))])
    }
    let text = try result.rows[0].string("rules")
    do {
      return try JSONDecoder().decode(TargetRules.self, from: Data(text.utf8))
    } catch {
      throw ImportFailure(
        .internal, "the rules of \(target.displayName) could not be read from the catalog")
    }
  }

  private static let sql = """
    SELECT jsonb_build_object(
      'columns', (\(columns)), 'checks', (\(checks)), 'references', (\(references)),
      'keys', (\(keys)),
      'mayRewriteRows', EXISTS (
        SELECT FROM pg_trigger AS g
        WHERE g.tgrelid IN (\(relations)) AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
          AND g.tgtype & 3 = 3 AND g.tgtype & 20 <> 0),
      'hasDeferred', EXISTS (
        SELECT FROM pg_trigger AS g
        WHERE g.tgrelid IN (\(relations)) AND g.tgenabled IN ('O', 'A') AND g.tginitdeferred)
    )::text AS rules
    """

  /// The target and its partitions.
  private static let relations = """
    SELECT relid FROM pg_partition_tree($1::bigint::oid) UNION SELECT $1::bigint::oid
    """

  /// `adbin` names the functions that a default calls by their OIDs; the catalog of dependencies leaves
  /// Postgres's own ones out.
  private static let columns = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'expression', coalesce(pg_get_expr(d.adbin, d.adrelid), pg_get_expr(t.typdefaultbin, 0)),
      'isGenerated', a.attgenerated <> '', 'isRequired', a.attnotnull,
      'isSettled', a.attidentity = '' AND NOT EXISTS (
        SELECT FROM regexp_matches(
          coalesce(d.adbin, t.typdefaultbin)::text, ':(?:funcid|opfuncid) (\\d+)', 'g') AS m(parts)
        JOIN pg_proc AS p ON p.oid = m.parts[1]::oid
        WHERE p.provolatile = 'v'),
      'isFixed', a.attidentity = '' AND NOT EXISTS (
        SELECT FROM regexp_matches(coalesce(d.adbin, t.typdefaultbin)::text,
          '\\{([A-Z]+)|:(?:funcid|opfuncid) (\\d+)', 'g') AS m(parts)
        WHERE m.parts[1] <> ALL ('{CONST,RELABELTYPE,FUNCEXPR,OPEXPR,ARRAYEXPR,COERCETODOMAIN}')
          OR EXISTS (
            SELECT FROM pg_proc AS p WHERE p.oid = m.parts[2]::oid AND p.provolatile <> 'i')))
      ORDER BY a.attnum), '[]')
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
    """

  private static let checks = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'expression', pg_get_expr(k.conbin, k.conrelid),
      'columns', (
        SELECT coalesce(jsonb_agg(a.attname ORDER BY x.place), '[]')
        FROM unnest(k.conkey) WITH ORDINALITY AS x(number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.number))
      ORDER BY k.conname), '[]')
    FROM pg_constraint AS k
    WHERE k.conrelid = $1::bigint::oid AND k.contype = 'c'
      AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
    """

  /// The foreign keys of a partition have one more entry for each partition of the referenced table: those
  /// are left out by their parents. Postgres looks the other table up with its owner's rights; we cannot,
  /// where the role may not read all of it.
  private static let references = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      \(ForeignKeyMembers.other),
      \(ForeignKeyMembers.columns),
      'isFull', k.confmatchtype = 'f',
      'isOwn', k.confrelid = k.conrelid
        OR k.confrelid IN (SELECT relid FROM pg_partition_ancestors(k.conrelid)),
      'isReadable', k.convalidated AND NOT row_security_active(r.oid)
        AND has_schema_privilege(n.oid, 'USAGE')
        AND (SELECT bool_and(has_column_privilege(r.oid, x.number, 'SELECT'))
             FROM unnest(k.confkey) AS x(number))
        AND NOT EXISTS (
          SELECT FROM pg_trigger AS g WHERE g.tgconstraint = k.oid AND g.tgenabled NOT IN ('O', 'A'))
        -- A trigger may add the row that is waited for.
        AND NOT (k.condeferred AND EXISTS (
          SELECT FROM pg_trigger AS g
          WHERE g.tgrelid = k.conrelid AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')))
      ) ORDER BY k.conname), '[]')
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.confrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE k.conrelid = $1::bigint::oid AND k.contype = 'f'
      AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
      AND NOT EXISTS (
        SELECT FROM pg_constraint AS p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
    """

  /// Equality of a unique index is strategy 3 of its operator family (manual, "B-Tree Indexes"). Columns of
  /// its expressions and its predicate are among its dependencies.
  private static let keys = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', c.relname, 'predicate', pg_get_expr(i.indpred, i.indrelid),
      'isPlain', i.indexprs IS NULL AND i.indpred IS NULL,
      'nullsAreEqual', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
      'exclusion', CASE WHEN k.contype = 'x' THEN regexp_replace(
        pg_get_constraintdef(k.oid), '( DEFERRABLE)?( INITIALLY DEFERRED)?$', '') END,
      'columns', (
        SELECT coalesce(jsonb_agg(a.attname ORDER BY a.attnum), '[]')
        FROM pg_attribute AS a
        WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (
          a.attnum IN (
            SELECT x.number FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS x(number, place)
            WHERE x.place <= i.indnkeyatts)
          OR EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
              AND d.refobjsubid = a.attnum
              AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)))),
      'labels', (
        SELECT jsonb_agg(pg_get_indexdef(i.indexrelid, p, true) ORDER BY p)
        FROM generate_series(1, i.indnkeyatts) AS p),
      'expressions', (
        SELECT jsonb_agg(
          '(' || pg_get_indexdef(i.indexrelid, x.place::integer, false) || ')'
          || CASE WHEN l.oid IS NULL THEN '' ELSE format(' COLLATE %I.%I', s.nspname, l.collname) END
          ORDER BY x.place)
        FROM unnest(i.indcollation::oid[]) WITH ORDINALITY AS x(id, place)
        LEFT JOIN pg_collation AS l ON l.oid = x.id AND l.collname <> 'default'
        LEFT JOIN pg_namespace AS s ON s.oid = l.collnamespace),
      'operators', (
        SELECT jsonb_agg(format('OPERATOR(%I.%s)', s.nspname, o.oprname) ORDER BY x.place)
        FROM unnest(CASE WHEN k.contype = 'x' THEN k.conexclop ELSE (
            SELECT array_agg(e.amopopr ORDER BY y.place)
            FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS y(id, place)
            JOIN pg_opclass AS q ON q.oid = y.id
            JOIN pg_amop AS e ON e.amopfamily = q.opcfamily AND e.amopstrategy = 3
              AND e.amoplefttype = q.opcintype AND e.amoprighttype = q.opcintype) END)
          WITH ORDINALITY AS x(id, place)
        JOIN pg_operator AS o ON o.oid = x.id
        JOIN pg_namespace AS s ON s.oid = o.oprnamespace)
      ) ORDER BY c.relname), '[]')
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    LEFT JOIN pg_constraint AS k
      ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    WHERE i.indrelid = $1::bigint::oid AND (i.indisunique OR i.indisexclusion)
      AND i.indisvalid AND i.indisready
    """
}
