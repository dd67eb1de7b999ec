"""`sluice doctor`: what is wrong with a server is found, and gone once its SQL was run."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import House, HouseMaker
from database import Database
from program import ROOT, eventually
from test_command import run

Report = dict[str, Any]
RELOAD = "SELECT pg_reload_conf()"
SALES = (
    b"serial_number,item_code,store_id,sale_date,quantity,unit_price,paid\n1,A,1,2026-01-01,1,1.00,true\n"
)


def doctor(database: Database, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run("doctor", *options, SLUICE_DATABASE_URL=database.url, SLUICE_DATA_DIR=str(folder))


def report(database: Database, folder: Path, *options: str) -> Report:
    done = doctor(database, folder, "--json", *options)
    found: Report = json.loads(done.stdout)
    assert done.returncode == (1 if found["serious"] else 0), done.stderr
    return found


def findings(found: Report, code: str) -> list[dict[str, Any]]:
    return [one for section in found["sections"] for one in section["findings"] if one["code"] == code]


def run_sql(database: Database, sql: str) -> None:
    """As psql does: one statement after the other."""
    for line in sql.splitlines():
        assert line.endswith(";"), sql
        database.execute(line)


def shell(folder: Path, script: str) -> None:
    """Runs functions of scripts/postgres.sh; the address of the server stays beside its folder."""
    lines = f'source scripts/lib.sh; source scripts/postgres.sh; {script}; printf "%s" "$SLUICE_TEST_DATABASE_URL"'
    with open(folder.with_suffix(".url"), "wb") as url:
        subprocess.run(["bash", "-c", lines, "bash", str(folder)], cwd=ROOT, stdout=url, check=True, timeout=120)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of a server of its own, whose settings a test may spoil."""
    base = tmp_path_factory.mktemp("cluster")
    # Postgres does not run as root, and has to come to its folder.
    base.chmod(0o711)
    base.parent.chmod(0o711)
    folder = base / "pg"
    shell(folder, 'postgres_start "$1" max_connections=30 max_prepared_transactions=2 shared_buffers=16MB')
    database = Database(folder.with_suffix(".url").read_text())
    try:
        yield database
    finally:
        database.close()
        shell(folder, 'POSTGRES_FOLDER="$1"; postgres_stop')


# What is wrong, and how it comes about.
AILMENTS: dict[str, list[str]] = {
    "fsync_off": ["ALTER SYSTEM SET fsync = off", RELOAD],
    "full_page_writes_off": ["ALTER SYSTEM SET full_page_writes = off", RELOAD],
    "synchronous_commit_off": ["ALTER SYSTEM SET synchronous_commit = off", RELOAD],
    "autovacuum_off": ["ALTER SYSTEM SET autovacuum = off", RELOAD],
    "checkpoints_forced": ["SELECT pg_stat_reset_shared('bgwriter')", *["CHECKPOINT"] * 12],
    "synchronous_standby_missing": [
        "SET synchronous_commit = local",
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
        RELOAD,
    ],
    "idle_session_timeout": ["ALTER DATABASE postgres SET idle_session_timeout = '10min'"],
    "statement_timeout": ["ALTER ROLE postgres SET statement_timeout = '10min'"],
}


@pytest.mark.parametrize("code", AILMENTS)
def test_a_bad_setting_is_found_and_mended_by_its_sql(spoilt: Database, tmp_path: Path, code: str) -> None:
    assert not findings(report(spoilt, tmp_path), code)
    for statement in AILMENTS[code]:
        spoilt.execute(statement)
    found = eventually(f"{code} is found", lambda: findings(report(spoilt, tmp_path), code), every=0.2)
    assert len(found) == 1 and found[0]["message"]

    run_sql(spoilt, found[0]["sql"])

    eventually(f"{code} is gone", lambda: not findings(report(spoilt, tmp_path), code), every=0.2)


def test_a_change_that_waits_for_a_restart_is_told(spoilt: Database, tmp_path: Path) -> None:
    spoilt.execute("ALTER SYSTEM SET max_locks_per_transaction = 65")
    spoilt.execute(RELOAD)

    found = eventually("it is pending", lambda: findings(report(spoilt, tmp_path), "restart_pending"), every=0.2)

    assert found[0]["severity"] == "note" and "max_locks_per_transaction" in found[0]["message"]
    spoilt.execute("ALTER SYSTEM RESET max_locks_per_transaction")
    spoilt.execute(RELOAD)


def test_the_exit_code_tells_whether_somebody_should_get_up(spoilt: Database, tmp_path: Path) -> None:
    assert report(spoilt, tmp_path)["serious"] == 0
    spoilt.execute("CREATE TABLE nowhere (id int PRIMARY KEY) PARTITION BY RANGE (id)")

    done = doctor(spoilt, tmp_path)

    assert done.returncode == 1
    assert done.stdout.startswith("1 serious") and "  SERIOUS: no_partitions\n" in done.stdout
    run_sql(spoilt, findings(report(spoilt, tmp_path), "no_partitions")[0]["sql"])
    assert doctor(spoilt, tmp_path).returncode == 0
    spoilt.execute("DROP TABLE nowhere")


def test_a_database_that_takes_no_writes_takes_no_imports(house: House, tmp_path: Path) -> None:
    name = house.database.value("SELECT quote_ident(current_database())")
    house.database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    assert findings(report(house.database, tmp_path), "read_only")[0]["severity"] == "serious"
    refused = doctor(house.database, tmp_path, "--target", "demo.sales")

    assert refused.returncode == 1 and "the database of demo.sales takes no writes now" in refused.stderr


def test_the_text_says_what_to_type(house: House) -> None:
    house.database.execute('CREATE UNLOGGED TABLE demo."Odd ""Name""" (id int PRIMARY KEY)')

    text = doctor(house.database, house.folder / "data", "--target", 'demo."Odd ""Name"""').stdout

    head = 'TARGET  demo."Odd ""Name""": table, 0 rows in 0 bytes, takes upsert, insert, append, replace'
    assert f"\n{head}\n  WARNING: unlogged_target\n" in text
    assert '\n      ALTER TABLE demo."Odd ""Name""" SET LOGGED;\n' in text
    assert "\nSCHEMA  version " in text and "\nSPOOL  " in text


def test_a_database_that_cannot_be_reached_is_serious_and_the_spool_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o755)

    done = run("doctor", "--json", SLUICE_DATABASE_URL="host=/nowhere dbname=x", SLUICE_DATA_DIR=str(tmp_path))

    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert findings(found, "database_unreachable")[0]["severity"] == "serious"
    assert findings(found, "spool_open")[0]["severity"] == "warning"
    assert [section["name"] for section in found["sections"]] == ["database", "spool"]


def test_a_spool_without_the_file_of_an_import_is_another_spool(make_house: HouseMaker, tmp_path: Path) -> None:
    house = make_house("--no-worker")
    house.api.submit(SALES)

    assert not findings(report(house.database, house.folder / "data"), "spool_files_missing")
    assert findings(report(house.database, tmp_path), "spool_missing")[0]["severity"] == "serious"
    (tmp_path / "spool").mkdir(mode=0o700)
    found = findings(report(house.database, tmp_path), "spool_files_missing")
    assert found[0]["severity"] == "serious" and found[0]["message"].startswith("1 file of imports")


def test_a_target_that_is_not_there_is_told(house: House) -> None:
    done = doctor(house.database, house.folder / "data", "--target", "demo.nothing")

    assert done.returncode == 1 and "there is no table demo.nothing" in done.stderr
