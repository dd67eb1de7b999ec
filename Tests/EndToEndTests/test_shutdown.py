"""Whoever is asked to end takes nothing more, loses nothing that was nearly there, and ends soon."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api import Api
from conftest import House, HouseMaker
from program import GRACE_SECONDS, Program, Server, eventually
from test_kill import ROWS, ledger, wait_for_the_end, worker_of
from test_websocket import hear, hear_until_end, say, watching

FEW = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n1,A,1,2024-01-01,1,1.00\n"

# Whoever merges waits for whoever holds the lock.
HOLD = "SELECT pg_advisory_lock(7)"
HELD = """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON demo.sales FOR EACH STATEMENT EXECUTE FUNCTION hold();
"""


@contextmanager
def an_upload_under_way(house: House) -> Iterator[socket.socket]:
    """One that keeps the server from ending at once."""
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /imports?target=demo.sales HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 100000\r\n\r\n" + FEW
        )
        eventually("the file begins to come in", lambda: any((house.folder / "data/spool").iterdir()))
        yield connection


def waits(house: House) -> bool:
    return bool(
        house.database.value(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()"
            " WHERE locktype = 'advisory' AND objid = 7 AND NOT granted"
        )
    )


def held(house: House) -> str:
    """An import whose merge will wait until `release`."""
    house.database.execute(HELD)
    house.database.execute(HOLD)
    return house.api.submit(FEW)


def release(house: House) -> None:
    house.database.execute("SELECT pg_advisory_unlock_all()")


def ask(program: Program) -> None:
    """The first signal, heard."""
    assert program.process is not None
    program.process.send_signal(signal.SIGTERM)
    eventually("it was heard", lambda: "shutting down" in program.tail(), every=0.005)


def wait_for(program: Program) -> tuple[int, float]:
    """Its exit code, and how long it took from here."""
    assert program.process is not None
    began = time.monotonic()
    code = program.process.wait(30)
    program.discard()
    return code, time.monotonic() - began


def test_a_worker_that_is_asked_to_end_is_continued_behind_its_last_chunk(
    make_house: HouseMaker, generated: Any
) -> None:
    file = generated(f"sales-{ROWS}")
    house = make_house("--no-worker")
    first, second = worker_of(house, 1), worker_of(house, 2)
    try:
        first.start()
        task_id = house.api.submit(file)
        # Soon: later chunks are longer, and one may take all that is left of the file.
        eventually("a chunk is in", lambda: ledger(house, task_id), every=0.01)
        told = house.api.object(task_id)["rows_read"]
        print(f"ended within {first.stop():.2f} s")
        handed_back = house.api.object(task_id)
        assert handed_back["status"] == "queued", handed_back
        kept = ledger(house, task_id)
        # All that it had told of is there: no chunk was given up.
        assert told <= kept[-1].last_row < ROWS

        second.start()
        found, chunks = wait_for_the_end(house, task_id)

        assert found["status"] == "done", found
        # No fault of the import's.
        assert found["attempt"] == 1
        assert chunks[: len(kept)] == kept
        assert chunks[len(kept)].first_row == kept[-1].last_row + 1 and chunks[-1].last_row == ROWS
        house.database.copy_by_script(file)
        assert house.database.differences("demo.sales", "demo.sales_by_script") == 0
        second.stop()
    finally:
        first.discard()
        second.discard()


def test_an_import_may_be_handed_back_more_often_than_it_may_be_tried(house: House) -> None:
    task_id = held(house)
    for _ in range(6):
        eventually("it is in its merge", lambda: waits(house))
        # Nobody lets it go on: what is under way is broken off in time.
        assert house.server.stop() < GRACE_SECONDS
        assert house.database.value("SELECT status FROM sluice.imports") == "queued"
        assert house.database.value("SELECT lease_id IS NULL FROM sluice.imports")
        house.server.start()
    release(house)
    assert house.api.wait(task_id)["attempt"] == 1


def test_a_merge_that_is_nearly_through_comes_to_its_end(house: House) -> None:
    task_id = held(house)
    eventually("it is in its merge", lambda: waits(house))
    ask(house.server)
    release(house)
    assert wait_for(house.server)[0] == 0
    assert house.database.value("SELECT status FROM sluice.imports") == "done"
    house.server.start()
    assert house.api.object(task_id)["rows_inserted"] == 1


def test_a_server_that_still_answers_claims_nothing_more(house: House) -> None:
    other = Server(["--no-worker"], house.settings(), house.folder / "other.log")
    try:
        other.start()
        with an_upload_under_way(house):
            ask(house.server)
            task_id = Api(other.url).submit(FEW)
            assert house.server.is_running(), "too late to ask"
            assert wait_for(house.server)[0] == 0
        waiting = Api(other.url).object(task_id)
        assert waiting["status"] == "queued" and waiting["attempt"] == 0, waiting
        assert "import begun" not in house.server.tail()
        house.server.start()
        house.api.wait(task_id)
        other.stop()
    finally:
        other.discard()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_server_at_once(house: House, second: signal.Signals) -> None:
    with an_upload_under_way(house):
        ask(house.server)
        assert house.server.process is not None
        house.server.process.send_signal(second)
        code, seconds = wait_for(house.server)
    # Without it, the upload has two seconds to come to its end.
    assert code == 130 and seconds < 1.5
    house.server.start()


def test_a_second_signal_ends_a_worker_at_once_and_its_import_is_taken_over(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    worker, next_one = worker_of(house, 1), worker_of(house, 2)
    try:
        worker.start()
        task_id = held(house)
        eventually("it is in its merge", lambda: waits(house))
        ask(worker)
        assert worker.process is not None
        worker.process.send_signal(signal.SIGTERM)
        code, seconds = wait_for(worker)
        assert code == 130 and seconds < 1.5
        release(house)
        next_one.start()
        assert house.api.wait(task_id)["attempt"] == 2
        next_one.stop()
    finally:
        worker.discard()
        next_one.discard()


def test_who_watches_an_import_hears_of_the_end_of_the_server_and_goes_on_with_the_next(house: House) -> None:
    with watching(house) as socket:
        say(socket, op="subscribe", all=True)
        task_id = held(house)
        eventually("it is in its merge", lambda: waits(house))
        house.server.stop()
        for _ in socket:
            pass
    assert socket.close_code == 1001
    house.server.start()
    with watching(house) as socket:
        say(socket, op="subscribe", imports=[task_id])
        assert hear(socket)["type"] == "snapshot"
        release(house)
        assert hear_until_end(socket, task_id)[-1][1]["import"]["status"] == "done"
