"""Imports that keep to one value of a column: files of different values go into one table side by side."""

import json
import random
import threading

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from api import check_problem
from conftest import House, HouseMaker
from program import Program, eventually

TABLE = "CREATE TABLE demo.stock (store integer, item text, quantity integer, PRIMARY KEY (store, item))"


@pytest.fixture
def stock(shared_house: House) -> Iterator[House]:
    """A house with an empty table."""
    shared_house.database.execute(TABLE)
    yield shared_house
    # What a test has left running would go on in the next one's table.
    running = "SELECT count(*) FROM sluice.imports WHERE finished_at IS NULL"
    eventually("all imports have ended", lambda: shared_house.database.value(running) == 0)
    shared_house.database.execute("DROP TABLE demo.stock")


def rows(house: House) -> list[tuple]:
    return house.database.rows("SELECT store, item, quantity FROM demo.stock ORDER BY 1, 2")


@contextmanager
def held(house: House, condition: str) -> Iterator[None]:
    """Holds rows of the table, so that a merge that changes them waits."""
    with psycopg.connect(house.database.url) as connection:
        connection.execute(f"SELECT FROM demo.stock WHERE {condition} FOR UPDATE".encode())
        yield


def merge_waits(house: House, count: int = 1) -> bool:
    waiting = house.database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'sluice import %%' AND wait_event_type = 'Lock'"
    )
    return waiting == count


# What scopes are


@pytest.mark.parametrize(
    ("kind", "first", "same", "value", "options"),
    [
        ("integer", "01", "+1", "1", {}),
        ("bigint", "1.000", "1000", "1000", {"thousands": ".", "decimal": ","}),
        ("boolean", "yes", "T", "true", {}),
        ("boolean", "ja", "true", "true", {"true_words": "ja", "false_words": "nein"}),
        ("date", "03.04.2024", "2024-04-03", "2024-04-03", {"date_order": "dmy"}),
        ("date", "April 3, 2024", "2024-04-03", "2024-04-03", {}),
        ("numeric(6,2)", "1.5", "1.500", "1.50", {}),
        ("char(4)", "ab", "ab  ", "ab", {}),
        ("varchar(4)", "ab", '"ab"', "ab", {}),
        ("text", '"a ""b"""', '"a ""b"""', 'a "b"', {}),
        ("text", '""', '""', "", {}),
        ("text", "Zürich", "Zürich", "Zürich", {}),
        ("uuid", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", {}),
        ("bytea", "\\x0A", "\\012", "\\x0a", {}),
        ("time", "7:05", "07:05:00", "07:05:00", {}),
        ("timestamp(0)", "2024-04-03 12:00:00.4", "2024-04-03 12:00", "2024-04-03 12:00:00", {}),
        ("timestamptz", "2024-04-03 12:00+02", "2024-04-03T10:00Z", "2024-04-03 10:00:00+00", {}),
        ("timestamptz", "2024-04-03 12:00", "2024-04-03T10:00Z", "2024-04-03 10:00:00+00",
         {"timezone": "Europe/Berlin"}),
        ("demo.store_kind", "outlet", "outlet", "outlet", {}),
        ("demo.country_code", "DE", "DE", "DE", {}),
    ],
)  # fmt: skip
def test_a_scope_is_a_value_and_not_how_it_is_written(
    shared_house: House, kind: str, first: str, same: str, value: str, options: dict[str, str]
) -> None:
    database = shared_house.database
    # Sessions of the program have these settings as well, and must not depend on them.
    database.execute("DROP TABLE IF EXISTS demo.part")
    database.execute(f"CREATE TABLE demo.part (part {kind}, n integer, PRIMARY KEY (part, n))")
    content = f"part;n\n{first};1\n{same};2\n".encode()
    found = shared_house.api.load(content, "demo.part", scope="part", delimiter=";", **options)
    assert found["scope"] == {"column": "part", "value": value}
    assert found["rows_inserted"] == 2, shared_house.api.error_report(found["task_id"])


def test_settings_of_the_role_do_not_change_a_scope(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    database = house.database
    database.execute("CREATE TABLE demo.part (part timestamptz, n integer, PRIMARY KEY (part, n))")
    name = database.value("SELECT current_database()")
    database.execute(f"ALTER DATABASE {name} SET DateStyle = 'German'; ALTER DATABASE {name} SET TimeZone = 'Asia/Tokyo'")
    house.server.stop()
    house.server.start()
    task_id = house.api.submit(b"part,n\n2024-04-03 12:00+02,1\n2024-04-03 10:00Z,2\n", "demo.part", scope="part")
    assert house.api.object(task_id)["scope"]["value"] == "2024-04-03 10:00:00+00"
    worker = Program(["worker"], house.settings(), house.folder / "worker.log")
    try:
        worker.start()
        assert house.api.wait(task_id)["rows_inserted"] == 2
        worker.stop()
    finally:
        worker.discard()


@pytest.mark.parametrize(
    ("content", "options", "code", "words"),
    [
        ("store,item\n1,a\n", {"scope": "shop"}, "unknown_column", "shop"),
        ("store,item,quantity\n1,a,1\n", {"scope": "quantity"}, "bad_option", "conflict key"),
        ("store,item\n1,a\n", {"scope": "store", "mode": "replace"}, "bad_option", "`scope`"),
        ("store,item\n1,a\n", {"scope": "amount", "mode": "append"}, "bad_option", "written differently"),
        ("store,item\n1,a\n", {"scope": "name", "mode": "append"}, "bad_option", "has no column for"),
        ("store,item\n", {"scope": "store"}, "bad_option", "no rows"),
        ("store,item\nx,a\n1,b\n", {"scope": "store"}, "bad_option", "line 2"),
        ("store,item\n,a\n1,b\n", {"scope": "store"}, "bad_option", "store"),
        ("store,item,name\n1,a,\n", {"scope": "name", "mode": "append"}, "bad_option", "NULL"),
        ("store,item,name\n1,a,-\n", {"scope": "name", "mode": "append", "null": "-"}, "bad_option", "NULL"),
        ("store,item,day\n1,a,01.02.2024\n", {"scope": "day", "mode": "append"}, "bad_option", "can be read as"),
        ("store,item,name\n1,a," + "x" * 1025 + "\n", {"scope": "name", "mode": "append"}, "bad_option", "longer"),
        ("store,item,word\n1,a,x\n", {"scope": "word", "mode": "append"}, "bad_option", "collation"),
        ("mail,item\na@b,a\n", {"scope": "store", "mapping":
            '{"mail": {"column": "store", "lookup": "demo.stores.name"}}'}, "bad_option", "looked up"),
    ],
)  # fmt: skip
def test_what_could_not_keep_imports_apart_is_refused(
    stock: House, content: str, options: dict[str, str], code: str, words: str
) -> None:
    stock.database.execute(
        "CREATE COLLATION IF NOT EXISTS demo.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "ALTER TABLE demo.stock ADD name text, ADD day date, ADD amount numeric, ADD word text COLLATE demo.any_case,"
        " ADD FOREIGN KEY (store) REFERENCES demo.stores"
    )
    answer = stock.api.send(content.encode(), "demo.stock", **options)
    problem = check_problem(answer, 422, code)
    assert words in problem["detail"], problem
    assert problem["hint"]
    assert stock.api.get("/imports", target="demo.stock")["items"] == []


# Rows of others


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("store,item,quantity\n1,a,1\n2,b,2\n01,c,3\n", ("2", "3")),
        ('{"store": 1, "item": "a", "quantity": 1}\n{"store": "2", "item": "b", "quantity": 2}\n'
         '{"store": 1, "item": "c", "quantity": 3}\n', ("2", "2")),
    ],
    ids=["csv", "json lines"],
)  # fmt: skip
def test_a_row_of_another_scope_is_a_reject(stock: House, content: str, lines: tuple[str, str]) -> None:
    found = stock.api.load(content.encode(), "demo.stock", scope="store", force="true")
    assert (found["rows_read"], found["rows_bad"], found["rows_inserted"]) == (3, 1, 2)
    (reject,) = stock.api.error_report(found["task_id"])
    row, line = lines
    assert (reject["row"], reject["line"], reject["column"], reject["code"]) == (row, line, "store", "scope")
    assert reject["message"] == "\"store\" is '2', and the import keeps to '1'"
    assert reject["value"] == "2"
    assert reject["raw"] == content.splitlines()[int(line) - 1]
    assert rows(stock) == [(1, "a", 1), (1, "c", 3)]


def test_one_row_of_another_scope_aborts_where_one_may(stock: House) -> None:
    content = b"store,item,quantity\n1,a,1\n2,b,2\n"
    task_id = stock.api.submit(content, "demo.stock", scope="store", on_error="abort")
    assert stock.api.wait(task_id, "failed")["error"]["code"] == "too_many_rejects"
    assert [reject["code"] for reject in stock.api.error_report(task_id)] == ["scope"]
    assert rows(stock) == []


# The option


def test_a_scope_comes_in_a_form_a_query_and_a_template(stock: House) -> None:
    api = stock.api
    assert api.call("PUT", "/templates/per-store", json={"target": "demo.stock", "scope": "store"}).status_code == 201
    sent = [
        api.send(b"store,item,quantity\n5,a,1\n", "demo.stock", scope="store"),
        api.call("POST", "/imports", params={"target": "demo.stock", "scope": "store"},
                 headers={"Content-Type": "text/csv"}, data=b"store,item,quantity\n6,a,1\n"),
        api.send(b"store,item,quantity\n7,a,1\n", "demo.stock", template="per-store"),
    ]  # fmt: skip
    for answer, store in zip(sent, "567", strict=True):
        assert answer.status_code == 202, answer.text
        assert api.wait(answer.json()["task_id"])["scope"] == {"column": "store", "value": store}


def test_another_scope_is_another_request(stock: House) -> None:
    content = b"store,item,quantity\n8,a,1\n"
    first = stock.api.load(content, "demo.stock", scope="store")
    again = stock.api.send(content, "demo.stock", scope="store")
    assert (again.status_code, again.json()["task_id"]) == (200, first["task_id"])
    whole = stock.api.load(content, "demo.stock")
    assert whole["scope"] is None
    key = {"Idempotency-Key": "the one of store 8"}
    form = {"files": {"file": ("a.csv", content)}, "headers": key}
    assert stock.api.call("POST", "/imports", data={"target": "demo.stock"}, **form).status_code == 202
    other = stock.api.call("POST", "/imports", data={"target": "demo.stock", "scope": "item"}, **form)
    check_problem(other, 422, "idempotency_key_reused")


# Side by side


def test_one_store_is_done_while_another_is_in_its_merge(stock: House) -> None:
    stock.database.execute("INSERT INTO demo.stock VALUES (1, 'a', 0), (2, 'a', 0)")
    with held(stock, "store = 1"):
        first = stock.api.submit(b"store,item,quantity\n1,a,1\n", "demo.stock", scope="store")
        eventually("its merge waits", lambda: merge_waits(stock))
        stock.api.load(b"store,item,quantity\n2,a,2\n", "demo.stock", scope="store")
        assert stock.api.object(first)["status"] in ("loading", "queued")
    stock.api.wait(first)
    assert rows(stock) == [(1, "a", 1), (2, "a", 2)]


@pytest.mark.parametrize("commit", ["atomic", "batched"])
def test_a_worker_dies_in_two_merges_and_the_next_one_ends_both(make_house: HouseMaker, commit: str) -> None:
    house = make_house("--no-worker")
    settings = house.settings() | {"SLUICE_LEASE_SECONDS": "3", "SLUICE_CONCURRENCY": "2"}
    first, second = (Program(["worker"], settings, house.folder / f"worker{n}.log") for n in (1, 2))
    house.database.execute(TABLE)
    house.database.execute("INSERT INTO demo.stock VALUES (1, 'i1', 0), (2, 'i1', 0)")
    try:
        first.start()
        with held(house, "item = 'i1'"):
            tasks = [
                house.api.submit(
                    "".join(
                        ["store,item,quantity\n", *(f"{store},i{n},{n}\n" for n in range(1, 2001)), "9,other,0\n"]
                    ).encode(),
                    "demo.stock",
                    scope="store",
                    commit=commit,
                )
                for store in (1, 2)
            ]
            eventually("both merges wait", lambda: merge_waits(house, 2))
            first.kill()
        second.start()
        for task_id in tasks:
            found = house.api.wait(task_id)
            assert found["attempt"] == 2
            counts = [found[f"rows_{part}"] for part in ("read", "bad", "inserted", "updated")]
            assert counts == [2001, 1, 1999, 1], found
            assert [reject["code"] for reject in house.api.error_report(task_id)] == ["scope"]
        expected = sorted((store, f"i{n}", n) for store in (1, 2) for n in range(1, 2001))
        assert sorted(rows(house)) == expected
        assert house.database.staging_tables() == []
        second.stop()
    finally:
        first.discard()
        second.discard()


class Application(threading.Thread):
    """Changes rows of all stores, many in a transaction, in the order of the key or the other way round."""

    def __init__(self, house: House, order: str) -> None:
        super().__init__()
        self.url = house.database.url
        self.order = order
        self.ends = threading.Event()
        # How often it has changed each row.
        self.changed = 0
        self.error: Exception | None = None

    def run(self) -> None:
        keys = [(store, f"i{n:04}") for store in range(1, 7) for n in range(1, 2001, 100)]
        keys.sort(reverse=self.order == "down")
        try:
            with psycopg.connect(self.url) as connection:
                while not self.ends.is_set():
                    try:
                        with connection.transaction():
                            for key in keys:
                                connection.execute(
                                    "UPDATE demo.stock SET sold = sold + 1 WHERE store = %s AND item = %s", key
                                )
                        self.changed += 1
                    except psycopg.errors.DeadlockDetected:
                        # As whoever tries again should: at another moment than the others.
                        self.ends.wait(random.random() / 2)
        except Exception as error:  # It is raised by the test.
            self.error = error


@pytest.mark.timeout(600)
@pytest.mark.parametrize("commit", ["atomic", "batched"])
def test_six_stores_at_once_beside_an_application(make_house: HouseMaker, commit: str) -> None:
    house = make_house(SLUICE_CONCURRENCY="6")
    database = house.database
    database.execute(TABLE)
    database.execute("ALTER TABLE demo.stock ADD sold integer NOT NULL DEFAULT 0")
    database.execute(
        "INSERT INTO demo.stock SELECT s, 'i' || to_char(n, 'FM0000'), 0"
        " FROM generate_series(1, 6) s, generate_series(1, 2000) n"
    )
    applications = [Application(house, order) for order in ("up", "down")]
    for application in applications:
        application.start()
    try:
        for round_ in range(1, 4):
            tasks = [
                house.api.submit(
                    "".join(
                        # Neither in the order of the key nor against it.
                        ["store,item,quantity\n"]
                        + [f"{store},i{1 + n * 7 % 2500:04},{round_}\n" for n in range(2500)]
                    ).encode(),
                    "demo.stock",
                    scope="store",
                    commit=commit,
                )
                for store in range(1, 7)
            ]
            for task_id in tasks:
                house.api.wait(task_id, seconds=240)
        eventually("each has written", lambda: all(application.changed for application in applications))
    finally:
        for application in applications:
            application.ends.set()
        for application in applications:
            application.join(60)
    for application in applications:
        if application.error:
            raise application.error
    assert database.value("SELECT count(*) FROM demo.stock WHERE quantity = 3") == 6 * 2500
    assert database.value("SELECT count(*) FROM demo.stock") == 6 * 2500
    # No change of the application's was overwritten.
    changed = sum(application.changed for application in applications)
    assert database.rows("SELECT DISTINCT sold FROM demo.stock WHERE item LIKE '%01' AND item <= 'i2000'") == [(changed,)]
    assert database.value("SELECT count(*) FROM demo.stock WHERE sold NOT IN (0, %s)", changed) == 0
