"""An import by batches: workers and Postgres die in the middle of it, and the next one goes on behind the last batch."""

import csv
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from api import check_problem
from conftest import House, HouseMaker
from program import BINARY, Program, clean_environment, eventually
from test_kill import nobody_works

ROWS = int(os.environ.get("SLUICE_BATCH_ROWS", "100000"))

# Small ones, so that there is a middle.
SETTINGS = {"SLUICE_LEASE_SECONDS": "4", "SLUICE_BATCH_SECONDS": "0.3", "SLUICE_BATCH_DUTY": "1"}


def worker_of(house: House, number: int) -> Program:
    return Program(["worker"], house.settings() | SETTINGS, house.folder / f"worker{number}.log")


def ledger(house: House, task_id: str) -> list[tuple]:
    return house.database.rows(
        "SELECT batch, first_row, last_row, rows_bad, rows_inserted, rows_updated, rows_unchanged, committed_at"
        " FROM sluice.batches WHERE import_id = %s ORDER BY batch",
        task_id,
    )


def wait_for_batches(house: House, task_id: str, count: int) -> None:
    end = time.monotonic() + 120
    while len(ledger(house, task_id)) < count:
        found = house.api.object(task_id)
        assert found["status"] in ("queued", "parsing", "validated", "loading"), found
        assert time.monotonic() < end, found
        time.sleep(0.01)


def check_rows(house: House, found: dict[str, Any], bad: Path, good: Path) -> None:
    """The right rows, each reject once, and a ledger that says the same."""
    with open(bad.with_suffix(".rejects.csv"), encoding="utf-8", newline="") as text:
        expected = sorted((int(row["row"]), row["column"], row["code"]) for row in csv.DictReader(text))
    report = house.api.error_report(found["task_id"])
    assert sorted((int(row["row"]), row["column"], row["code"]) for row in report) == expected
    bad_rows = {row for row, _, _ in expected}
    assert found["rows_bad"] == len(bad_rows)
    assert found["rows_read"] == ROWS and found["rows_inserted"] == ROWS - len(bad_rows), found
    database = house.database
    database.copy_by_script(good)
    database.connection.execute(
        b"DELETE FROM demo.sales_by_script WHERE serial_number - 10000000 = ANY (%s)", [sorted(bad_rows)]
    )
    assert database.differences("demo.sales", "demo.sales_by_script") == 0
    assert database.staging_tables() == []
    entries = ledger(house, found["task_id"])
    assert sum(entry[4] for entry in entries) == found["rows_inserted"]
    assert found["batches"]["count"] == len(entries)


def test_a_killed_worker_is_continued_behind_its_last_batch(make_house: HouseMaker, generated: Any) -> None:
    bad, good = generated(f"sales-{ROWS}-bad"), generated(f"sales-{ROWS}")
    house = make_house("--no-worker", **SETTINGS)
    first, second = worker_of(house, 1), worker_of(house, 2)
    try:
        first.start()
        task_id = house.api.submit(bad, commit="batched")
        wait_for_batches(house, task_id, 3)
        first.kill()
        eventually("Postgres is done with the dead worker", lambda: nobody_works(house))
        kept = ledger(house, task_id)
        assert kept[-1][2] < ROWS, "too late to kill"
        inserted = sum(entry[4] for entry in kept)
        assert house.database.value("SELECT count(*) FROM demo.sales") == inserted
        found = house.api.object(task_id)
        assert found["rows_inserted"] >= inserted and found["batches"]["count"] == len(kept)

        second.start()
        found = house.api.wait(task_id, seconds=300)
        assert found["attempt"] == 2 and found["commit"] == "batched"
        assert ledger(house, task_id)[: len(kept)] == kept
        check_rows(house, found, bad, good)
        second.stop()
    finally:
        first.discard()
        second.discard()


def test_a_crash_of_postgres_loses_no_batch_and_repeats_none(make_house: HouseMaker, generated: Any) -> None:
    bad, good = generated(f"sales-{ROWS}-bad"), generated(f"sales-{ROWS}")
    house = make_house("--no-worker", **SETTINGS)
    worker = worker_of(house, 1)
    try:
        worker.start()
        task_id = house.api.submit(bad, commit="batched")
        wait_for_batches(house, task_id, 3)
        backend = house.database.value(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sluice import%'"
            " AND datname = current_database()"
        )
        # A session that dies takes all others along, and what is UNLOGGED is empty afterwards.
        os.kill(int(str(backend)), signal.SIGKILL)
        eventually("Postgres has noticed", lambda: is_cut(house))
        eventually("Postgres is back", lambda: reconnect(house))
        eventually("the server has noticed", lambda: house.api.call("GET", f"/imports/{task_id}").status_code == 200)
        kept = ledger(house, task_id)
        # The last ones may go with it where the cluster of the tests commits asynchronously.
        assert kept and kept[-1][2] < ROWS, "too late to crash"
        eventually("it is staged again", lambda: house.database.value("SELECT count(*) FROM sluice.chunks") != 0)

        found = house.api.wait(task_id, seconds=300)
        assert ledger(house, task_id)[: len(kept)] == kept
        check_rows(house, found, bad, good)
        worker.stop()
    finally:
        worker.discard()


def is_cut(house: House) -> bool:
    """Whether the test's own session is gone."""
    try:
        house.database.value("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def reconnect(house: House) -> bool:
    try:
        house.database.connection = psycopg.connect(house.database.url, autocommit=True)
        house.database.connection.execute("SET TIME ZONE 'UTC'")
    except psycopg.OperationalError:
        return False
    return True


def test_others_can_write_what_a_batch_has_written_while_the_import_goes_on(
    make_house: HouseMaker, generated: Any
) -> None:
    house = make_house(**SETTINGS)
    with psycopg.connect(house.database.url) as other:
        # A row of the second half cannot go in while this is open.
        other.execute(
            "INSERT INTO demo.sales (serial_number, item_code, store_id, sale_date, quantity, unit_price)"
            " VALUES (%s, 'mine', 1, '2000-01-01', 1, 1)",
            [10_000_000 + ROWS * 3 // 4],
        )
        task_id = house.api.submit(generated(f"sales-{ROWS}"), commit="batched")
        wait_for_batches(house, task_id, 2)
        # One transaction over all of the file would keep its first rows to itself.
        house.database.execute("SET lock_timeout = '10s'")
        changed = house.database.rows(
            "UPDATE demo.sales SET customer_email = 'mine' WHERE serial_number = 10000001 RETURNING 1"
        )
        assert len(changed) == 1
        assert house.api.object(task_id)["status"] == "loading"
        other.rollback()
    assert house.api.wait(task_id)["rows_inserted"] == ROWS
    assert house.database.value("SELECT count(*) FROM demo.sales WHERE customer_email = 'mine'") == 1


def test_the_command_takes_batches_and_a_replacement_refuses_them(house: House, generated: Any) -> None:
    done = subprocess.run(
        [
            *(str(BINARY), "import", str(generated("sales-10k")), "--target", "demo.sales"),
            *("--server", house.server.url, "--commit", "batched"),
        ],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert house.database.value("SELECT sum(rows_inserted) FROM sluice.batches") == 10_000

    problem = check_problem(
        house.api.send(generated("sales-10k"), mode="replace", commit="batched"), 422, "bad_option"
    )
    assert problem["detail"].startswith("`commit`") and problem["hint"]
