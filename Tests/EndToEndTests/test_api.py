"""The HTTP API: its answers, its errors, and that openapi.json says the same."""

import json
import re
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import jsonschema
import psycopg
import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api import TERMINAL, check_problem
from conftest import House, HouseMaker
from database import server_url
from program import ROOT, eventually

# What the contract's table names and this server has. The rest of the table comes later.
CALLS = {
    ("POST", "/imports"),
    ("GET", "/imports"),
    ("GET", "/imports/{id}"),
    ("GET", "/imports/{id}/status"),
    ("GET", "/imports/{id}/errors"),
    ("DELETE", "/imports/{id}"),
    ("GET", "/targets"),
    ("GET", "/targets/{target}"),
    ("GET", "/stats"),
    ("GET", "/ws"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/"),
}

METRICS = [
    "sluice_imports_total",
    "sluice_imports_running",
    "sluice_imports_queued",
    "sluice_rows_total",
    "sluice_bytes_total",
    "sluice_stage_seconds",
    "sluice_chunk_seconds",
    "sluice_chunk_rows",
    "sluice_http_request_seconds",
    "sluice_db_query_seconds",
    "sluice_ws_clients",
    "sluice_ws_messages_total",
    "sluice_notify_lag_seconds",
    "sluice_retries_total",
    "sluice_spool_bytes",
    "sluice_build_info",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_start_time_seconds",
]

TARGET_PART = b'--x\r\nContent-Disposition: form-data; name="target"\r\n\r\ndemo.sales'

HEADER = "serial_number,item_code,store_id,sale_date,quantity,unit_price\n"


def few_rows(first: int = 1, count: int = 3) -> bytes:
    """A small file for demo.sales that no other test sends."""
    rows = (f"{first + i},A-{first + i},1,2024-01-01,1,1.00\n" for i in range(count))
    return (HEADER + "".join(rows)).encode()


# Errors of a submission.


@pytest.mark.parametrize("target", ["demo.nowhere", "nowhere.sales", "pg_catalog.pg_class", "sluice.imports", "a b"])
def test_an_unknown_target_is_refused(shared_house: House, target: str) -> None:
    problem = check_problem(shared_house.api.send(few_rows(), target), 422, "unknown_target")
    assert problem.get("hint")


def test_a_missing_target_is_refused(shared_house: House) -> None:
    answer = shared_house.api.call("POST", "/imports", files={"file": ("a.csv", few_rows(), "text/csv")})
    assert check_problem(answer, answer.status_code)["code"] in ("bad_option", "unknown_target")
    assert answer.status_code == 422


def test_a_key_of_unknown_columns_is_refused(shared_house: House) -> None:
    check_problem(shared_house.api.send(few_rows(), key="serial_number,nonsense"), 422, "unknown_column")


def test_a_table_without_a_key_is_refused(house: House) -> None:
    house.database.execute("CREATE TABLE demo.no_key (a integer, b text)")
    check_problem(house.api.send(b"a,b\n1,x\n", "demo.no_key"), 422, "no_key")
    check_problem(house.api.send(few_rows(), key="store_id"), 422, "no_key")


@pytest.mark.parametrize(
    "option",
    [
        {"duplicates": "some"},
        {"force": "perhaps"},
        {"priority": "urgent"},
        {"mode": "sideways"},
        {"mapping": "{not json"},
        {"delimiter": "123456789"},
        {"no_such_option": "1"},
    ],
    ids=lambda option: next(iter(option)),
)
def test_a_bad_option_is_refused(shared_house: House, option: dict[str, str]) -> None:
    problem = check_problem(shared_house.api.send(few_rows(), **option), 422, "bad_option")
    assert next(iter(option)) in problem["detail"], problem


def spooled(house: House) -> list[str]:
    """The files in the spool."""
    return [path.name for path in (house.folder / "data/spool").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("target", "demo.sa\0les"),
        ("timezone", "Europe\0"),
        ("null", "\0"),
        ("null", '["a", "\\u0000"]'),
        ("mapping", '{"a\\u0000": "item_code"}'),
        ("mapping", '{"item_code": "a\\u0000"}'),
        ("key", "serial\0_number"),
        ("key", '["a\\u0000"]'),
        ("mode", "\0"),
    ],
)
@pytest.mark.parametrize("is_form", [True, False], ids=["form", "query"])
def test_a_zero_character_is_a_bad_option_and_leaves_no_file(
    make_house: HouseMaker, option: str, value: str, is_form: bool
) -> None:
    house = make_house("--no-worker")
    options = {"target": "demo.sales"} | {option: value}
    if is_form:
        answer = house.api.call("POST", "/imports", files={"file": ("a.csv", few_rows())}, data=options)
    else:
        headers = {"Content-Type": "text/csv"}
        answer = house.api.call("POST", "/imports", params=options, data=few_rows(), headers=headers)
    if "\0" in value and not is_form:
        # No part of a URL may hold it: it is refused before anybody knows that there are options.
        check_problem(answer, 400, "bad_request")
    else:
        problem = check_problem(answer, 422, "bad_option")
        assert f"`{option}`" in problem["detail"]
    assert spooled(house) == []


def test_a_zero_character_elsewhere_is_no_fault_of_the_server(shared_house: House) -> None:
    check_problem(shared_house.api.call("GET", "/imports", params={"target": "a\0"}), 400, "bad_request")
    check_problem(shared_house.api.call("GET", "/targets/demo.sa%00les"), 400, "bad_request")
    header = b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''a%00b.csv"
    form = TARGET_PART + b"\r\n--x\r\n" + header + b"\r\n\r\n" + few_rows(8000) + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    check_problem(shared_house.api.call("POST", "/imports", data=form, headers=headers), 400, "bad_request")


@pytest.mark.parametrize("options", [{"delimiter": ";", "quote": ";"}, {"delimiter": '"'}, {"quote": ","}], ids=str)
def test_one_character_for_delimiter_and_quote_is_refused_before_the_body(
    shared_house: House, options: dict[str, str]
) -> None:
    check_problem(shared_house.api.send(few_rows(), **options), 422, "bad_option")
    query = requests.compat.urlencode({"target": "demo.sales"} | options)
    with raw_request(shared_house) as (socket, answer):
        # No byte of the body is sent: the answer has to come all the same.
        socket.sendall(f"POST /imports?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
        socket.sendall(b"Content-Type: text/csv\r\nContent-Length: 100000000\r\n\r\n")
        assert answer()[0] == 422


def test_a_field_that_is_too_long_is_named(house: House) -> None:
    problem = check_problem(house.api.send(few_rows(), mapping="x" * 70_000), 422, "bad_option")
    assert "`mapping`" in problem["detail"] and "64 KiB" in problem["detail"]
    assert spooled(house) == []


@pytest.mark.parametrize("option", ["key", "target", "format", "x" * 5000], ids=lambda name: name[:10])
def test_what_is_wrong_is_not_repeated_at_any_length(shared_house: House, option: str) -> None:
    answer = shared_house.api.send(few_rows(), **({"target": "demo.sales"} | {option: "a," * 5000}))
    check_problem(answer, 422)
    assert len(answer.content) < 3000, answer.text


@pytest.mark.parametrize("kind", ["text/csv", "text/tab-separated-values", "multipart/form-data; boundary=x", ""])
def test_a_request_without_a_body_is_asked_for_its_length(shared_house: House, kind: str) -> None:
    line = f"Content-Type: {kind}\r\n" if kind else ""
    with raw_request(shared_house) as (socket, answer):
        socket.sendall(f"POST /imports?target=demo.sales HTTP/1.1\r\nHost: 127.0.0.1\r\n{line}\r\n".encode())
        status, problem = answer()
    assert status == 411 and problem["code"] == "length_required", problem


@contextmanager
def raw_request(house: House) -> Iterator[tuple[socket.socket, Callable[[], tuple[int, dict[str, Any]]]]]:
    """A connection for what no client library would send, and how to read the one answer to it."""
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=30) as connection:

        def answer() -> tuple[int, dict[str, Any]]:
            response = HTTPResponse(connection)
            response.begin()
            assert response.headers["Content-Type"] == "application/problem+json"
            return response.status, json.loads(response.read())

        yield connection, answer


def test_who_still_sends_when_the_server_stops_is_told(house: House) -> None:
    with raw_request(house) as (connection, answer):
        connection.sendall(b"POST /imports?target=demo.sales HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        connection.sendall(b"Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\n" + few_rows())
        eventually("the file begins to come in", lambda: spooled(house))
        house.server.stop()
        status, problem = answer()
    assert status == 503 and problem["code"] == "shutting_down", problem
    assert spooled(house) == []


def test_http_1_0_needs_no_host_on_loopback(shared_house: House) -> None:
    with socket.create_connection(("127.0.0.1", shared_house.server.port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"200"


def test_the_title_of_a_problem_is_the_phrase_of_its_status(shared_house: House) -> None:
    answers = [
        shared_house.api.call("GET", f"/imports/{uuid.uuid4()}"),
        shared_house.api.call("GET", "/no/such/path"),
        shared_house.api.send(few_rows(), key="nonsense"),
        shared_house.api.send(few_rows(), force="perhaps"),
        shared_house.api.send(few_rows(), "demo.nowhere"),
        shared_house.api.call("POST", f"/imports/{uuid.uuid4()}/retry"),
    ]
    phrases = {404: "Not Found", 422: "Unprocessable Content", 501: "Not Implemented"}
    for answer in answers:
        assert answer.json()["title"] == phrases[answer.status_code], answer.text


def test_a_column_that_the_target_does_not_have_is_named(shared_house: House) -> None:
    answer = shared_house.api.send(b"serial_number,colour\n1,red\n")
    if answer.status_code == 202:
        error = shared_house.api.wait(answer.json()["task_id"], "failed")["error"]
        assert error["code"] == "unknown_column"
        assert "colour" in error["message"]
    else:
        assert "colour" in check_problem(answer, 422, "unknown_column")["detail"]


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xff\xfe\x00\x01"], ids=["empty", "blank", "no text"])
def test_a_file_without_rows_or_text_ends_with_one_clear_answer(house: House, content: bytes) -> None:
    answer = house.api.send(content)
    if answer.status_code == 202:
        task_id = answer.json()["task_id"]
        found = eventually("its end", lambda: ended(house, task_id))
        assert found["status"] == "failed" and found["error"]["message"], found
    else:
        check_problem(answer, answer.status_code)
        assert answer.status_code in (400, 415, 422)


def ended(house: House, task_id: str) -> dict[str, Any] | None:
    found = house.api.object(task_id)
    return found if found["status"] in TERMINAL else None


def test_an_unsupported_format_is_refused(shared_house: House) -> None:
    answer = shared_house.api.call(
        "POST", "/imports", params={"target": "demo.sales"}, data=b"{}", headers={"Content-Type": "image/png"}
    )
    check_problem(answer, 415, "unsupported_format")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"no part at all"),
        ("multipart/form-data; boundary=x", TARGET_PART),
        ("multipart/form-data; boundary=x", TARGET_PART + b"\r\n--x--\r\n"),
    ],
    ids=["no boundary", "no part", "cut off", "no file"],
)
def test_a_broken_form_is_refused(shared_house: House, content_type: str, body: bytes) -> None:
    answer = shared_house.api.call("POST", "/imports", data=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 422), answer.text
    check_problem(answer, answer.status_code)


# Ways to send.


def test_the_parts_of_a_form_come_in_any_order(house: House) -> None:
    by_file_first = house.api.send(few_rows()).json()["task_id"]
    house.api.wait(by_file_first)
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-F", "target=demo.sales", "-F", "force=true"]
        + ["-F", "file=@-;filename=rows.csv", f"{house.server.url}/imports"],
        input=few_rows(),
        capture_output=True,
        check=True,
    )
    task_id = json.loads(done.stdout)["task_id"]
    assert house.api.wait(task_id)["rows_unchanged"] == 3


def test_the_file_itself_may_be_the_body(house: House) -> None:
    def chunks() -> Any:
        yield from (few_rows()[i : i + 7] for i in range(0, len(few_rows()), 7))

    for body in (few_rows(), chunks()):
        answer = house.api.call(
            "POST",
            "/imports",
            params={"target": "demo.sales", "force": "true"},
            data=body,
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 202, answer.text
        house.api.wait(answer.json()["task_id"])
    assert house.database.value("SELECT count(*) FROM demo.sales") == 3


def test_a_mapping_renames_and_leaves_out(house: House) -> None:
    content = b"Nr,code,shop,day,n,each,remark\n1,A,2,2024-01-01,3,4.50,none\n"
    mapping = (
        '{"Nr": "serial_number", "code": "item_code", "shop": "store_id", "day": "sale_date",'
        ' "n": "quantity", "each": "unit_price", "remark": null}'
    )
    house.api.load(content, mapping=mapping)
    assert house.database.rows("SELECT serial_number, item_code, store_id, quantity, paid FROM demo.sales") == [
        (1, "A", 2, 3, False)
    ]


@pytest.mark.parametrize("expect", [True, False], ids=["100-continue", "without"])
def test_an_upload_that_is_too_large_is_refused(make_house: HouseMaker, generated: Any, expect: bool) -> None:
    house = make_house(SLUICE_MAX_BYTES="1000000")
    file = generated("sales-100k")
    options = ["-H", "Expect: 100-continue"] if expect else ["-H", "Expect:"]
    form = ["-F", "target=demo.sales", "-F", f"file=@{file}", f"{house.server.url}/imports"]
    body = ["-X", "POST", "-T", str(file), "-H", "Content-Type: text/csv"]
    for call in (form, [*body, f"{house.server.url}/imports?target=demo.sales"]):
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code}", *options, *call],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.stdout.decode().endswith("\n413"), (done.stdout, done.stderr)
        assert b'"too_large"' in done.stdout
    parts = [path for path in (house.folder / "data").rglob("*") if path.is_file() and "spool" in path.parts]
    assert parts == [], "what was refused is still in the spool"


# Idempotency.


def test_the_same_key_with_another_request_is_refused(house: House) -> None:
    def send(content: bytes) -> requests.Response:
        return house.api.call(
            "POST",
            "/imports",
            files={"file": ("rows.csv", content, "text/csv")},
            data={"target": "demo.sales"},
            headers={"Idempotency-Key": "one-and-only"},
        )

    first = send(few_rows())
    assert first.status_code == 202 and first.json()["idempotency_key"] == "one-and-only"
    again = send(few_rows())
    assert again.status_code == 200
    assert again.json()["replayed"] is True and again.json()["task_id"] == first.json()["task_id"]
    check_problem(send(few_rows(count=4)), 422, "idempotency_key_reused")


def test_a_cancelled_import_may_be_submitted_again(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    first = house.api.submit(few_rows())
    assert house.api.call("DELETE", f"/imports/{first}").status_code == 200
    second = house.api.submit(few_rows())
    assert second != first


# One import, and lists of them.


def test_an_unknown_import_is_not_found(shared_house: House) -> None:
    for name in (str(uuid.uuid4()), "no-uuid", "1"):
        for call in (("GET", ""), ("GET", "/status"), ("GET", "/errors"), ("DELETE", "")):
            check_problem(shared_house.api.call(call[0], f"/imports/{name}{call[1]}"), 404, "not_found")
    check_problem(shared_house.api.call("GET", "/no/such/path"), 404, "not_found")


def test_a_method_that_is_not_there_is_named_with_those_that_are(shared_house: House) -> None:
    answer = shared_house.api.call("PUT", "/imports")
    check_problem(answer, 405)
    allowed = {method.strip() for method in answer.headers["Allow"].split(",")}
    assert {"GET", "POST"} <= allowed and "PUT" not in allowed


def test_a_waiting_import_is_cancelled_at_once(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    task_id = house.api.submit(few_rows())

    answer = house.api.call("DELETE", f"/imports/{task_id}")

    assert answer.status_code == 200 and answer.json()["status"] == "cancelled"
    assert house.api.object(task_id)["finished_at"]
    check_problem(house.api.call("DELETE", f"/imports/{task_id}"), 409, "already_finished")


def test_a_running_import_is_cancelled_and_leaves_nothing(house: House, generated: Any) -> None:
    task_id = house.api.submit(generated("sales-300k"))
    eventually("rows are read", lambda: house.api.object(task_id)["rows_read"] > 0, every=0.01)

    answer = house.api.call("DELETE", f"/imports/{task_id}")

    assert answer.status_code == 200, answer.text
    house.api.wait(task_id, "cancelled", seconds=10)
    assert house.database.value("SELECT count(*) FROM demo.sales") == 0
    eventually("the staging table is gone", lambda: house.database.staging_tables() == [])
    # And the target is free for the next one.
    house.api.load(few_rows())


def test_a_finished_import_cannot_be_cancelled(shared_house: House) -> None:
    task_id = shared_house.api.load(few_rows(5000))["task_id"]
    check_problem(shared_house.api.call("DELETE", f"/imports/{task_id}"), 409, "already_finished")
    assert shared_house.api.object(task_id)["status"] == "done"


def test_status_is_the_object(shared_house: House) -> None:
    task_id = shared_house.api.submit(few_rows(6000))
    found = shared_house.api.settle(task_id)
    assert shared_house.api.get(f"/imports/{task_id}/status") == found
    assert {"parsing", "loading"} <= {stage["name"] for stage in found["stages"]}
    assert set(found) >= {
        *("task_id idempotency_key status target mode key dry_run commit priority attempt source").split(),
        *("bytes_total bytes_done rows_total rows_read rows_ok rows_bad rows_skipped").split(),
        *("rows_inserted rows_updated rows_unchanged throughput_rps eta_seconds progress").split(),
        *("created_at started_at finished_at stages error undo links").split(),
    }
    assert set(found["source"]) >= {"name", "format", "bytes", "sha256", "encoding", "dialect"}


def test_a_list_is_walked_by_its_cursor(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    tasks = [house.api.submit(few_rows(i * 10)) for i in range(7)]

    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = house.api.get("/imports", limit=3, **({"cursor": cursor} if cursor else {}))
        assert set(page) == {"items", "next"} and len(page["items"]) <= 3
        seen += [item["task_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == tasks[::-1]

    assert len(house.api.get("/imports", status="queued")["items"]) == 7
    assert house.api.get("/imports", status="done")["items"] == []
    assert len(house.api.get("/imports", target="demo.sales")["items"]) == 7
    assert house.api.get("/imports", target="demo.products")["items"] == []
    for bad in ({"limit": "0"}, {"limit": "x"}, {"cursor": "nonsense"}, {"status": "odd"}):
        answer = house.api.call("GET", "/imports", params=bad)
        assert answer.status_code in (400, 422), (bad, answer.status_code)
        check_problem(answer, answer.status_code)


def test_a_full_queue_asks_to_come_back(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_QUEUE_LIMIT="1")
    house.api.submit(few_rows())

    answer = house.api.send(few_rows(count=4))

    check_problem(answer, 429, "queue_full")
    assert int(answer.headers["Retry-After"]) > 0


# What one may import into.


def test_the_targets_are_listed_with_what_they_need(shared_house: House) -> None:
    listed = shared_house.api.get("/targets")
    items = listed if isinstance(listed, list) else listed["items"]
    names = {item["target"] for item in items}
    assert {"demo.sales", "demo.products", "demo.stores", "demo.everything"} <= names
    assert not any(str(name).startswith(("pg_", "information_schema", "sluice.")) for name in names)

    # What only the call for one target reads is not said to be none.
    assert all("checks" not in item and "references" not in item for item in items)
    details = shared_house.api.get("/targets/demo.sales")
    assert details["checks"] == [] and details["references"] == []

    sales = shared_house.api.get("/targets/demo.sales")
    columns = {column["name"]: column for column in sales["columns"]}
    assert list(columns)[:3] == ["serial_number", "item_code", "store_id"]
    assert columns["unit_price"]["type"] == "numeric(10,2)"
    assert columns["item_code"]["type"] in ("character varying(20)", "varchar(20)")
    keys = [key["columns"] for key in sales["keys"]]
    assert keys[0] == ["serial_number"] and ["item_code", "store_id", "sale_date"] in keys
    check_problem(shared_house.api.call("GET", "/targets/demo.nowhere"), 404)


# How it is.


def test_health_and_readiness_name_their_parts(shared_house: House) -> None:
    assert shared_house.api.call("GET", "/healthz").status_code == 200
    ready = shared_house.api.call("GET", "/readyz")
    assert ready.status_code == 200
    for part in ("database", "schema", "spool", "listener"):
        assert part in ready.text, ready.text


def test_without_its_database_it_says_so_and_comes_back(house: House) -> None:
    name = house.database.value("SELECT current_database()")
    with psycopg.connect(server_url(), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        admin.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            eventually("/readyz says 503", lambda: house.api.call("GET", "/readyz").status_code == 503)
            assert house.api.call("GET", "/healthz").status_code == 200
            answer = house.api.call("GET", "/imports")
            check_problem(answer, 503, "database_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
        finally:
            admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())
    eventually("/readyz says 200 again", lambda: house.api.call("GET", "/readyz").status_code == 200)
    house.api.load(few_rows())


def log_of(house: House) -> list[dict[str, Any]]:
    return [json.loads(line) for line in house.server.tail(1 << 20).splitlines() if line.startswith("{")]


def request_line(house: House, answer: requests.Response) -> dict[str, Any]:
    """The line of the access log for an answer; it may be written after the answer was sent."""
    request_id = answer.headers["X-Request-ID"]

    def found() -> dict[str, Any] | None:
        records = (record for record in log_of(house) if record["message"] == "request")
        return next((record for record in records if record["request_id"] == request_id), None)

    return eventually("its line in the log", found)


def test_why_the_database_cannot_be_reached_is_in_the_log_and_not_in_the_answer(house: House) -> None:
    def is_told(message: str, words: str) -> bool:
        house.api.call("GET", "/readyz")
        told = (record for record in log_of(house) if record["message"] == message)
        return any(words in json.dumps(record) for record in told)

    name = str(house.database.value("SELECT current_database()"))
    with psycopg.connect(server_url(), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        admin.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            eventually("/readyz says 503", lambda: house.api.call("GET", "/readyz").status_code == 503)
            words = "is not currently accepting connections"
            for message in ("no connection to the database", "not listening to the database", "not ready"):
                eventually(f"{message}: why", lambda message=message: is_told(message, words))
            for path in ("/readyz", "/imports"):
                assert words not in house.api.call("GET", path).text
        finally:
            admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())


def test_the_access_log_says_which_import_a_request_was_about(house: House) -> None:
    answer = house.api.send(few_rows())
    task_id = answer.json()["task_id"]
    house.api.wait(task_id)
    asked = [answer, house.api.send(few_rows())]
    for call in (("GET", ""), ("GET", "/status"), ("GET", "/errors"), ("DELETE", "")):
        asked.append(house.api.call(call[0], f"/imports/{task_id}{call[1]}"))
    for answer in asked:
        assert request_line(house, answer).get("task_id") == task_id
    # What a caller makes up does not come into it.
    assert "task_id" not in request_line(house, house.api.call("GET", "/imports/made-up"))
    assert any(record.get("task_id") == task_id for record in log_of(house) if record["message"] == "import done")


def test_the_totals_count_what_was_done(house: House) -> None:
    house.api.load(few_rows())
    house.api.load(HEADER.encode() + b"x,A,1,2024-01-01,1,1.00\n")
    stats = house.api.get("/stats")
    assert stats["total"] == stats["done"] == 2, stats
    assert stats["failed"] == stats["running"] == stats["queued"] == 0
    assert 0 <= stats["average_seconds"] <= stats["p95_seconds"]
    assert set(stats["by_target"]) == {"demo.sales"} and set(stats["by_priority"]) == {"normal"}


def test_the_metrics_are_well_formed_and_count(house: House) -> None:
    house.api.load(few_rows(count=5) + b"x,A,1,2024-01-01,1,1.00\n")
    answer = house.api.call("GET", "/metrics")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=answer.content, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()
    missing = [name for name in METRICS if f"# TYPE {name} " not in answer.text]
    assert missing == []
    for outcome, count in {"inserted": 5, "ok": 5, "bad": 1}.items():
        assert re.search(rf'^sluice_rows_total{{outcome="{outcome}"}} {count}(\.0)?$', answer.text, re.M), outcome
    assert re.search(r'^sluice_imports_total{[^}]*status="done"[^}]*} 1(\.0)?$', answer.text, re.M)
    # A route, and never the path that a caller made up.
    house.api.call("GET", f"/imports/{uuid.uuid4()}")
    text = house.api.call("GET", "/metrics").text
    assert 'route="/imports/{id}"' in text and not re.search(r'route="/imports/[0-9a-f-]{36}', text)


def test_a_name_that_is_not_ours_is_refused_on_loopback(shared_house: House) -> None:
    answer = shared_house.api.call("GET", "/imports", headers={"Host": "elsewhere.example"})
    assert answer.status_code in (400, 403, 421), answer.status_code


def test_request_ids_come_back(shared_house: House) -> None:
    answer = shared_house.api.call("GET", f"/imports/{uuid.uuid4()}", headers={"X-Request-ID": "abc-123"})
    assert answer.json()["request_id"] == "abc-123"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers


# openapi.json.


def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    methods = {"get", "put", "post", "delete", "patch"}
    return {
        (method.upper(), path) for path, item in document["paths"].items() for method in item if method in methods
    }


def plain(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"{[^}]*}", "{}", path)


def test_openapi_is_valid_and_names_each_call(shared_house: House) -> None:
    document = shared_house.api.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    named = {(method, plain(path)) for method, path in operations(document)}
    assert {(method, plain(path)) for method, path in CALLS} - named == set()


def test_each_call_of_openapi_is_there(shared_house: House) -> None:
    document = shared_house.api.get("/openapi.json")
    task_id = shared_house.api.load(few_rows(7000))["task_id"]
    for method, path in sorted(operations(document)):
        names = {"targets": "demo.sales", "assets": "main.js"}
        place = re.sub(r"{[^}]*}", names.get(path.split("/")[1], task_id), path)
        if path == "/templates/{name}":
            shared_house.api.call("PUT", place, json={})
        answer = shared_house.api.call(method, place)
        assert answer.status_code not in (404, 405, 500), f"{method} {path}: {answer.status_code}"
        if answer.status_code == 501:  # part of the contract, and of a later version
            check_problem(answer, 501, "not_implemented")
        described = document["paths"][path][method.lower()]["responses"]
        assert str(answer.status_code) in described or "default" in described, (
            f"{method} {path} answers {answer.status_code}, which openapi.json does not know"
        )


def test_answers_have_the_shape_that_openapi_gives(house: House) -> None:
    document = house.api.get("/openapi.json")
    registry = Registry().with_resource("urn:api", Resource(contents=document, specification=DRAFT202012))
    sent = house.api.send(ROOT / "Fixtures/sales-tiny.csv")
    task_id = sent.json()["task_id"]
    house.api.wait(task_id)
    answers = [
        ("POST", "/imports", sent),
        ("POST", "/imports", house.api.send(ROOT / "Fixtures/sales-tiny.csv")),
        ("POST", "/imports", house.api.send(few_rows(), "demo.nowhere")),
        ("DELETE", "/imports/{id}", house.api.call("DELETE", f"/imports/{task_id}")),
        ("GET", "/imports/{id}", house.api.call("GET", f"/imports/{uuid.uuid4()}")),
    ]
    for path in ("/imports", "/imports/{id}", "/imports/{id}/status", "/targets", "/targets/{target}", "/stats"):
        place = path.replace("{id}", task_id).replace("{target}", "demo.sales")
        answers.append(("GET", path, house.api.call("GET", place)))
    for path in ("/healthz", "/readyz"):
        answers.append(("GET", path, house.api.call("GET", path)))
    errors = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "json"})
    answers.append(("GET", "/imports/{id}/errors", errors))

    for method, path, answer in answers:
        pointer = schema_pointer(document, method, path, answer)
        jsonschema.validators.Draft202012Validator(
            {"$ref": "urn:api#" + pointer}, registry=registry
        ).validate(answer.json())


def schema_pointer(document: dict[str, Any], method: str, path: str, answer: requests.Response) -> str:
    """Where in the document the schema of an answer stands."""
    written = next(name for name in document["paths"] if plain(name) == plain(path))
    responses = document["paths"][written][method.lower()]["responses"]
    status = str(answer.status_code)
    assert status in responses, f"{method} {path}: {status} is not in openapi.json"
    response = responses[status]
    pointer = f"/paths/{escaped(written)}/{method.lower()}/responses/{status}"
    if "$ref" in response:
        pointer = response["$ref"].removeprefix("#")
        for part in pointer.strip("/").split("/"):
            document = document[part.replace("~1", "/").replace("~0", "~")]
        response = document
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in response["content"], f"{method} {path} {status}: {kind} is not in openapi.json"
    return f"{pointer}/content/{escaped(kind)}/schema"


def escaped(part: str) -> str:
    """A part of a JSON pointer inside a URI fragment."""
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")
