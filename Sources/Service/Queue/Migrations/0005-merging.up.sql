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
  -- A finished dry run that is to be carried out.
  ADD COLUMN commit_requested boolean NOT NULL DEFAULT false,
  -- A finished import that is to be taken back.
  ADD COLUMN undo_requested   boolean NOT NULL DEFAULT false,
  -- How often a worker has begun to take it back, since it was asked for.
  ADD COLUMN undo_attempt     integer NOT NULL DEFAULT 0;

-- The same while it runs.
ALTER TABLE sluice.progress ADD COLUMN profile jsonb;

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
  before     jsonb,
  after      jsonb,
  PRIMARY KEY (import_id, kind, ordinal)
);

-- The batches of `commit=batched` that are in, each written in the transaction of its rows.
CREATE TABLE sluice.batches (
  import_id       uuid NOT NULL REFERENCES sluice.imports ON DELETE CASCADE,
  batch           bigint NOT NULL,
  -- Rows of the file.
  first_row       bigint NOT NULL,
  last_row        bigint NOT NULL,
  rows_bad        bigint NOT NULL,
  rows_inserted   bigint NOT NULL,
  rows_updated    bigint NOT NULL,
  rows_unchanged  bigint NOT NULL,
  seconds         double precision NOT NULL,
  committed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (import_id, batch)
);
