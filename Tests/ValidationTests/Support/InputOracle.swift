import Postgres

@testable import Validation

/// What Postgres makes of a text that is put into a column of a type: neither a cast nor our own function,
/// but an INSERT of a literal, so that input function, modifier and domain do their work.
struct InputOracle {
  /// The value as text again, or why there is none.
  enum Answer: Equatable {
    case value(String?)
    case refused(sqlState: String, message: String)
  }

  let bench: ValidationBench

  func answers(to texts: [String], as type: String) async throws -> [Answer] {
    try await bench.execute(Self.functionSQL(type))
    let result = try await bench.connection.query(
      "SELECT i, v, state, message FROM pg_temp.ask($1::text[]) ORDER BY i",
      [.textArray(texts)])
    return try result.rows.map { row in
      if let state = row["state"] {
        return .refused(sqlState: state, message: try row.string("message"))
      }
      return .value(row["v"])
    }
  }

  private static func functionSQL(_ type: String) -> String {
    """
    DROP TABLE IF EXISTS pg_temp.oracle;
    CREATE TEMP TABLE oracle (id integer, v \(type));
    CREATE OR REPLACE FUNCTION pg_temp.ask(texts text[])
    RETURNS TABLE (i integer, v text, state text, message text) LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE k integer; s text; m text;
    BEGIN
      FOR k IN 1..cardinality(texts) LOOP
        BEGIN
          EXECUTE format('INSERT INTO pg_temp.oracle VALUES (%s, %L)', k, texts[k]);
          RETURN QUERY SELECT id, o.v::text, NULL::text, NULL::text
            FROM pg_temp.oracle AS o WHERE id = k;
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS s = RETURNED_SQLSTATE, m = MESSAGE_TEXT;
          RETURN QUERY SELECT k, NULL::text, s, m;
        END;
      END LOOP;
    END $$;
    """
  }
}
