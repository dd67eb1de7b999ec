public import ImportModel
public import Postgres

/// What keeps a table from being replaced by another one, found before anything is done.
///
/// Whatever knows the table by its OID must be made anew for the one that takes its place. Where that cannot
/// be done without a change that somebody would notice, the import is refused.
public enum ReplaceObstacles {
  /// Refuses a target whose place no other table can take, or not with the rights of the session's role.
  ///
  /// - Throws: `ImportFailure` `bad_option` that names the first few reasons; `PostgresError`.
  public static func check(_ target: TargetTable, on connection: PostgresConnection) async throws {
    let found = try await connection.queryCached(sql, [.int(Int64(target.oid))]).rows
    guard let first = found.first else { return }
    let reasons = try found.prefix(reasonLimit).map { try $0.string("reason") }
    let more = found.count > reasonLimit ? ["and \(found.count - reasonLimit) more"] : []
    throw ImportFailure(
      .badOption,
      "\(target.displayName) cannot be replaced: \((reasons + more).joined(separator: "; "))",
      hint: first["hint"] ?? "import with mode=upsert, which changes rows in place")
  }

  private static let reasonLimit = 3

  private static let parts = [
    kinds, rights, settings, dependents, rowType, referrers, triggers, publications, privileges,
  ]

  private static let sql = """
    WITH t AS (
      SELECT c.*, n.nspname, format('%s.%s', n.nspname, c.relname) AS display
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = $1::bigint::oid)
    SELECT DISTINCT o.place, o.reason, o.hint FROM (
    \(parts.enumerated().map { "SELECT \($0) AS place, p.* FROM (\n\($1)\n) AS p(reason, hint)" }
      .joined(separator: "\nUNION ALL\n"))
    ) AS o ORDER BY o.place, o.reason
    """

  private static let kinds = """
    SELECT CASE t.relkind WHEN 'p' THEN 'it is partitioned' ELSE 'it is no plain table' END,
      CASE t.relkind WHEN 'p' THEN 'replace its partitions one by one' END
    FROM t WHERE t.relkind <> 'r'
    UNION ALL SELECT 'it is temporary', NULL FROM t WHERE t.relpersistence = 't'
    UNION ALL
    SELECT format('%s inherits from it', i.inhrelid::regclass), NULL
    FROM t JOIN pg_inherits AS i ON i.inhparent = t.oid WHERE t.relkind = 'r'
    UNION ALL
    SELECT format('it inherits from %s', i.inhparent::regclass), NULL
    FROM t JOIN pg_inherits AS i ON i.inhrelid = t.oid WHERE NOT t.relispartition
    UNION ALL
    SELECT format('it belongs to the extension %I', e.extname), NULL
    FROM t JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = t.oid
      AND d.deptype = 'e'
    JOIN pg_extension AS e ON e.oid = d.refobjid
    """

  private static let rights = """
    SELECT format('it is owned by %s, and %s is no member of that role',
      pg_get_userbyid(t.relowner), current_user), 'let its owner import, or make the role a member'
    FROM t WHERE NOT pg_has_role(t.relowner, 'USAGE')
    UNION ALL
    SELECT format('%s may create nothing in the schema %s', r.rolname, t.nspname),
      format('GRANT CREATE ON SCHEMA %I TO %I', t.nspname, r.rolname)
    FROM t JOIN pg_roles AS r ON r.oid = t.relowner OR r.rolname = current_user
    WHERE NOT has_schema_privilege(r.oid, t.relnamespace, 'CREATE')
      AND NOT (SELECT m.rolsuper FROM pg_roles AS m WHERE m.rolname = current_user)
    UNION ALL
    SELECT format('the view %s is owned by another role', d.view::regclass), NULL
    FROM (\(views)) AS d WHERE NOT pg_has_role(d.relowner, 'USAGE')
    UNION ALL
    SELECT format('%s, which refers to it, is owned by another role', r.oid::regclass), NULL
    FROM t JOIN pg_constraint AS k ON k.confrelid = t.oid AND k.contype = 'f'
    JOIN pg_class AS r ON r.oid = k.conrelid WHERE NOT pg_has_role(r.relowner, 'USAGE')
    UNION ALL
    SELECT format('%s, whose partition it is, is owned by another role', r.oid::regclass), NULL
    FROM t JOIN pg_partition_ancestors(t.oid) AS a ON a.relid <> t.oid
    JOIN pg_class AS r ON r.oid = a.relid WHERE NOT pg_has_role(r.relowner, 'USAGE')
    UNION ALL
    SELECT format('the statistics %s are owned by another role', e.stxname), NULL
    FROM t JOIN pg_statistic_ext AS e ON e.stxrelid = t.oid
    WHERE NOT pg_has_role(e.stxowner, 'USAGE')
    UNION ALL
    SELECT format('%s may not refer to %s, as its foreign key %I does',
      current_user, k.confrelid::regclass, k.conname),
      format('GRANT REFERENCES ON %s TO %I', k.confrelid::regclass, current_user)
    FROM t JOIN pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f'
    WHERE NOT has_table_privilege(k.confrelid, 'REFERENCES') AND NOT (
      SELECT bool_and(has_column_privilege(k.confrelid, f.number, 'REFERENCES'))
      FROM unnest(k.confkey) AS f(number))
    UNION ALL
    SELECT format('%s may create nothing in the tablespace %I', current_user, s.spcname), NULL
    FROM t JOIN pg_class AS c ON c.oid = t.oid
      OR c.oid IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = t.oid)
    JOIN pg_tablespace AS s ON s.oid = c.reltablespace
    WHERE NOT has_tablespace_privilege(s.oid, 'CREATE')
    """

  private static let settings = """
    SELECT 'row-level security applies to the role that imports', NULL
    FROM t WHERE row_security_active(t.oid)
    UNION ALL
    SELECT format('its index %I is not valid', x.relname), 'drop it, or REINDEX it'
    FROM t JOIN pg_index AS i ON i.indrelid = t.oid JOIN pg_class AS x ON x.oid = i.indexrelid
    WHERE NOT (i.indisvalid AND i.indisready)
    UNION ALL
    -- Such an expression has the name of the table in it, which the stand-in does not have yet.
    SELECT format('its %s %I looks at rows as a whole', o.kind, o.name),
      'name the columns in it, or import with mode=upsert'
    FROM t CROSS JOIN LATERAL (
      SELECT 'constraint', k.conname, pg_get_constraintdef(k.oid)
      FROM pg_constraint AS k WHERE k.conrelid = t.oid AND k.contype = 'c'
      UNION ALL SELECT 'index', x.relname, pg_get_indexdef(x.oid)
      FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = t.oid
      UNION ALL SELECT 'statistics object', e.stxname, pg_get_statisticsobjdef(e.oid)
      FROM pg_statistic_ext AS e WHERE e.stxrelid = t.oid) AS o(kind, name, definition)
    WHERE strpos(o.definition, quote_ident(t.relname) || '.*') > 0
    UNION ALL
    SELECT 'it has a security label', NULL
    FROM t JOIN pg_seclabel AS l ON l.classoid = 'pg_class'::regclass AND l.objoid = t.oid
    """

  /// Views that can be made anew where they stand.
  private static let views = """
    SELECT DISTINCT v.oid AS view, v.relowner
    FROM t JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
      AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid
    JOIN pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'v'
    """

  /// What else depends on the table, but is neither a part of it nor can be moved.
  private static let dependents = """
    SELECT format('%s depends on it', pg_describe_object(d.classid, d.objid, 0)),
      'drop it and make it anew afterwards, or import with mode=upsert'
    FROM t CROSS JOIN LATERAL (
      SELECT t.oid
      UNION ALL
      SELECT s.objid FROM pg_depend AS s JOIN pg_class AS q ON q.oid = s.objid AND q.relkind = 'S'
      WHERE s.classid = 'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass
        AND s.refobjid = t.oid AND s.deptype = 'i'
    ) AS moved
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = moved.oid
      AND d.deptype IN ('n', 'a')
    WHERE NOT CASE d.classid
      WHEN 'pg_class'::regclass THEN EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = d.objid AND c.relkind IN ('i', 'S', 't'))
      WHEN 'pg_attrdef'::regclass THEN EXISTS (
        SELECT FROM pg_attrdef AS e WHERE e.oid = d.objid AND e.adrelid = t.oid)
      WHEN 'pg_constraint'::regclass THEN EXISTS (
        SELECT FROM pg_constraint AS k WHERE k.oid = d.objid AND t.oid IN (k.conrelid, k.confrelid))
      WHEN 'pg_rewrite'::regclass THEN EXISTS (
        SELECT FROM pg_rewrite AS r JOIN pg_class AS v ON v.oid = r.ev_class
        WHERE r.oid = d.objid
          AND (v.oid = t.oid OR v.relkind = 'v' AND r.rulename = '_RETURN'))
      WHEN 'pg_trigger'::regclass THEN EXISTS (
        SELECT FROM pg_trigger AS g
        WHERE g.oid = d.objid AND (g.tgrelid = t.oid OR g.tgisinternal))
      WHEN 'pg_policy'::regclass THEN EXISTS (
        SELECT FROM pg_policy AS p WHERE p.oid = d.objid AND p.polrelid = t.oid)
      WHEN 'pg_statistic_ext'::regclass THEN EXISTS (
        SELECT FROM pg_statistic_ext AS e WHERE e.oid = d.objid AND e.stxrelid = t.oid)
      WHEN 'pg_publication_rel'::regclass THEN true
      ELSE false END
    """

  private static let rowType = """
    SELECT format('%s uses its row type', pg_describe_object(d.classid, d.objid, d.objsubid)), NULL
    FROM t JOIN pg_type AS y ON y.oid = t.reltype
    JOIN pg_depend AS d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)
      AND NOT (d.classid = 'pg_type'::regclass AND d.objid = y.typarray)
    """

  private static let referrers = """
    SELECT format('foreign keys refer to %s, whose partition it is', p.confrelid::regclass), NULL
    FROM t JOIN pg_constraint AS k ON k.confrelid = t.oid AND k.contype = 'f'
    JOIN pg_constraint AS p ON p.oid = k.conparentid AND p.confrelid <> t.oid
    """

  private static let triggers = """
    SELECT format('its constraint trigger %I looks at each row', g.tgname),
      'disable it for the import, or import with mode=upsert'
    FROM t JOIN pg_trigger AS g ON g.tgrelid = t.oid
    WHERE NOT g.tgisinternal AND g.tgconstraint <> 0 AND g.tgtype & 4 <> 0
      AND g.tgenabled IN ('O', 'A')
    UNION ALL
    SELECT format('foreign keys of %s are disabled', g.tgrelid::regclass),
      'enable them: ALTER TABLE … ENABLE TRIGGER ALL'
    FROM t JOIN pg_constraint AS k ON k.contype = 'f' AND t.oid IN (k.conrelid, k.confrelid)
    JOIN pg_trigger AS g ON g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O'
    """

  private static let publications = """
    SELECT format('the publication %I sends all tables, also those that are not in place yet', p.pubname),
      'name the tables in the publication, or import with mode=upsert'
    FROM t JOIN pg_publication AS p ON t.relpersistence = 'p' AND (p.puballtables OR EXISTS (
      SELECT FROM pg_publication_tables AS v
      WHERE v.pubname = p.pubname AND v.schemaname = 'sluice'))
    UNION ALL
    SELECT format('the publication %I, which sends it, is owned by another role', p.pubname), NULL
    FROM t JOIN pg_publication_rel AS r ON r.prrelid = t.oid
    JOIN pg_publication AS p ON p.oid = r.prpubid WHERE NOT pg_has_role(p.pubowner, 'USAGE')
    UNION ALL
    -- The filter of a partition is not told where its parent's stands for it.
    SELECT format('the publication %I filters its rows, and sends them as those of another table', p.pubname), NULL
    FROM t JOIN pg_publication_rel AS r ON r.prrelid = t.oid
    JOIN pg_publication AS p ON p.oid = r.prpubid
    WHERE to_jsonb(r) ->> 'prqual' IS NOT NULL AND NOT EXISTS (
      SELECT FROM pg_publication_tables AS v
      WHERE v.pubname = p.pubname AND v.schemaname = t.nspname AND v.tablename = t.relname)
    UNION ALL SELECT 'a subscription writes to it', NULL
    FROM t JOIN pg_subscription_rel AS r ON r.srrelid = t.oid
    """

  /// Privileges that were granted by others than the owner are granted by them again.
  private static let privileges = """
    SELECT format('privileges on it were granted by %s, and %s is no member of that role',
      pg_get_userbyid(e.grantor), current_user), NULL
    FROM t CROSS JOIN LATERAL (
      SELECT x.grantor FROM aclexplode(t.relacl) AS x
      UNION SELECT x.grantor FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS x
      WHERE a.attrelid = t.oid AND NOT a.attisdropped) AS e
    WHERE e.grantor <> t.relowner AND NOT pg_has_role(e.grantor, 'MEMBER')
    """
}
