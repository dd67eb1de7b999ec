ALTER TABLE sluice.imports DROP COLUMN source_reading;
