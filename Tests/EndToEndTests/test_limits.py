"""What a server takes at once: beyond it, a caller is told before the body is read, and asked to come back."""

import json
import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from api import check_problem
from conftest import House, HouseMaker
from program import eventually

HEADER = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n"
LARGE = 1_000_000_000
# More than a server reads away to keep a connection, and less than an inspection takes.
SMALLER = 1_200_000
ASKS = "Expect: 100-continue\r\n"


def row(number: int) -> bytes:
    return HEADER + f"{number},A{number},1,2026-01-01,1,1.00\n".encode()


class Caller:
    """A connection on which a request is sent piece by piece."""

    def __init__(self, house: House) -> None:
        self.socket = socket.create_connection(("127.0.0.1", house.server.port), timeout=30)
        self.stream = self.socket.makefile("rb")

    def head(self, path: str, *fields: str, length: int | None = LARGE) -> None:
        """POST with a body of which nothing is sent yet; without a length it comes in chunks."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        kind = "" if any(field.startswith("Content-Type") for field in fields) else "Content-Type: text/csv\r\n"
        rest = "".join(f"{field}\r\n" for field in fields)
        text = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}{framing}\r\n{rest}\r\n"
        self.socket.sendall(text.encode())

    def status(self) -> int:
        return int(self.stream.readline().split()[1])

    def is_asked_for_the_body(self) -> bool:
        asked = self.status() == 100
        assert self.stream.readline() == b"\r\n"
        return asked

    def answer(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The answer that comes in place of `100 Continue`."""
        status = self.status()
        headers: dict[str, str] = {}
        while (line := self.stream.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, json.loads(self.stream.read(int(headers["content-length"])))

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


@contextmanager
def calling(house: House) -> Iterator[Callable[[], Caller]]:
    callers: list[Caller] = []

    def call() -> Caller:
        callers.append(Caller(house))
        return callers[-1]

    yield call
    for caller in callers:
        caller.close()


def is_refused(caller: Caller, status: int, code: str) -> None:
    found, headers, problem = caller.answer()
    assert (found, problem["code"]) == (status, code), problem
    assert int(headers["retry-after"]) > 0 and problem["detail"] and problem["hint"], problem
    assert headers["content-type"].startswith("application/problem+json")


def running(house: House, kind: str) -> float:
    text = house.api.call("GET", "/metrics").text
    line = next(line for line in text.splitlines() if line.startswith(f'sluice_uploads_running{{kind="{kind}"}}'))
    return float(line.split()[-1])


FORM = "Content-Type: multipart/form-data; boundary=x"


@pytest.mark.parametrize("fields", [(), (FORM,)], ids=["body", "form"])
@pytest.mark.parametrize(
    ("path", "kind", "length"), [("/imports?target=demo.sales", "import", LARGE), ("/inspect", "inspection", SMALLER)]
)
def test_one_upload_too_many_is_refused_and_each_that_ends_makes_room(
    make_house: HouseMaker, path: str, kind: str, length: int, fields: tuple[str, ...]
) -> None:
    house = make_house("--no-worker", SLUICE_UPLOAD_LIMIT="2")
    with calling(house) as call:
        first, second = call(), call()
        for caller in (first, second):
            caller.head(path, ASKS.strip(), length=length)
            assert caller.is_asked_for_the_body()
        assert running(house, kind) == 2
        # With and without a wait for `100 Continue`; a key that is known is no reason, as its bytes come all the same.
        for more in ((ASKS.strip(),), (), (ASKS.strip(), "Idempotency-Key: known")):
            late = call()
            late.head(path, *fields, *more, length=length)
            is_refused(late, 429, "too_many_uploads")

        # One breaks off, one is refused in its midst.
        first.close()
        eventually("its slot is free", lambda: running(house, kind) == 1)
        third = call()
        third.head(path, ASKS.strip(), length=length)
        assert third.is_asked_for_the_body()
        late = call()
        late.head(path, *fields, ASKS.strip(), length=length)
        is_refused(late, 429, "too_many_uploads")
        for caller in (second, third):
            caller.close()
        eventually("all slots are free", lambda: running(house, kind) == 0)

    # Errors give theirs back as well.
    for _ in range(3):
        check_problem(house.api.call("POST", f"{path}&nonsense=1" if "?" in path else f"{path}?nonsense=1", data=b"x"), 422)
        check_problem(house.api.call("POST", path, headers={"Content-Type": "image/png"}, data=b"x"), 415)
    assert running(house, kind) == 0
    if kind == "import":
        house.api.submit(row(1))


def test_uploads_and_inspections_do_not_wait_for_each_other(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_UPLOAD_LIMIT="1")
    with calling(house) as call:
        upload = call()
        upload.head("/imports?target=demo.sales", ASKS.strip())
        assert upload.is_asked_for_the_body()
        assert house.api.call("POST", "/inspect", files={"file": row(1)}).status_code == 200


def test_a_full_queue_is_told_before_the_body_is_read_and_a_known_request_is_answered(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_QUEUE_LIMIT="1")
    known = {"headers": {"Idempotency-Key": "known"}, "files": {"file": row(1)}, "data": {"target": "demo.sales"}}
    first = house.api.call("POST", "/imports", **known)
    assert first.status_code == 202
    with calling(house) as call:
        for fields in ((ASKS.strip(),), (), (FORM, ASKS.strip()), (FORM,)):
            caller = call()
            caller.head("/imports?target=demo.sales", *fields)
            is_refused(caller, 429, "queue_full")
    again = house.api.call("POST", "/imports", **known)
    assert again.status_code == 200 and again.json()["task_id"] == first.json()["task_id"]


def spooled(house: House) -> list[Path]:
    return list((house.folder / "data/spool").iterdir())


def test_a_full_spool_is_told_before_the_body_is_read(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_SPOOL_LIMIT="1 MiB")
    path = "/imports?target=demo.sales"
    with calling(house) as call:
        for fields in ((ASKS.strip(),), (), (FORM, ASKS.strip()), (FORM,), (ASKS.strip(), "Idempotency-Key: known")):
            caller = call()
            caller.head(path, *fields, length=(1 << 20) + 1)
            is_refused(caller, 507, "spool_full")
        assert spooled(house) == []

        # What is under way counts with what was announced of it.
        coming = call()
        coming.head(path, ASKS.strip(), length=1 << 20)
        assert coming.is_asked_for_the_body()
        eventually("it has begun", lambda: spooled(house))
        check_problem(house.api.send(row(1)), 507, "spool_full")
        chunked = call()
        chunked.head(path, ASKS.strip(), length=None)
        is_refused(chunked, 507, "spool_full")
        coming.close()
        eventually("it is gone", lambda: not spooled(house))
    eventually("there is room", lambda: house.api.send(row(1)).status_code == 202)
    # It is no reason to take the server away from those who ask for something else.
    assert house.api.call("GET", "/readyz").status_code == 200


def test_the_spool_has_room_again_when_a_worker_elsewhere_has_removed_a_file(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_SPOOL_LIMIT="1 MiB")
    large = row(1) + b"".join(f"{n},A{n},1,2026-01-01,1,1.00\n".encode() for n in range(2, 25_000))
    assert 1 << 19 < len(large) < 1 << 20
    house.api.submit(large)
    refused = house.api.send(large, force="true")
    check_problem(refused, 507, "spool_full")
    assert int(refused.headers["Retry-After"]) > 0
    # Nor does a new life of the server forget it.
    house.server.stop()
    house.server.start()
    check_problem(house.api.send(large, force="true"), 507, "spool_full")
    [file] = spooled(house)
    file.unlink()
    eventually("there is room", lambda: house.api.send(large, force="true").status_code == 202)


def test_a_body_in_chunks_is_stopped_at_the_limit_of_the_spool(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_SPOOL_LIMIT="2 MiB")

    def chunks() -> Iterator[bytes]:
        yield HEADER
        for number in range(200):
            yield b"".join(f"{number * 1000 + n},A,1,2026-01-01,1,1.00\n".encode() for n in range(1000))

    with calling(house) as call:
        caller = call()
        caller.head("/imports?target=demo.sales", length=None)
        for chunk in chunks():
            try:
                caller.socket.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            except OSError:
                break
        is_refused(caller, 507, "spool_full")
    eventually("nothing is left of it", lambda: not spooled(house))


def test_when_all_sessions_of_the_database_are_taken_callers_are_asked_to_come_back(house: House) -> None:
    callers = 20  # More than there are sessions for.

    def ask(_: int) -> requests.Response:
        return requests.get(f"{house.server.url}/imports", timeout=60)

    with psycopg.connect(house.database.url) as blocker, ThreadPoolExecutor(callers) as threads:
        blocker.execute("LOCK TABLE sluice.imports IN ACCESS EXCLUSIVE MODE")
        answers = list(threads.map(ask, range(callers)))
    for answer in answers:
        check_problem(answer, 503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert house.api.get("/imports")["items"] == []


def test_when_the_database_has_no_room_callers_are_asked_to_come_back(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    task_id = house.api.submit(HEADER)
    house.database.execute(
        """
        CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER is_full BEFORE UPDATE ON sluice.imports EXECUTE FUNCTION is_full()
        """
    )
    answer = house.api.call("DELETE", f"/imports/{task_id}")
    check_problem(answer, 503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert house.api.object(task_id)["status"] == "queued"
    house.database.execute("DROP TRIGGER is_full ON sluice.imports")
    assert house.api.call("DELETE", f"/imports/{task_id}").status_code == 200


def test_a_server_has_descriptors_for_all_its_connections(house: House) -> None:
    house.server.stop()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, soft), hard))
    try:
        house.server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(house.server.pid, resource.RLIMIT_NOFILE) == (min(4096, hard), hard)
