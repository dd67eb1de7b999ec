DROP TRIGGER imports_check_held ON sluice.imports;
DROP FUNCTION sluice.check_held();
DROP INDEX sluice.imports_running_target;
-- They would run side by side, which an earlier version does not know.
UPDATE sluice.imports SET status = 'queued', lease_id = NULL, lease_expires_at = NULL
 WHERE lease_id IS NOT NULL AND held_column <> '';
CREATE UNIQUE INDEX imports_running_target ON sluice.imports (target) WHERE lease_id IS NOT NULL;
ALTER TABLE sluice.imports
  DROP COLUMN held_column, DROP COLUMN held_value, DROP COLUMN scope_column, DROP COLUMN scope_value;
