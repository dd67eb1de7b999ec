"""A worker is killed in the middle of an import, and the next one goes on from the last chunk."""

import csv
import os
import time
from dataclasses import dataclass
from typing import Any

import pytest

from api import TERMINAL
from conftest import House, HouseMaker
from program import Program, eventually

ROWS = int(os.environ.get("SLUICE_KILL_ROWS", "500000"))


@dataclass(frozen=True)
class Chunk:
    """An entry of the ledger."""

    number: int
    first_row: int
    last_row: int
    attempt: int
    committed_at: object


def ledger(house: House, task_id: str) -> list[Chunk]:
    return [
        Chunk(*row)
        for row in house.database.rows(
            "SELECT chunk, first_row, last_row, attempt, committed_at FROM sluice.chunks"
            " WHERE import_id = %s ORDER BY chunk",
            task_id,
        )
    ]


def worker_of(house: House, number: int) -> Program:
    return Program(
        ["worker"],
        house.settings() | {"SLUICE_LEASE_SECONDS": "4"},
        house.folder / f"worker{number}.log",
    )


def nobody_works(house: House) -> bool:
    """Whether no transaction is under way in the database, but for this question."""
    busy = house.database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state IN ('active', 'idle in transaction')"
    )
    return busy == 0


def rows_under_way(house: House) -> int:
    """Rows of the chunk that Postgres takes just now, as it tells itself: the object is told of them later."""
    return int(
        house.database.value(
            "SELECT coalesce(max(tuples_processed), 0) FROM pg_stat_progress_copy WHERE datname = current_database()"
        )
    )


def wait_for_the_middle(house: House, task_id: str) -> None:
    """Waits until a chunk is committed and between a fifth and seven tenths of the rows are in staging."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = house.api.object(task_id)
        assert found["status"] in ("queued", "parsing"), f"too late to kill: {found['status']}"
        chunks = ledger(house, task_id)
        if chunks and 0.2 * ROWS <= chunks[-1].last_row + rows_under_way(house) <= 0.7 * ROWS:
            return
        time.sleep(0.01)
    raise AssertionError("the worker did not get to the middle of the file within 60 s")


def wait_for_the_end(house: House, task_id: str) -> tuple[dict[str, Any], list[Chunk]]:
    """Waits for the end; the object, and the ledger as it was last seen with entries in it."""
    last: list[Chunk] = []
    end = time.monotonic() + 180
    while time.monotonic() < end:
        last = ledger(house, task_id) or last
        found = house.api.object(task_id)
        if found["status"] in TERMINAL:
            return found, last
        time.sleep(0.02)
    raise AssertionError(f"no end within 180 s: {house.api.object(task_id)}")


@pytest.mark.parametrize("mode", ["upsert", "replace"])
def test_a_killed_worker_is_continued_from_its_last_chunk(make_house: HouseMaker, generated: Any, mode: str) -> None:
    bad, good = generated(f"sales-{ROWS}-bad"), generated(f"sales-{ROWS}")
    house = make_house("--no-worker", SLUICE_LEASE_SECONDS="4")
    first, second = worker_of(house, 1), worker_of(house, 2)
    try:
        first.start()
        task_id = house.api.submit(bad, mode=mode)
        wait_for_the_middle(house, task_id)
        first.kill()
        # What the dead worker had sent may still be on its way through Postgres.
        eventually("Postgres is done with the dead worker", lambda: nobody_works(house))
        kept = ledger(house, task_id)
        assert kept and kept[-1].last_row < ROWS
        assert house.database.value("SELECT count(*) FROM demo.sales") == 0

        second.start()
        found, chunks = wait_for_the_end(house, task_id)

        assert found["status"] == "done", found
        assert found["attempt"] == 2
        # The chunks of the first attempt stand as they did; the second went on right behind them.
        assert chunks[: len(kept)] == kept
        later = chunks[len(kept) :]
        assert later and later[0].first_row == kept[-1].last_row + 1
        assert {chunk.attempt for chunk in kept} == {1} and {chunk.attempt for chunk in later} == {2}
        assert chunks[-1].last_row == ROWS

        # The right rows, and each reject once.
        with open(bad.with_suffix(".rejects.csv"), encoding="utf-8", newline="") as text:
            expected = sorted((int(row["row"]), row["column"], row["code"]) for row in csv.DictReader(text))
        report = house.api.error_report(task_id)
        assert sorted((int(row["row"]), row["column"], row["code"]) for row in report) == expected
        bad_rows = {row for row, _, _ in expected}
        assert found["rows_read"] == ROWS and found["rows_inserted"] == ROWS - len(bad_rows), found
        database = house.database
        database.copy_by_script(good)
        database.connection.execute(
            b"DELETE FROM demo.sales_by_script WHERE serial_number - 10000000 = ANY (%s)", [sorted(bad_rows)]
        )
        assert database.differences("demo.sales", "demo.sales_by_script") == 0
        assert database.staging_tables() == []
        second.stop()
    finally:
        first.discard()
        second.discard()


def test_two_workers_share_the_queue(make_house: HouseMaker, generated: Any) -> None:
    house = make_house("--no-worker")
    house.database.execute("CREATE TABLE demo.sales_too (LIKE demo.sales INCLUDING ALL)")
    workers = [worker_of(house, number) for number in (1, 2)]
    try:
        for worker in workers:
            worker.start()
        tasks = [
            house.api.submit(generated("sales-10k"), target=target, force="true")
            for target in ("demo.sales", "demo.sales_too") * 3
        ]
        for task_id in tasks:
            assert house.api.wait(task_id)["attempt"] == 1
        assert house.database.differences("demo.sales", "demo.sales_too") == 0
        for worker in workers:
            worker.stop()
    finally:
        for worker in workers:
            worker.discard()
