-- How a file is read, beyond its dialect: what it is wrapped in, what is in doubt, how values are written.

ALTER TABLE sluice.imports ADD COLUMN source_reading jsonb NOT NULL
  DEFAULT '{"containers": [], "sure": true, "notes": [], "values": {}}'
  CHECK (jsonb_typeof(source_reading) = 'object');
