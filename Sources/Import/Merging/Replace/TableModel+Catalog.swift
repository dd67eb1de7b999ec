import FoundationEssentials
import ImportModel
import Postgres

extension TableModel {
  /// Reads how a table is built.
  ///
  /// Inside a transaction whose `search_path` is `pg_catalog`, so that all names are written with their
  /// schema.
  static func read(_ oid: UInt32, on connection: PostgresConnection) async throws -> TableModel {
    try await decode(sql, oid, on: connection)
  }

  /// Reads a model of a table out of the catalog.
  ///
  /// - Parameter sql: gives it as JSON text in the column `model`, for `$1` as the oid.
  static func decode<Model: Decodable>(
    _ sql: String, _ oid: UInt32, on connection: PostgresConnection
  ) async throws -> Model {
    guard let row = try await connection.queryCached(sql, [.int(Int64(oid))]).rows.first else {
      throw ImportFailure(.unknownTarget, "the target is not there any more")
    }
    do {
      return try JSONDecoder().decode(Model.self, from: Data(try row.string("model").utf8))
    } catch let error as DecodingError {
      throw ImportFailure(.internal, "the target could not be read from the catalog: \(error)")
    }
  }

  /// Reads how a target is built, inside a transaction.
  static func read(
    of target: TargetTable, on connection: PostgresConnection
  ) async throws -> TableModel {
    try await connection.naming { try await read(target.oid, on: $0) }
  }

  private static let sql = """
    SELECT jsonb_build_object(
      'oid', c.oid::bigint,
      'schema', n.nspname, 'name', c.relname,
      'fullName', format('%I.%I', n.nspname, c.relname), 'owner', quote_ident(pg_get_userbyid(c.relowner)),
      'isLogged', c.relpersistence = 'p',
      'method', (SELECT quote_ident(m.amname) FROM pg_am AS m WHERE m.oid = c.relam),
      'tablespace', \(tablespace("c")),
      'options', \(options("c.reloptions", prefix: "")) || coalesce((
        SELECT \(options("t.reloptions", prefix: "toast."))
        FROM pg_class AS t WHERE t.oid = c.reltoastrelid), '[]'),
      'type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
      'replicaIdentity', c.relreplident,
      'hasRowSecurity', c.relrowsecurity, 'forcesRowSecurity', c.relforcerowsecurity,
      'comment', \(comment("c.oid", "pg_class")),
      'grants', (\(grants("coalesce(c.relacl, acldefault('r', c.relowner))"))),
      'parent', (\(parent)),
      'columns', (\(columns)), 'sequences', (\(sequences)), 'checks', (\(checks)),
      'indexes', (\(indexes)), 'references', (\(references)), 'referrers', (\(referrers)),
      'statistics', (\(statistics)), 'triggers', (\(triggers)), 'rules', (\(rules)),
      'policies', (\(policies)), 'publications', (\(publications)), 'views', (\(views))
    )::text AS model
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = $1::bigint::oid
    """

  // MARK: Parts of it

  /// As a literal, which may be NULL.
  private static func comment(_ oid: String, _ catalog: String, _ column: String? = nil) -> String {
    let text =
      column.map { "col_description(\(oid), \($0))" } ?? "obj_description(\(oid), '\(catalog)')"
    return "quote_nullable(\(text))"
  }

  /// That of the database has no entry of its own.
  private static func tablespace(_ alias: String) -> String {
    """
    (SELECT quote_ident(s.spcname) FROM pg_tablespace AS s WHERE s.oid = coalesce(
       nullif(\(alias).reltablespace, 0),
       (SELECT d.dattablespace FROM pg_database AS d WHERE d.datname = current_database())))
    """
  }

  /// Storage parameters as `name = 'value'`.
  private static func options(_ column: String, prefix: String) -> String {
    """
    coalesce((
      SELECT jsonb_agg(
        '\(prefix)' || quote_ident(split_part(o.item, '=', 1)) || ' = '
        || quote_literal(substr(o.item, strpos(o.item, '=') + 1)) ORDER BY o.place)
      FROM unnest(\(column)) WITH ORDINALITY AS o(item, place)), '[]')
    """
  }

  /// Who may do what, in the order of the list.
  private static func grants(_ list: String) -> String {
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'grantor', quote_ident(pg_get_userbyid(g.grantor)),
      'grantee', CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
      'privileges', g.privileges, 'grantable', g.grantable) ORDER BY g.place), '[]')
    FROM (
      SELECT u.place, e.grantor, e.grantee,
        coalesce(array_agg(e.privilege_type ORDER BY e.privilege_type)
          FILTER (WHERE NOT e.is_grantable), '{}') AS privileges,
        coalesce(array_agg(e.privilege_type ORDER BY e.privilege_type)
          FILTER (WHERE e.is_grantable), '{}') AS grantable
      FROM unnest(\(list)) WITH ORDINALITY AS u(item, place)
      CROSS JOIN LATERAL aclexplode(ARRAY[u.item]) AS e
      GROUP BY u.place, e.grantor, e.grantee) AS g
    """
  }

  /// The partitioned table whose partition it is.
  private static let parent = """
    SELECT jsonb_build_object(
      'name', format('%I.%I', s.nspname, p.relname),
      'bound', pg_get_expr(c.relpartbound, c.oid),
      'constraint', pg_get_partition_constraintdef(c.oid))
    FROM pg_inherits AS i
    JOIN pg_class AS p ON p.oid = i.inhparent
    JOIN pg_namespace AS s ON s.oid = p.relnamespace
    WHERE i.inhrelid = c.oid AND c.relispartition
    """

  /// `definition` is what must be the same for one table to stand in for another.
  private static let columns = """
    SELECT jsonb_agg(jsonb_build_object(
      'name', a.attname,
      'definition', concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        'collation', a.attcollation, 'required', a.attnotnull, 'identity', a.attidentity,
        'generated', a.attgenerated,
        CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
        'storage', a.attstorage, 'compression', a.attcompression),
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'statistics', coalesce(a.attstattarget, -1),
      'options', \(options("a.attoptions", prefix: "")),
      'comment', \(comment("c.oid", "", "a.attnum")),
      'grants', (\(grants("a.attacl")))) ORDER BY a.attnum)
    FROM pg_attribute AS a
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    """

  private static let sequences = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', s.relname, 'column', a.attname, 'isIdentity', p.deptype = 'i',
      'definition', concat_ws(' ', q.seqtypid, q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
        q.seqcache, q.seqcycle),
      'type', format_type(q.seqtypid, NULL), 'ascends', q.seqincrement > 0, 'schema', m.nspname,
      'comment', \(comment("s.oid", "pg_class")),
      'grants', (\(grants("coalesce(s.relacl, acldefault('s', s.relowner))")))) ORDER BY s.relname), '[]')
    FROM pg_depend AS p
    JOIN pg_class AS s ON s.oid = p.objid AND s.relkind = 'S'
    JOIN pg_namespace AS m ON m.oid = s.relnamespace
    JOIN pg_sequence AS q ON q.seqrelid = s.oid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.refobjsubid
    WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
      AND p.refobjid = c.oid AND p.deptype IN ('a', 'i')
    """

  private static let checks = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'definition', pg_get_constraintdef(k.oid),
      'comment', \(comment("k.oid", "pg_constraint"))) ORDER BY k.conname), '[]')
    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c'
    """

  /// `tail` is the definition behind the table's name.
  static let indexes = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', x.relname, 'isUnique', i.indisunique,
      'tail', substr(pg_get_indexdef(x.oid), 1 + length(format(
        'CREATE %sINDEX %I ON %I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,
        x.relname, n.nspname, c.relname))),
      'tablespace', \(tablespace("x")),
      'isClustered', i.indisclustered, 'isReplicaIdentity', i.indisreplident,
      'comment', \(comment("x.oid", "pg_class")),
      'statistics', (
        SELECT coalesce(jsonb_agg(jsonb_build_array(a.attnum, a.attstattarget)
          ORDER BY a.attnum), '[]')
        FROM pg_attribute AS a WHERE a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0),
      'constraint', (
        SELECT jsonb_build_object(
          'kind', k.contype, 'definition', pg_get_constraintdef(k.oid),
          'delay', CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END
            || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END,
          'comment', \(comment("k.oid", "pg_constraint")))
        FROM pg_constraint AS k
        WHERE k.conindid = x.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x'))
      ) ORDER BY x.relname), '[]')
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid
    """

  /// The foreign keys of a partition have one more entry for each partition of the referenced table.
  private static let references = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'definition', pg_get_constraintdef(k.oid), 'isOwn', k.confrelid = c.oid,
      'comment', \(comment("k.oid", "pg_constraint"))) ORDER BY k.conname), '[]')
    FROM pg_constraint AS k
    WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT EXISTS (
      SELECT FROM pg_constraint AS p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
    """

  private static let referrers = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'table', format('%I.%I', s.nspname, r.relname), 'display', s.nspname || '.' || r.relname,
      'name', k.conname, 'definition', pg_get_constraintdef(k.oid),
      'isPartitioned', r.relkind = 'p',
      \(ForeignKeyMembers.columns),
      'comment', \(comment("k.oid", "pg_constraint"))) ORDER BY r.oid, k.conname), '[]')
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.conrelid
    JOIN pg_namespace AS s ON s.oid = r.relnamespace
    WHERE k.confrelid = c.oid AND k.conrelid <> c.oid AND k.contype = 'f' AND k.conparentid = 0
    """

  private static let statistics = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'schema', s.nspname, 'name', e.stxname, 'owner', quote_ident(pg_get_userbyid(e.stxowner)),
      'head', substr(pg_get_statisticsobjdef(e.oid),
        1 + length(format('CREATE STATISTICS %I.%I', s.nspname, e.stxname)),
        length(pg_get_statisticsobjdef(e.oid))
          - length(format('CREATE STATISTICS %I.%I', s.nspname, e.stxname))
          - length(format(' FROM %I.%I', n.nspname, c.relname))),
      'target', coalesce(e.stxstattarget, -1),
      'comment', \(comment("e.oid", "pg_statistic_ext"))) ORDER BY s.nspname, e.stxname), '[]')
    FROM pg_statistic_ext AS e
    JOIN pg_namespace AS s ON s.oid = e.stxnamespace
    WHERE e.stxrelid = c.oid
    """

  /// Those of a partition that its parent has as well come with the attachment.
  private static let triggers = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', t.tgname, 'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
      'isOwn', t.tgparentid = 0,
      'shapesRows', t.tgtype & 7 = 7 AND t.tgenabled IN ('O', 'A'),
      'comment', \(comment("t.oid", "pg_trigger"))) ORDER BY t.tgname), '[]')
    FROM pg_trigger AS t
    WHERE t.tgrelid = c.oid AND (NOT t.tgisinternal OR t.tgparentid <> 0 AND t.tgconstraint = 0)
    """

  private static let rules = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', r.rulename, 'definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled,
      'comment', \(comment("r.oid", "pg_rewrite"))) ORDER BY r.rulename), '[]')
    FROM pg_rewrite AS r WHERE r.ev_class = c.oid
    """

  private static let policies = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', p.polname,
      'definition', concat(
        'AS ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, ' FOR ',
        CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
          WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        ' TO ', (
          SELECT string_agg(CASE WHEN u.id = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(u.id)) END,
            ', ' ORDER BY u.place)
          FROM unnest(p.polroles) WITH ORDINALITY AS u(id, place)),
        ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
      'comment', \(comment("p.oid", "pg_policy"))) ORDER BY p.polname), '[]')
    FROM pg_policy AS p WHERE p.polrelid = c.oid
    """

  /// Lists of columns and filters of rows came with Postgres 15.
  private static let publications = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', p.pubname,
      'clause', concat(
        ' (' || (
          SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
          FROM pg_attribute AS a
          WHERE a.attrelid = c.oid
            AND to_jsonb(r) -> 'prattrs' @> to_jsonb(a.attnum)) || ')',
        ' WHERE (' || (
          SELECT to_jsonb(v) ->> 'rowfilter' FROM pg_publication_tables AS v
          WHERE v.pubname = p.pubname AND v.schemaname = n.nspname AND v.tablename = c.relname) || ')'))
      ORDER BY p.pubname), '[]')
    FROM pg_publication_rel AS r
    JOIN pg_publication AS p ON p.oid = r.prpubid
    WHERE r.prrelid = c.oid
    """

  private static let views = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', format('%I.%I', s.nspname, v.relname), 'definition', pg_get_viewdef(v.oid),
      'owner', quote_ident(pg_get_userbyid(v.relowner)),
      'options', \(options("v.reloptions", prefix: ""))) ORDER BY v.oid), '[]')
    FROM pg_class AS v
    JOIN pg_namespace AS s ON s.oid = v.relnamespace
    WHERE v.relkind = 'v' AND EXISTS (
      SELECT FROM pg_rewrite AS r
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      WHERE r.ev_class = v.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
    """
}
