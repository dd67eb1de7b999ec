-- What a merge leaves beside its rows: the plan, the profile, warnings, images to undo it, the diff of a
-- dry run, the batches that are in.

ALTER TABLE sluice.imports
  -- How the rows were merged, and why so: ImportModel.MergePlanReport.
  ADD COLUMN plan             jsonb,
  -- Seconds and rows of each step, of all attempts: ImportModel.ImportProfile.
  ADD COLUMN profile          jsonb,
  -- What the database's administrator should look at: [ImportModel.ImportWarning].
  ADD COLUMN warnings         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(warnings) = 'array'),
  -- Counts of a dry run: ImportModel.ImportDiff.
  ADD COLUMN diff             jsonb,
  -- The batches that are in: ImportModel.BatchReport.
  ADD COLUMN batches          jsonb,
  -- Attempts that need not be held against it, as a batch got in since.
  ADD COLUMN attempts_excused integer NOT NULL DEFAULT 0,
  -- Until when a finished dry run can be carried out; none where there is nothing to carry out.
  ADD COLUMN commit_until     timestamptz,
  -- A finished dry run that is to be carried out.
  ADD COLUMN commit_requested boolean NOT NULL DEFAULT false,
  -- A finished import that is to be taken back.
  ADD COLUMN undo_requested   boolean NOT NULL DEFAULT false,
  -- How often a worker has begun to take it back, since it was asked for.
  ADD COLUMN undo_attempt     integer NOT NULL DEFAULT 0;

-- The same while it runs.
ALTER TABLE sluice.progress ADD COLUMN profile jsonb;
-- Rows that were staged and left out again, because another row of the file stands for them.
ALTER TABLE sluice.chunks ADD COLUMN rows_skipped bigint NOT NULL DEFAULT 0,
  -- The entry behind which staging is as batches take it: in the order of the file, each key once, without rows
  -- that break rules or that are in already.
  ADD COLUMN readies_batches boolean NOT NULL DEFAULT false,
  -- The bytes of the first and the last row's key, where those of the rows between them ascend.
  ADD COLUMN first_key       bytea,
  ADD COLUMN last_key        bytea;

-- Whoever holds a lease runs, and nobody else: also whoever takes a finished import back.
ALTER TABLE sluice.imports DROP CONSTRAINT imports_check;
ALTER TABLE sluice.imports ADD CONSTRAINT imports_lease_check CHECK (
  CASE WHEN status IN ('parsing', 'validated', 'loading', 'finalizing') THEN lease_id IS NOT NULL
       WHEN undo_requested AND status IN ('done', 'failed', 'cancelled') THEN true
       ELSE lease_id IS NULL END);
-- What is to be taken back, for those who claim.
CREATE INDEX imports_undo ON sluice.imports (priority, id)
  WHERE undo_requested AND status IN ('done', 'failed', 'cancelled');

-- One for each import that can be taken back, written in the transaction that merges it.
CREATE TABLE sluice.undo (
  import_id       uuid PRIMARY KEY REFERENCES sluice.imports ON DELETE CASCADE,
  -- `rows`: images in the tables sluice.undo_<id>_inserted and sluice.undo_<id>_updated.
  -- `table`: the table as it was before it was replaced.
  kind            text NOT NULL CHECK (kind IN ('rows', 'table')),
  target_oid      oid NOT NULL,
  -- Columns by which rows are found again; empty where only what is in them tells.
  key_columns     text[] NOT NULL,
  -- Columns that the digests are over, in their order.
  digest_columns  text[] NOT NULL,
  -- Columns that updated rows get back.
  image_columns   text[] NOT NULL,
  -- Only with `table`: the old table, and the digest over all rows of the new one.
  old_table_oid   oid,
  digest          numeric,
  -- How the table was built: Merging.TableModel.
  structure       jsonb,
  rows_inserted   bigint NOT NULL DEFAULT 0,
  rows_updated    bigint NOT NULL DEFAULT 0,
  expires_at      timestamptz NOT NULL,
  -- What came of it.
  deleted         bigint,
  restored        bigint,
  left_rows       bigint,
  -- Why it cannot be, as far as is known: {"code", "message", "hint"}.
  error           jsonb,
  CHECK ((kind = 'table') = (old_table_oid IS NOT NULL))
);
CREATE INDEX undo_expires ON sluice.undo (expires_at);

-- Rows that an undo has left as they are, the first of them.
CREATE TABLE sluice.undo_left (
  import_id  uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  ordinal    bigint NOT NULL,
  -- The row's key: {column: value as text}.
  key        jsonb NOT NULL,
  reason     text NOT NULL CHECK (reason IN ('changed', 'gone', 'referenced', 'refused')),
  message    text NOT NULL,
  PRIMARY KEY (import_id, ordinal)
);

-- Samples of what a dry run would do.
CREATE TABLE sluice.diff_rows (
  import_id  uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  kind       text NOT NULL CHECK (kind IN ('inserted', 'updated', 'deleted')),
  ordinal    bigint NOT NULL,
  -- The row of the file; none of a row that would go.
  row        bigint,
  -- Values of the file's columns; their texts are kept as Postgres writes them.
  before     json,
  after      json,
  -- The columns that differ.
  changed    text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (import_id, kind, ordinal)
);

-- The batches of `commit=batched` that are in, each written in the transaction of its rows. Logged, unlike
-- the ledger of chunks: what is in stays in.
CREATE TABLE sluice.batches (
  import_id       uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  batch           bigint NOT NULL,
  -- Rows of the file. The last batch has none of its own where it settles rows that have waited.
  first_row       bigint NOT NULL,
  last_row        bigint NOT NULL,
  -- Rows that only the writing has refused.
  rows_bad        bigint NOT NULL,
  rows_inserted   bigint NOT NULL,
  rows_updated    bigint NOT NULL,
  rows_unchanged  bigint NOT NULL,
  -- All rows up to last_row that wait for others behind this batch.
  waiting         bigint[] NOT NULL DEFAULT '{}',
  -- As far as its commit.
  seconds         double precision NOT NULL,
  committed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (import_id, batch)
);
