DROP FUNCTION sluice.try_cast(oid, integer, boolean, text[]);
DROP FUNCTION sluice.cast_statement(oid, integer, boolean);
