ALTER TABLE sluice.chunks
  DROP COLUMN rows_skipped, DROP COLUMN readies_batches, DROP COLUMN first_key, DROP COLUMN last_key;
DROP TABLE sluice.batches;
DROP TABLE sluice.diff_rows;
DROP TABLE sluice.undo_left;
-- The tables of images go with the schema's version: nobody could use them any more.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'sluice'::regnamespace
    AND c.relkind = 'r' AND c.relname ~ '^undo_[0-9a-f]{32}_' LOOP
    EXECUTE format('DROP TABLE sluice.%I', name);
  END LOOP;
END $$;
DROP TABLE sluice.undo;
ALTER TABLE sluice.progress DROP COLUMN profile;
DROP INDEX sluice.imports_undo;
UPDATE sluice.imports SET lease_id = NULL, lease_expires_at = NULL
 WHERE lease_id IS NOT NULL AND status NOT IN ('parsing', 'validated', 'loading', 'finalizing');
ALTER TABLE sluice.imports DROP CONSTRAINT imports_lease_check;
ALTER TABLE sluice.imports ADD CONSTRAINT imports_check CHECK (
  (lease_id IS NOT NULL) = (status IN ('parsing', 'validated', 'loading', 'finalizing')));
ALTER TABLE sluice.imports
  DROP COLUMN plan, DROP COLUMN profile, DROP COLUMN warnings, DROP COLUMN diff,
  DROP COLUMN commit_requested, DROP COLUMN commit_until, DROP COLUMN undo_requested,
  DROP COLUMN undo_attempt, DROP COLUMN batches, DROP COLUMN attempts_excused;
