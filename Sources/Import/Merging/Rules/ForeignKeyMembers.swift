/// What each query over foreign keys reads of one, as members of a JSON object; its row of `pg_constraint` is
/// `k`.
enum ForeignKeyMembers {
  /// `columns` and `referencedColumns` in the order of the key, and the `operators` that compare a referenced
  /// column with a referring one.
  static let columns = """
    'columns', (
        SELECT jsonb_agg(a.attname ORDER BY x.place)
        FROM unnest(k.conkey) WITH ORDINALITY AS x(number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.number),
      'referencedColumns', (
        SELECT jsonb_agg(a.attname ORDER BY x.place)
        FROM unnest(k.confkey) WITH ORDINALITY AS x(number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = x.number),
      'operators', (
        SELECT jsonb_agg(format('OPERATOR(%I.%s)', s.nspname, o.oprname) ORDER BY x.place)
        FROM unnest(k.conpfeqop) WITH ORDINALITY AS x(id, place)
        JOIN pg_operator AS o ON o.oid = x.id
        JOIN pg_namespace AS s ON s.oid = o.oprnamespace)
    """

  /// `name`, and the other table `r` of the schema `n`: `table` is its name alone, `source` the table as `FROM`
  /// takes it.
  static let other = """
    'name', k.conname, 'table', r.relname,
      'source', CASE WHEN r.relkind = 'p' THEN '' ELSE 'ONLY ' END
        || format('%I.%I', n.nspname, r.relname)
    """
}
