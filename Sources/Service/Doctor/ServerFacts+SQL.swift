extension ServerFacts {
  /// The query.
  ///
  /// - Parameters:
  ///   - version: as `server_version_num` has it: checkpoints moved to a view of their own with Postgres 17.
  ///   - isThorough: whether to look also at what takes long in a large database: all tables, all files.
  static func sql(version: Int, isThorough: Bool) -> String {
    let counters =
      version >= 170_000
      ? "SELECT num_timed AS timed, num_requested AS forced FROM pg_stat_checkpointer"
      : "SELECT checkpoints_timed AS timed, checkpoints_req AS forced FROM pg_stat_bgwriter"
    return """
      SELECT jsonb_build_object(
        'database', current_database(), 'role', current_user,
        'sqlRole', quote_ident(current_user), 'sqlDatabase', quote_ident(current_database()),
        'seesStatistics', pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
        'isReadOnly', pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
        'databaseBytes', \(isThorough ? "pg_database_size(current_database())" : "0"),
        'settings', (\(settings)),
        'checkpointsTimed', c.timed, 'checkpointsForced', c.forced,
        'walBytes', w.wal_bytes, 'walPageImages', w.wal_fpi,
        'vacuumsRunning', (
          SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'),
        'vacuumsDue', \(isThorough ? "(\(vacuumsDue))" : "0"),
        'prepared', (\(prepared)), 'snapshots', (\(snapshots)), 'slots', (\(slots)),
        'synchronousStandbys', (
          SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')),
        'extensions', \(isThorough ? "(\(extensions))" : "'[]'::jsonb"),
        'dataFolder', CASE
          WHEN inet_server_addr() IS DISTINCT FROM inet_client_addr() THEN NULL
          WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
            THEN current_setting('data_directory') END
      )::text AS facts
      FROM (\(counters)) AS c, pg_stat_wal AS w
      """
  }

  private static let settings = """
    SELECT jsonb_object_agg(name, jsonb_build_object(
      'value', setting, 'unit', unit, 'builtIn', boot_val, 'choices', enumvals,
      'isPending', pending_restart))
    FROM pg_settings
    WHERE pending_restart OR name IN (
      'autovacuum', 'autovacuum_max_workers', 'autovacuum_vacuum_cost_limit',
      'checkpoint_timeout', 'fsync', 'full_page_writes', 'idle_session_timeout',
      'maintenance_work_mem', 'max_wal_size', 'server_version', 'server_version_num',
      'shared_buffers', 'statement_timeout', 'synchronous_commit', 'synchronous_standby_names',
      'track_counts', 'transaction_timeout', 'wal_compression', 'work_mem')
    """

  /// Tables that autovacuum has reason to go to, by the settings of the server.
  private static let vacuumsDue = """
    SELECT count(*) FROM pg_class AS t
    WHERE t.relkind IN ('r', 'm') AND pg_stat_get_dead_tuples(t.oid)
      > current_setting('autovacuum_vacuum_threshold')::bigint
        + current_setting('autovacuum_vacuum_scale_factor')::float8 * greatest(t.reltuples, 0)
    """

  private static let prepared = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', p.gid, 'seconds', extract(epoch FROM clock_timestamp() - p.prepared),
      'sql', format('ROLLBACK PREPARED %L', p.gid)) ORDER BY p.prepared), '[]')
    FROM pg_prepared_xacts AS p WHERE p.database = current_database()
    """

  /// Sessions whose snapshot keeps dead rows of this database from being removed, the oldest first.
  private static let snapshots = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', format('%s (%s, %s)', s.pid, coalesce(nullif(s.application_name, ''), 'unnamed'), s.state),
      'seconds', s.seconds, 'sql', format('SELECT pg_terminate_backend(%s)', s.pid))), '[]')
    FROM (
      SELECT a.pid, a.application_name, a.state,
        extract(epoch FROM clock_timestamp() - a.xact_start) AS seconds
      FROM pg_stat_activity AS a
      WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
        AND a.datname = current_database()
        AND a.xact_start IS NOT NULL
        AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL
          OR a.state LIKE 'idle in transaction%')
      ORDER BY a.xact_start LIMIT 5) AS s
    """

  /// Slots that nobody reads from.
  private static let slots = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', s.slot_name,
      'bytes', greatest(0, pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
        s.restart_lsn)),
      'sql', format('SELECT pg_drop_replication_slot(%L)', s.slot_name)) ORDER BY s.slot_name), '[]')
    FROM pg_replication_slots AS s WHERE NOT s.active AND s.restart_lsn IS NOT NULL
    """

  private static let extensions = """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', x.extname, 'version', x.extversion, 'available', a.default_version,
      'sql', format('ALTER EXTENSION %I UPDATE', x.extname)) ORDER BY x.extname), '[]')
    FROM pg_extension AS x JOIN pg_available_extensions AS a ON a.name = x.extname
    WHERE a.default_version <> x.extversion
    """
}
