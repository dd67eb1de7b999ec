"""What one would write by hand, beside Sluice: psql scripts, pgloader, and polars with ADBC.

Each loads a CSV file into demo.sales of the database at hand (PGDATABASE).
"""

import json
import os
from pathlib import Path

from bench_common import COLUMNS, PYTHON, Run, run_process
from bench_transfer import MERGE, NEW_STAGING, STAGING, run_pgloader

__all__ = ["run_pgloader", "run_polars", "run_psql_copy", "run_psql_replace", "run_psql_upsert"]

POLARS = """
import json, sys, time
import adbc_driver_postgresql.dbapi as adbc
import polars
file, url, staging, before, merge, after = sys.argv[1:]
began = time.monotonic()
frame = polars.read_csv(
    file,
    schema_overrides={
        "store_id": polars.Int32, "sale_date": polars.Date, "quantity": polars.Int32,
        "unit_price": polars.Decimal(10, 2), "discount": polars.Decimal(5, 4),
    },
).with_columns(
    polars.col("sold_at").str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_zone="UTC", time_unit="us"),
    polars.col("paid").cast(polars.Boolean),
)
schema, table = staging.split(".")
with adbc.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute(before)
    cursor.adbc_ingest(table, frame, mode="append", db_schema_name=schema)
    cursor.execute(merge)
    cursor.execute(after)
    connection.commit()
print(json.dumps({"seconds": time.monotonic() - began}))
"""


def run_script(lines: list[str], work: Path) -> Run:
    script = work / "script.sql"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run_process(
        ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(script)], work / "psql.log"
    )


def copy(table: str, file: Path) -> str:
    return f"\\copy {table} FROM '{file}' WITH (FORMAT csv, HEADER true)"


def run_psql_upsert(file: Path, work: Path) -> Run:
    """\\copy into UNLOGGED staging, then INSERT … ON CONFLICT DO UPDATE of what is distinct."""
    return run_script([f"{NEW_STAGING};", copy(STAGING, file), f"{MERGE};", f"DROP TABLE {STAGING};"], work)


def run_psql_copy(file: Path, work: Path) -> Run:
    """\\copy into UNLOGGED staging, and nothing else."""
    return run_script([f"{NEW_STAGING};", copy(STAGING, file)], work)


def run_psql_replace(file: Path, work: Path) -> Run:
    """A new table, loaded before its indexes are built, in the place of the old one."""
    return run_script(
        [
            "CREATE TABLE demo.sales_new (LIKE demo.sales INCLUDING ALL EXCLUDING INDEXES);",
            copy("demo.sales_new", file),
            "ALTER TABLE demo.sales_new ADD PRIMARY KEY (serial_number);",
            "ALTER TABLE demo.sales_new ADD UNIQUE (item_code, store_id, sale_date);",
            "BEGIN;",
            "ALTER TABLE demo.sales RENAME TO sales_old;",
            "ALTER TABLE demo.sales_new RENAME TO sales;",
            "COMMIT;",
            "DROP TABLE demo.sales_old;",
        ],
        work,
    )


def run_polars(file: Path, work: Path) -> Run:
    """A frame in memory, over ADBC into UNLOGGED staging, and the same INSERT; its start is left out."""
    result = work / "polars.json"
    result.unlink(missing_ok=True)
    url = os.environ["SLUICE_TEST_DATABASE_URL"]
    arguments = [str(file), url, STAGING, NEW_STAGING, MERGE, f"DROP TABLE {STAGING}"]
    run = run_process([str(PYTHON), "-c", POLARS, *arguments], work / "polars.log", result)
    return run._replace(seconds=json.loads(result.read_text(encoding="utf-8"))["seconds"])
