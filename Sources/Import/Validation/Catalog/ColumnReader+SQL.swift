extension ColumnReader {
  /// One row a column. `chain` walks from the column's type down to the type below all domains; `parts`
  /// walks on into what that type consists of, since an array or a range is only as binary as its elements.
  ///
  /// The parameter stands in a SELECT of its own: for the planner, no list is shorter than another then, and the plan
  /// that a session has made serves for all. To make one takes longer than to carry it out.
  static let columnSQL = """
    WITH RECURSIVE columns AS (
      SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
        a.attidentity, a.attgenerated
      FROM pg_attribute AS a
      WHERE a.attrelid = ANY ((SELECT $1::bigint[]::oid[])::oid[])
        AND a.attnum > 0 AND NOT a.attisdropped
    ), chain AS (
      SELECT DISTINCT c.atttypid AS root, t.oid, t.typtype, t.typbasetype,
        NULL::integer AS modifier, t.typtypmod, t.typnotnull AS not_null,
        EXISTS (
          SELECT FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c') AS has_checks
      FROM columns AS c
      JOIN pg_type AS t ON t.oid = c.atttypid
      UNION ALL
      SELECT c.root, t.oid, t.typtype, t.typbasetype, c.typtypmod, t.typtypmod,
        c.not_null OR t.typnotnull,
        c.has_checks OR EXISTS (
          SELECT FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c')
      FROM chain AS c
      JOIN pg_type AS t ON t.oid = c.typbasetype
      WHERE c.typtype = 'd'
    ), parts AS (
      SELECT root, oid FROM chain WHERE typtype <> 'd'
      UNION
      SELECT p.root, component.oid
      FROM parts AS p
      JOIN pg_type AS t ON t.oid = p.oid
      CROSS JOIN LATERAL (
        SELECT t.typelem WHERE t.typelem <> 0 AND t.typlen = -1
        UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE r.rngmultitypid = t.oid
        UNION ALL SELECT f.atttypid FROM pg_attribute AS f
          WHERE f.attrelid = t.typrelid AND t.typrelid <> 0 AND f.attnum > 0
            AND NOT f.attisdropped
      ) AS component(oid)
    ), binary_gaps AS (
      SELECT DISTINCT p.root
      FROM parts AS p
      JOIN pg_type AS t ON t.oid = p.oid
      WHERE t.typreceive = 0 OR t.typsend = 0
        -- `refcursor` is sent by the function of `text`, which takes no `refcursor` when it is called.
        OR t.typtype = 'b' AND EXISTS (
          SELECT FROM pg_proc AS f
          JOIN pg_type AS argument ON argument.oid = f.proargtypes[0]
          WHERE f.oid = t.typsend AND argument.oid <> t.oid AND argument.typtype <> 'p')
    ), element AS (
      -- What the type's printed name is made of: an array is named after its elements.
      SELECT t.oid, n.nspname, pg_type_is_visible(e.oid) AS is_visible
      FROM pg_type AS t
      JOIN pg_type AS e
        ON e.oid = CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A'
          THEN t.typelem ELSE t.oid END
      JOIN pg_namespace AS n ON n.oid = e.typnamespace
      WHERE t.oid IN (SELECT atttypid FROM columns)
    )
    SELECT c.attrelid::bigint AS attrelid, c.attnum, c.attname, c.atttypid::bigint AS atttypid,
      CASE WHEN e.is_visible AND e.nspname <> 'pg_catalog'
        THEN quote_ident(e.nspname) || '.' || format_type(c.atttypid, c.atttypmod)
        ELSE format_type(c.atttypid, c.atttypmod) END AS sql_name,
      b.oid::bigint AS base_oid, coalesce(b.modifier, c.atttypmod) AS base_modifier,
      c.attnotnull OR b.not_null AS is_required,
      b.has_checks,
      b.root IN (SELECT root FROM binary_gaps) AS lacks_binary,
      EXISTS (
        SELECT FROM pg_type AS t
        JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid
          AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
        JOIN pg_extension AS x ON x.oid = d.refobjid
        WHERE t.oid = b.oid AND t.typname = 'citext' AND x.extname = 'citext') AS is_citext,
      -- A default names no column: without the table, whose lock would be waited for.
      CASE WHEN c.attgenerated = '' THEN coalesce(
        pg_get_expr(def.adbin, 0), t.typdefault) END AS default_expression,
      c.attidentity,
      -- Columns that a view computes are no less out of reach, unless its trigger takes the rows.
      c.attgenerated <> '' OR v.oid IS NOT NULL AND NOT pg_column_is_updatable(v.oid, c.attnum, false)
        AS is_generated
    FROM columns AS c
    JOIN pg_type AS t ON t.oid = c.atttypid
    JOIN element AS e ON e.oid = c.atttypid
    JOIN chain AS b ON b.root = c.atttypid AND b.typtype <> 'd'
    LEFT JOIN pg_class AS v ON v.oid = c.attrelid AND v.relkind = 'v' AND NOT EXISTS (
      -- INSTEAD OF INSERT, by the bits of `tgtype`.
      SELECT FROM pg_trigger AS g WHERE g.tgrelid = v.oid AND g.tgtype & 68 = 68)
    LEFT JOIN pg_attrdef AS def ON def.adrelid = c.attrelid AND def.adnum = c.attnum
    ORDER BY c.attrelid, c.attnum
    """

  /// One row a label of each enum below the columns' types, and one without a label for an enum that has
  /// none.
  static let enumSQL = """
    WITH RECURSIVE chain AS (
      SELECT t.oid, t.typtype, t.typbasetype
      FROM pg_type AS t
      WHERE t.oid IN (
        SELECT a.atttypid FROM pg_attribute AS a
        WHERE a.attrelid = ANY ($1::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped)
      UNION
      SELECT t.oid, t.typtype, t.typbasetype
      FROM chain AS c
      JOIN pg_type AS t ON t.oid = c.typbasetype
      WHERE c.typtype = 'd'
    )
    SELECT c.oid::bigint AS oid, e.enumlabel
    FROM chain AS c
    LEFT JOIN pg_enum AS e ON e.enumtypid = c.oid
    WHERE c.typtype = 'e'
    ORDER BY c.oid, e.enumsortorder
    """
}
