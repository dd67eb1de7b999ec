-- What Validation asks when a value is in a form that no encoder knows.

-- SQL that makes `sluice.cast_statement(type_oid, type_modifier, as_binary)`: the statement that `try_cast` runs.
--
-- Where the type has a modifier, or a cast of its own from text, the texts go through
-- `json_to_recordset`, which calls the input function with the modifier; elsewhere a cast is just that,
-- and faster.
CREATE FUNCTION sluice.cast_statement(
  type_oid oid, type_modifier integer, as_binary boolean)
RETURNS text
LANGUAGE sql SECURITY INVOKER STABLE
AS $function$
WITH RECURSIVE chain AS (
  SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, $2 AS modifier
  FROM pg_catalog.pg_type AS t
  WHERE t.oid OPERATOR(pg_catalog.=) $1
  UNION ALL
  SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, c.typtypmod
  FROM chain AS c
  JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) c.typbasetype
  WHERE c.typtype OPERATOR(pg_catalog.=) 'd'
), given AS (
  SELECT t.typtype FROM pg_catalog.pg_type AS t WHERE t.oid OPERATOR(pg_catalog.=) $1
), parts AS (
  SELECT
    CASE WHEN given.typtype OPERATOR(pg_catalog.=) 'd' THEN pg_catalog.format_type($1, -1)
      ELSE pg_catalog.format_type($1, $2) END AS full_name,
    CASE WHEN NOT $3 THEN 'CASE WHEN v IS NULL THEN NULL::pg_catalog.bytea END'
      ELSE (
        SELECT pg_catalog.format('%I.%I(v::%s)', n.nspname, p.proname,
          pg_catalog.format_type(b.oid, -1))
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
        WHERE p.oid OPERATOR(pg_catalog.=) b.typsend)
    END AS sent,
    c.modifier OPERATOR(pg_catalog.=) -1 AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_cast AS k
      WHERE k.castsource OPERATOR(pg_catalog.=) 'pg_catalog.text'::pg_catalog.regtype
        AND k.casttarget OPERATOR(pg_catalog.=) b.oid) AS is_plain
  FROM chain AS c
  JOIN pg_catalog.pg_type AS b ON b.oid OPERATOR(pg_catalog.=) c.oid
  CROSS JOIN given
  WHERE c.typtype OPERATOR(pg_catalog.<>) 'd'
)
SELECT CASE WHEN parts.is_plain THEN pg_catalog.format(
  'SELECT pg_catalog.array_agg(%s ORDER BY i)
   FROM (SELECT item::%s AS v, i
         FROM pg_catalog.unnest($1) WITH ORDINALITY AS u(item, i) OFFSET 0) AS s',
  parts.sent, parts.full_name)
ELSE pg_catalog.format(
  'SELECT pg_catalog.array_agg(%s ORDER BY i)
   FROM ROWS FROM (pg_catalog.json_to_recordset((
     SELECT pg_catalog.json_agg(pg_catalog.json_build_object(''v'', item) ORDER BY i)
     FROM pg_catalog.unnest($1) WITH ORDINALITY AS u(item, i))) AS (v %s))
     WITH ORDINALITY AS s(v, i)',
  parts.sent, parts.full_name)
END
FROM parts
$function$;

-- SQL that makes `sluice.try_cast(type_oid, type_modifier, as_binary, items)`.
--
-- It converts texts as the type's input function does in COPY, the modifier included: a plain cast
-- would cut `varchar(3)` off without a word. It answers with a line for each text: its ordinal from 1,
-- and either the value in the type's binary form (NULL where `as_binary` is false) or the SQLSTATE, the
-- message and its detail. It tries all texts in one statement; where that fails, it halves them until
-- the bad ones are found, each try in a subtransaction, so that nothing of it reaches the server's log.
--
-- It runs with the caller's rights and the caller's `search_path`, like the COPY that it stands for;
-- its own names are all qualified. The type's name comes from the catalog, by OID. Failures that are
-- not the text's own (no memory, shutdown, a serialisation failure) are raised on.
CREATE FUNCTION sluice.try_cast(
  type_oid oid, type_modifier integer, as_binary boolean, items text[])
RETURNS TABLE (ordinal integer, value bytea, sqlstate text, message text, detail text)
LANGUAGE plpgsql SECURITY INVOKER VOLATILE
AS $function$
#variable_conflict use_column
DECLARE
  statement text := sluice.cast_statement($1, $2, $3);
  lows integer[] := ARRAY[1];
  highs integer[] := ARRAY[pg_catalog.cardinality($4)];
  low integer;
  high integer;
  middle integer;
  found bytea[];
  fault_state text;
  fault_message text;
  fault_detail text;
BEGIN
  WHILE pg_catalog.cardinality(lows) OPERATOR(pg_catalog.>) 0 LOOP
    low := lows[1];
    high := highs[1];
    lows := lows[2:];
    highs := highs[2:];
    CONTINUE WHEN high OPERATOR(pg_catalog.<) low;
    BEGIN
      EXECUTE statement INTO found USING $4[low:high];
      RETURN QUERY
        SELECT (low OPERATOR(pg_catalog.+) u.i::integer) OPERATOR(pg_catalog.-) 1, u.v,
          NULL::text, NULL::text, NULL::text
        FROM pg_catalog.unnest(found) WITH ORDINALITY AS u(v, i);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS fault_state = RETURNED_SQLSTATE,
        fault_message = MESSAGE_TEXT, fault_detail = PG_EXCEPTION_DETAIL;
      IF pg_catalog."left"(fault_state, 2) OPERATOR(pg_catalog.=)
        ANY (ARRAY['08', '25', '40', '53', '55', '57', '58'])
      THEN
        RAISE;
      END IF;
      IF low OPERATOR(pg_catalog.=) high THEN
        RETURN QUERY SELECT low, NULL::bytea, fault_state, fault_message, fault_detail;
      ELSE
        middle := (low OPERATOR(pg_catalog.+) high) OPERATOR(pg_catalog./) 2;
        lows := ARRAY[low, middle OPERATOR(pg_catalog.+) 1]
          OPERATOR(pg_catalog.||) lows;
        highs := ARRAY[middle, high] OPERATOR(pg_catalog.||) highs;
      END IF;
    END;
  END LOOP;
END
$function$;
