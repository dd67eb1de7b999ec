-- How far rejects are listed, and saved options.

-- One for each report, written in the transaction that writes its rejects.
CREATE TABLE sluice.reject_lists (
  import_id     uuid PRIMARY KEY REFERENCES sluice.imports ON DELETE CASCADE,
  -- What the report has room for, fixed when the import begins.
  row_limit     bigint NOT NULL DEFAULT 100000,
  byte_limit    bigint NOT NULL DEFAULT 268435456,
  rows_listed   bigint NOT NULL DEFAULT 0,
  bytes_listed  bigint NOT NULL DEFAULT 0,
  -- Rows that are counted only.
  rows_omitted  bigint NOT NULL DEFAULT 0
);

INSERT INTO sluice.reject_lists (import_id, rows_listed, bytes_listed)
SELECT import_id, count(DISTINCT row),
       sum(octet_length(message) + coalesce(octet_length(value), 0) + coalesce(octet_length(raw), 0))
  FROM sluice.rejects GROUP BY import_id;

CREATE TABLE sluice.templates (
  name        text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
  options     jsonb NOT NULL CHECK (jsonb_typeof(options) = 'object'),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
