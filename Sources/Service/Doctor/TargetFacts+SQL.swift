extension TargetFacts {
  /// The query; its parameter is an array of OIDs.
  ///
  /// `t` is the target, `part` holds those relations that its rows lie in: itself, or its partitions.
  static func sql(isThorough: Bool) -> String {
    """
    SELECT jsonb_build_object(
      'oid', t.oid::bigint, 'sqlName', format('%I.%I', n.nspname, t.relname),
      'bytes', p.bytes, 'liveRows', p.live, 'deadRows', p.dead,
      'vacuumedSeconds', extract(epoch FROM clock_timestamp() - p.vacuumed),
      'frozenAge', p.frozen_age,
      'freezeAge', current_setting('autovacuum_freeze_max_age')::bigint,
      'unanalyzed', p.unanalyzed, 'vacuumOff', p.vacuum_off, 'unlogged', p.unlogged,
      'partitions', p.partitions,
      'invalidIndexes', (\(invalidIndexes)), 'bareReferences', (\(bareReferences)),
      'duplicateIndexes', (\(isThorough ? duplicateIndexes : none)),
      'unusedIndexes', (\(isThorough ? unusedIndexes : none)),
      'countedSeconds', extract(epoch FROM clock_timestamp() - greatest(
        pg_postmaster_start_time(), pg_stat_get_db_stat_reset_time(d.oid))),
      'keySQL', (\(keySQL)),
      'missingRights', (\(missingRights)),
      'publications', (
        SELECT coalesce(jsonb_agg(x.pubname ORDER BY x.pubname), '[]') FROM pg_publication_tables AS x
        WHERE x.schemaname = n.nspname AND x.tablename = t.relname),
      'isOwner', pg_has_role(current_user, t.relowner, 'USAGE'),
      'wrapper', w.fdwname,
      'batchSize', coalesce(
        (SELECT o.option_value FROM pg_options_to_table(f.ftoptions) AS o
         WHERE o.option_name = 'batch_size'),
        (SELECT o.option_value FROM pg_options_to_table(s.srvoptions) AS o
         WHERE o.option_name = 'batch_size'))
    )::text AS facts
    FROM pg_class AS t
    JOIN pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_database AS d ON d.datname = current_database()
    LEFT JOIN pg_foreign_table AS f ON f.ftrelid = t.oid
    LEFT JOIN pg_foreign_server AS s ON s.oid = f.ftserver
    LEFT JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
    CROSS JOIN LATERAL (\(parts)) AS p
    WHERE t.oid = ANY ($1::bigint[]::oid[])
    """
  }

  private static let none = "SELECT '[]'::jsonb"

  private static let parts = """
    SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint AS bytes,
      coalesce(sum(pg_stat_get_live_tuples(c.oid)), 0)::bigint AS live,
      coalesce(sum(pg_stat_get_dead_tuples(c.oid)), 0)::bigint AS dead,
      max(greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)))
        AS vacuumed,
      coalesce(max(age(c.relfrozenxid)), 0)::bigint AS frozen_age,
      count(*) FILTER (WHERE c.oid <> t.oid) AS partitions,
      coalesce(jsonb_agg(jsonb_build_object(
        'name', format('%I.%I', m.nspname, c.relname), 'bytes', pg_table_size(c.oid),
        'sql', format('ANALYZE %I.%I', m.nspname, c.relname)) ORDER BY c.relname)
        FILTER (WHERE c.reltuples < 0 AND coalesce(
          pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) IS NULL),
        '[]') AS unanalyzed,
      coalesce(jsonb_agg(jsonb_build_object(
        'name', format('%I.%I', m.nspname, c.relname),
        'sql', format('ALTER TABLE %I.%I RESET (autovacuum_enabled)', m.nspname, c.relname))
        ORDER BY c.relname)
        FILTER (WHERE EXISTS (
          SELECT FROM pg_options_to_table(c.reloptions) AS o
          WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean)), '[]')
        AS vacuum_off,
      coalesce(jsonb_agg(jsonb_build_object(
        'name', format('%I.%I', m.nspname, c.relname),
        'sql', format('ALTER TABLE %I.%I SET LOGGED', m.nspname, c.relname)) ORDER BY c.relname)
        FILTER (WHERE c.relpersistence = 'u'), '[]') AS unlogged
    FROM (SELECT relid FROM pg_partition_tree(t.oid) WHERE isleaf UNION SELECT t.oid) AS l(relid)
    JOIN pg_class AS c ON c.oid = l.relid AND c.relkind = 'r'
    JOIN pg_namespace AS m ON m.oid = c.relnamespace
    """

  /// What a broken-off REINDEX CONCURRENTLY has left (manual, "REINDEX") is to be dropped; an index that was
  /// broken off itself is built again. One of a partitioned table becomes valid with its last part.
  private static let invalidIndexes = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', x.relname,
      'sql', CASE WHEN x.relkind = 'i' THEN format(
        CASE WHEN x.relname ~ '_cc(new|old)\\d*$' THEN 'DROP INDEX CONCURRENTLY %I.%I'
          ELSE 'REINDEX INDEX CONCURRENTLY %I.%I' END, m.nspname, x.relname) END)
      ORDER BY x.relname), '[]')
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_namespace AS m ON m.oid = x.relnamespace
    WHERE i.indrelid IN (SELECT relid FROM pg_partition_tree(t.oid) UNION SELECT t.oid)
      AND NOT (i.indisvalid AND i.indisready)
    """

  /// Foreign keys from and to the target whose columns lead no index; those of partitions are told with
  /// their parent's.
  private static let bareReferences = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', k.conname, 'bytes', pg_table_size(r.oid),
      'detail', CASE WHEN k.confrelid = t.oid THEN format('%I.%I', m.nspname, r.relname) END,
      'sql', format('CREATE INDEX %sON %I.%I (%s)',
        CASE WHEN r.relkind = 'p' THEN '' ELSE 'CONCURRENTLY ' END, m.nspname, r.relname,
        (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY x.place)
         FROM unnest(k.conkey) WITH ORDINALITY AS x(number, place)
         JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.number)))
      ORDER BY k.conname, k.oid), '[]')
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.conrelid
    JOIN pg_namespace AS m ON m.oid = r.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (k.confrelid = t.oid OR k.conrelid = t.oid)
      AND NOT EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
          AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
    """

  /// Of two indexes that are the same, the one to drop is that which enforces nothing.
  private static let duplicateIndexes = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', x.relname, 'detail', o.indexrelid::regclass::text,
      'bytes', pg_relation_size(x.oid),
      'sql', format('DROP INDEX CONCURRENTLY %I.%I', m.nspname, x.relname)) ORDER BY x.relname), '[]')
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid AND x.relkind = 'i' AND NOT x.relispartition
    JOIN pg_namespace AS m ON m.oid = x.relnamespace
    CROSS JOIN LATERAL (
      SELECT j.indexrelid FROM pg_index AS j
      JOIN pg_class AS y ON y.oid = j.indexrelid AND y.relam = x.relam
      WHERE j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid AND j.indisvalid
        AND (j.indkey, j.indclass, j.indcollation, j.indoption)
          = (i.indkey, i.indclass, i.indcollation, i.indoption)
        AND j.indnkeyatts = i.indnkeyatts
        AND coalesce(pg_get_expr(j.indexprs, j.indrelid), '')
          = coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
        AND coalesce(pg_get_expr(j.indpred, j.indrelid), '')
          = coalesce(pg_get_expr(i.indpred, i.indrelid), '')
        AND (j.indisunique OR NOT i.indisunique)
        AND (j.indexrelid < i.indexrelid OR j.indisunique AND NOT i.indisunique
          OR EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = j.indexrelid))
      LIMIT 1) AS o
    WHERE i.indrelid = t.oid AND i.indisvalid AND NOT i.indisreplident
      AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
    """

  private static let unusedIndexes = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', x.relname, 'bytes', pg_relation_size(x.oid),
      'sql', format('DROP INDEX CONCURRENTLY %I.%I', m.nspname, x.relname)) ORDER BY x.relname), '[]')
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid AND x.relkind = 'i' AND NOT x.relispartition
    JOIN pg_namespace AS m ON m.oid = x.relnamespace
    WHERE i.indrelid = t.oid AND i.indisvalid AND NOT i.indisunique AND NOT i.indisexclusion
      AND NOT i.indisreplident AND pg_stat_get_numscans(x.oid) = 0
      AND NOT EXISTS (
        -- It serves a foreign key when rows of the other table go.
        SELECT FROM pg_constraint AS k
        WHERE k.contype = 'f' AND k.conrelid = t.oid
          AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
    """

  /// The columns of a deferrable key, or else a column of which every sampled value was another one.
  private static let keySQL = """
    SELECT coalesce(
      (SELECT format('CREATE UNIQUE INDEX %sON %I.%I (%s)',
          CASE WHEN t.relkind = 'p' THEN '' ELSE 'CONCURRENTLY ' END, n.nspname, t.relname,
          (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY x.place)
           FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS x(number, place)
           JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = x.number
           WHERE x.place <= i.indnkeyatts))
       FROM pg_index AS i
       WHERE i.indrelid = t.oid AND i.indisunique AND NOT i.indimmediate AND i.indpred IS NULL
         AND i.indexprs IS NULL ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1),
      (SELECT format('CREATE UNIQUE INDEX CONCURRENTLY ON %I.%I (%I)', n.nspname, t.relname, c.attname)
       FROM pg_stats AS c
       WHERE t.relkind = 'r' AND c.schemaname = n.nspname AND c.tablename = t.relname
         AND NOT c.inherited AND c.n_distinct = -1 AND c.null_frac = 0
       ORDER BY (SELECT a.attnum FROM pg_attribute AS a
                 WHERE a.attrelid = t.oid AND a.attname = c.attname) LIMIT 1))
    """

  private static let missingRights = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', r.name, 'sql', format('GRANT %s ON %I.%I TO %I', r.name, n.nspname, t.relname, current_user))
      ORDER BY r.place), '[]')
    FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS r(name, place)
    WHERE NOT has_table_privilege(t.oid, r.name)
      AND (r.name = 'DELETE' OR NOT has_any_column_privilege(t.oid, CASE r.name
        WHEN 'DELETE' THEN 'SELECT' ELSE r.name END))
    """
}
