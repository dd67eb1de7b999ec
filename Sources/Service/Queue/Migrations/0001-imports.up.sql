-- Imports, their rejects, their ledger and their progress.

CREATE TABLE sluice.imports (
  id                uuid PRIMARY KEY,
  idempotency_key   text NOT NULL,
  fingerprint       text NOT NULL,
  status            text NOT NULL DEFAULT 'queued' CHECK (status IN (
                      'queued', 'parsing', 'validated', 'loading', 'finalizing',
                      'done', 'failed', 'cancelled', 'undone')),
  target            text NOT NULL,
  key_columns       text[] NOT NULL,
  options           jsonb NOT NULL,
  priority          smallint NOT NULL CHECK (priority BETWEEN 0 AND 2),
  spool_id          text NOT NULL,
  source_name       text NOT NULL,
  source_format     text NOT NULL,
  source_bytes      bigint NOT NULL,
  source_sha256     text NOT NULL,
  source_encoding   text NOT NULL,
  source_dialect    jsonb NOT NULL,
  -- The header as it stood, for the report of rejected rows.
  source_header     bytea NOT NULL,
  bytes_done        bigint NOT NULL DEFAULT 0,
  rows_total        bigint,
  rows_read         bigint NOT NULL DEFAULT 0,
  rows_ok           bigint NOT NULL DEFAULT 0,
  rows_bad          bigint NOT NULL DEFAULT 0,
  rows_skipped      bigint NOT NULL DEFAULT 0,
  rows_inserted     bigint NOT NULL DEFAULT 0,
  rows_updated      bigint NOT NULL DEFAULT 0,
  rows_unchanged    bigint NOT NULL DEFAULT 0,
  -- The states it went through, oldest first: [{"name", "at" (epoch, seconds)}].
  history           jsonb NOT NULL,
  attempt           integer NOT NULL DEFAULT 0,
  available_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_id          uuid,
  lease_expires_at  timestamptz,
  worker            text,
  cancel_requested  boolean NOT NULL DEFAULT false,
  error             jsonb,
  created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at        timestamptz,
  finished_at       timestamptz,
  -- Whoever holds a lease runs, and nobody else.
  CHECK ((lease_id IS NOT NULL) = (status IN ('parsing', 'validated', 'loading', 'finalizing'))),
  CHECK ((lease_id IS NULL) = (lease_expires_at IS NULL)),
  CHECK ((finished_at IS NOT NULL) = (status IN ('done', 'failed', 'cancelled', 'undone'))),
  -- Invariant 6: rows are conserved.
  CHECK (status <> 'done' OR rows_read
    = rows_bad + rows_skipped + rows_inserted + rows_updated + rows_unchanged)
);

-- A key names one import; a failed or cancelled one frees it.
CREATE UNIQUE INDEX imports_idempotency_key ON sluice.imports (idempotency_key)
  WHERE status NOT IN ('failed', 'cancelled');
-- One running import a target; the others wait their turn.
CREATE UNIQUE INDEX imports_running_target ON sluice.imports (target) WHERE lease_id IS NOT NULL;
-- What a worker may claim.
CREATE INDEX imports_queue ON sluice.imports (priority, id) WHERE status = 'queued';
CREATE INDEX imports_lease ON sluice.imports (lease_expires_at) WHERE lease_id IS NOT NULL;
-- Lists, newest first.
CREATE INDEX imports_by_status ON sluice.imports (status, id DESC);
CREATE INDEX imports_by_target ON sluice.imports (target, id DESC);
-- Retention.
CREATE INDEX imports_finished ON sluice.imports (finished_at) WHERE finished_at IS NOT NULL;

-- The ledger: one entry a chunk, written in the transaction that stages the chunk (invariants 2, 3).
-- First and last are both meant to belong to the chunk; bytes count from 0, rows and lines from 1.
CREATE UNLOGGED TABLE sluice.chunks (
  import_id     uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  chunk         bigint NOT NULL,
  first_byte    bigint NOT NULL,
  last_byte     bigint NOT NULL,
  first_row     bigint NOT NULL,
  last_row      bigint NOT NULL,
  first_line    bigint NOT NULL,
  last_line     bigint NOT NULL,
  rows_ok       bigint NOT NULL,
  rows_bad      bigint NOT NULL,
  attempt       integer NOT NULL,
  committed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (import_id, chunk)
);

CREATE TABLE sluice.rejects (
  import_id   uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  row         bigint NOT NULL,
  ordinal     integer NOT NULL,
  line        bigint NOT NULL,
  column_name text,
  code        text NOT NULL,
  message     text NOT NULL,
  value       text,
  -- The row as it stood; on the first fault of a row only.
  raw         bytea,
  PRIMARY KEY (import_id, row, ordinal)
);

-- The counters of running imports. Unlogged: they are written four times a second, and a crash ends
-- what they tell of.
CREATE UNLOGGED TABLE sluice.progress (
  import_id       uuid PRIMARY KEY REFERENCES sluice.imports ON DELETE CASCADE,
  lease_id        uuid NOT NULL,
  bytes_done      bigint NOT NULL,
  rows_read       bigint NOT NULL,
  rows_ok         bigint NOT NULL,
  rows_bad        bigint NOT NULL,
  rows_skipped    bigint NOT NULL,
  rows_inserted   bigint NOT NULL,
  rows_updated    bigint NOT NULL,
  rows_unchanged  bigint NOT NULL,
  -- Rows a second of the stage at hand, smoothed.
  rows_per_second double precision NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
