"""Requests that race, and imports that are called off: each happens once or not at all."""

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from api import Api, Object
from conftest import House, HouseMaker
from program import eventually

# The contract says within a second; the rest is for a busy machine.
LONGEST_CANCEL_SECONDS = 1.5


@pytest.mark.parametrize("key", [None, "one and the same"])
def test_a_hundred_equal_requests_at_once_make_one_import(house: House, generated: Any, key: str | None) -> None:
    content = generated("sales-10k").read_bytes()
    barrier = Barrier(100)

    def submit(_: int) -> tuple[int, Object]:
        # A connection each.
        api = Api(house.server.url)
        barrier.wait()
        answer = api.call(
            "POST",
            "/imports",
            files={"file": ("sales.csv", content, "text/csv")},
            data={"target": "demo.sales"},
            headers={"Idempotency-Key": key} if key else {},
        )
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(100) as callers:
        answers = list(callers.map(submit, range(100)))

    assert Counter(code for code, _ in answers) == {202: 1, 200: 99}
    assert all(body["replayed"] == (code == 200) for code, body in answers)
    same = {(body["task_id"], body["idempotency_key"], str(body["links"])) for _, body in answers}
    assert len(same) == 1
    assert house.database.value("SELECT count(*) FROM sluice.imports") == 1
    found = house.api.wait(answers[0][1]["task_id"])
    assert found["rows_inserted"] == 10_000 and house.database.value("SELECT count(*) FROM demo.sales") == 10_000
    spool = house.folder / "data/spool"
    eventually("no file of the others is left", lambda: not list(spool.iterdir()))


def cancelled(house: House, task_id: str) -> float:
    """Calls an import off, and tells after how many seconds it is seen as cancelled."""
    began = time.monotonic()
    assert house.api.call("DELETE", f"/imports/{task_id}").status_code == 200
    while house.api.object(task_id)["status"] != "cancelled":
        assert time.monotonic() < began + 30, house.api.object(task_id)
        time.sleep(0.01)
    return time.monotonic() - began


def check_nothing_happened(house: House, task_id: str) -> None:
    def at_rest() -> bool:
        return not house.database.staging_tables() and not list((house.folder / "data/spool").iterdir())

    eventually("its staging and its file are gone", at_rest)
    assert house.database.value("SELECT count(*) FROM demo.sales") == 0
    assert house.database.value("SELECT count(*) FROM sluice.imports WHERE lease_id IS NOT NULL") == 0
    assert house.api.object(task_id)["status"] == "cancelled"
    assert house.database.image_tables() == []


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("parsing", "a.query LIKE 'COPY sluice.%' AND a.state = 'active'"),
        ("loading", "a.query LIKE 'INSERT INTO \"demo\"%' AND a.state = 'active'"),
        ("loading", "a.query LIKE 'CREATE UNIQUE INDEX%' AND a.state = 'active'"),
    ],
    ids=["copy", "merge", "indexes"],
)
def test_a_running_import_is_cancelled_within_a_second(
    house: House, generated: Any, status: str, condition: str
) -> None:
    look = f"SELECT count(*) FROM pg_stat_activity AS a WHERE a.datname = current_database() AND {condition}"
    task_id = house.api.submit(generated("sales-1m"))
    eventually("it is in the midst of it", lambda: house.database.value(look), every=0.002)
    found = house.api.object(task_id)["status"]

    seconds = cancelled(house, task_id)

    print(f"{status}: {seconds:.2f} s")
    assert found == status
    assert seconds <= LONGEST_CANCEL_SECONDS
    check_nothing_happened(house, task_id)


def test_an_import_that_waits_for_a_lock_is_cancelled_within_a_second(house: House, generated: Any) -> None:
    with psycopg.connect(house.database.url) as other:
        other.execute("LOCK TABLE demo.sales IN ACCESS EXCLUSIVE MODE")
        task_id = house.api.submit(generated("sales-10k"))
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'demo.sales'::regclass"
        eventually("its merge waits", lambda: house.database.value(waits))
        seconds = cancelled(house, task_id)
    print(f"locked: {seconds:.2f} s")
    assert seconds <= LONGEST_CANCEL_SECONDS
    check_nothing_happened(house, task_id)


def test_a_cancel_wins_over_a_worker_that_is_killed_in_the_middle_of_it(
    make_house: HouseMaker, generated: Any
) -> None:
    house = make_house(SLUICE_LEASE_SECONDS="1")
    with psycopg.connect(house.database.url) as other:
        other.execute("LOCK TABLE demo.sales IN ACCESS EXCLUSIVE MODE")
        task_id = house.api.submit(generated("sales-10k"))
        eventually("its merge begins", lambda: house.api.object(task_id)["status"] == "loading")
        # The row that the worker would write its end to.
        with psycopg.connect(house.database.url) as witness:
            witness.execute("SELECT FROM sluice.imports FOR NO KEY UPDATE")
            house.server.kill()
            witness.execute("UPDATE sluice.imports SET cancel_requested = true")
    house.server.start()
    eventually("it is cancelled all the same", lambda: house.api.object(task_id)["status"] == "cancelled")
    check_nothing_happened(house, task_id)


def test_an_upload_that_is_broken_off_leaves_nothing(house: House) -> None:
    spool = house.folder / "data/spool"
    with socket.create_connection(("127.0.0.1", house.server.port)) as caller:
        head = (
            f"POST /imports?target=demo.sales HTTP/1.1\r\nHost: 127.0.0.1:{house.server.port}\r\n"
            "Content-Type: text/csv\r\nContent-Length: 100000000\r\n\r\n"
        )
        caller.sendall(head.encode() + b"serial_number\n" * 100_000)
        eventually("a part of it is there", lambda: any(file.stat().st_size for file in spool.iterdir()))
        began = time.monotonic()
    eventually("nothing of it is left", lambda: not list(spool.iterdir()), every=0.01)
    seconds = time.monotonic() - began
    print(f"upload: {seconds:.2f} s")
    assert seconds <= LONGEST_CANCEL_SECONDS
    assert house.database.value("SELECT count(*) FROM sluice.imports") == 0
