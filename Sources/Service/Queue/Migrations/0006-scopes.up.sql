-- Scopes: imports of one target that keep to different values of one column may run side by side.

ALTER TABLE sluice.imports
  -- A column of the target, and the value that all rows of the file have in it, as Postgres writes it.
  ADD COLUMN scope_column text,
  ADD COLUMN scope_value  text,
  ADD CHECK ((scope_column IS NULL) = (scope_value IS NULL));
-- What it has for itself while it runs; '' is all of the target. Whoever takes an import back has all of it.
ALTER TABLE sluice.imports
  ADD COLUMN held_column text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN undo_requested THEN '' ELSE coalesce(scope_column, '') END) STORED,
  ADD COLUMN held_value  text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN undo_requested THEN '' ELSE coalesce(scope_value, '') END) STORED;

-- One running import a target, or one a value of the same column; the others wait their turn.
DROP INDEX sluice.imports_running_target;
CREATE UNIQUE INDEX imports_running_target ON sluice.imports (target, held_column, held_value)
  WHERE lease_id IS NOT NULL;

-- What a unique index cannot say: those that run have the same column. Claims of one target come one after
-- the other, so each sees what the one before it has taken.
CREATE FUNCTION sluice.check_held() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(20930, pg_catalog.hashtext(NEW.target));
  IF EXISTS (SELECT FROM sluice.imports r
              WHERE r.target = NEW.target AND r.lease_id IS NOT NULL AND r.id <> NEW.id
                AND r.held_column <> NEW.held_column) THEN
    RAISE unique_violation USING
      MESSAGE = 'another import into ' || NEW.target || ' runs', CONSTRAINT = 'imports_running_target';
  END IF;
  RETURN NULL;
END
$function$;
CREATE TRIGGER imports_check_held AFTER UPDATE OF lease_id ON sluice.imports
  FOR EACH ROW WHEN (NEW.lease_id IS NOT NULL) EXECUTE FUNCTION sluice.check_held();
