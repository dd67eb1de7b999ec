"""Foreign keys by natural key: the file has what people know a row by, the table gets what the database knows it by."""

import csv
import io
import json
import time
from typing import Any

import openpyxl
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api import check_problem
from conftest import House, HouseMaker
from program import eventually
from test_kill import nobody_works, worker_of

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE demo.region AS ENUM ('north', 'south', 'east');
CREATE TABLE demo.customers (
  id integer GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
  email text UNIQUE, login citext UNIQUE, number smallint UNIQUE, token uuid UNIQUE, region demo.region UNIQUE,
  rate numeric(6,2) UNIQUE, code varchar(4) UNIQUE, name text
);
INSERT INTO demo.customers (email, login, number, token, region, rate, code, name) VALUES
  ('ada@mail.example', 'Ada', 7, '00000000-0000-0000-0000-00000000000a', 'north', 1.00, 'a', 'Smith'),
  ('bob@mail.example', 'Bob', 8, '00000000-0000-0000-0000-00000000000b', 'south', 1.10, 'b', 'Smith'),
  ('eve@mail.example', 'Eve', 9, '00000000-0000-0000-0000-00000000000e', 'east', 1.20, 'e', 'Jones');
CREATE TABLE demo.orders (
  id integer PRIMARY KEY, customer_id bigint REFERENCES demo.customers, item text
);
"""

ADA, BOB, EVE = 100, 101, 102


@pytest.fixture
def house(make_house: HouseMaker) -> House:
    house = make_house()
    house.database.execute(SCHEMA)
    return house


def mapping(lookup: str = "demo.customers.email", header: str = "customer", column: str = "customer_id") -> str:
    return json.dumps({header: {"column": column, "lookup": lookup}})


def held(house: House, query: str = "SELECT id, customer_id, item FROM demo.orders ORDER BY id") -> list[tuple]:
    return house.database.rows(query)


Fault = tuple[int, int, str, str, str, str, str]


def faults(house: House, task_id: str) -> list[Fault]:
    """The whole of the report."""
    return [
        (int(row["row"]), int(row["line"]), row["column"], row["code"], row["message"], row["value"], row["raw"])
        for row in house.api.error_report(task_id)
    ]


FILE = b"""id,customer,item
1,ada@mail.example,pen
2,bob@mail.example,ink
3,,paper
4,ada@mail.example,"two
lines"
5,nobody@mail.example,desk
6,Ada@mail.example,chair
"""

NOBODY = [
    (5, 7, "customer_id", "lookup_failed", "no row in demo.customers has email 'nobody@mail.example'",
     "nobody@mail.example", "5,nobody@mail.example,desk"),
    (6, 8, "customer_id", "lookup_failed", "no row in demo.customers has email 'Ada@mail.example'",
     "Ada@mail.example", "6,Ada@mail.example,chair"),
]

# What there is


@pytest.mark.parametrize("filled", [False, True])
def test_a_natural_key_becomes_what_the_foreign_key_refers_to(house: House, filled: bool) -> None:
    if filled:
        house.database.execute(f"INSERT INTO demo.orders VALUES (1, {EVE}, 'old'), (2, {BOB}, 'ink'), (9, NULL, 'x')")

    found = house.api.load(FILE, "demo.orders", mapping=mapping())

    expected = [(1, ADA, "pen"), (2, BOB, "ink"), (3, None, "paper"), (4, ADA, "two\nlines")]
    assert held(house) == expected + ([(9, None, "x")] if filled else [])
    assert faults(house, found["task_id"]) == NOBODY
    counts = {name: found[f"rows_{name}"] for name in ("read", "ok", "bad", "inserted", "updated", "unchanged")}
    assert counts == {
        "read": 6, "ok": 4, "bad": 2, "inserted": 2 if filled else 4, "updated": int(filled), "unchanged": int(filled)
    }
    assert house.database.staging_tables() == []


@pytest.mark.parametrize(
    ("key", "values", "strange"),
    [
        ("login", ["ADA", "bob", "Eve"], "Adam"),
        ("number", ["7", "+8", "009"], "10"),
        ("token", ["{0000000000000000000000000000000A}", "00000000-0000-0000-0000-00000000000b",
                   "00000000-0000-0000-0000-00000000000E"], "00000000-0000-0000-0000-00000000000c"),
        ("region", ["north", "south", "east"], None),
        ("rate", ["1", "1.1", "1.200"], "1.004"),
        ("code", ["a", "b", "e"], "abcdef"),
    ],
)
def test_a_key_is_of_its_own_columns_type(house: House, key: str, values: list[str], strange: str | None) -> None:
    rows = [f"{number},{value},x" for number, value in enumerate(values, 1)]
    rows += [f"8,{strange},x"] if strange else []
    file = "\n".join(["id,customer,item", *rows]) + "\n"

    found = house.api.load(file.encode(), "demo.orders", mapping=mapping(f"demo.customers.{key}"))

    assert held(house) == [(1, ADA, "x"), (2, BOB, "x"), (3, EVE, "x")]
    messages = [f"no row in demo.customers has {key} '{strange}'"] if strange else []
    assert [row["message"] for row in house.api.error_report(found["task_id"])] == messages


def test_what_is_no_key_at_all_is_a_fault_of_its_type(house: House) -> None:
    file = b"id,customer,item\n1,7,x\n2,seven,x\n3,70000,x\n"

    found = house.api.load(file, "demo.orders", mapping=mapping("demo.customers.number"))
    words = house.api.load(b"id,customer,item\n4,west,x\n", "demo.orders", mapping=mapping("demo.customers.region"))

    codes = [(row["row"], row["column"], row["code"]) for row in house.api.error_report(found["task_id"])]
    assert codes == [("2", "customer_id", "type"), ("3", "customer_id", "out_of_range")]
    assert house.api.error_report(words["task_id"])[0]["code"] == "type"
    assert held(house) == [(1, ADA, "x")]


def test_a_key_that_several_rows_have_says_how_many(house: House) -> None:
    file = b"id,customer,item\n1,Jones,x\n2,Smith,x\n3,Miller,x\n4,,x\n"

    found = house.api.load(file, "demo.orders", mapping=mapping("demo.customers.name"))

    assert held(house) == [(1, EVE, "x"), (4, None, "x")]
    assert [fault[4:6] for fault in faults(house, found["task_id"])] == [
        ("2 rows in demo.customers have name 'Smith'", "Smith"),
        ("no row in demo.customers has name 'Miller'", "Miller"),
    ]


def test_a_row_without_the_value_is_none(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.shops (name text UNIQUE, number integer UNIQUE); INSERT INTO demo.shops VALUES ('a', 1), ('b', NULL);"
        " CREATE TABLE demo.visits (id integer PRIMARY KEY, shop integer REFERENCES demo.shops (number))"
    )
    found = house.api.load(b"id,shop\n1,a\n2,b\n", "demo.visits", mapping=mapping("demo.shops.name", "shop", "shop"))

    assert house.database.rows("TABLE demo.visits") == [(1, 1)]
    assert [fault[4] for fault in faults(house, found["task_id"])] == [
        "the row in demo.shops that has name 'b' has no number"
    ]


def test_a_row_with_two_keys_that_lead_nowhere_has_two_faults(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.gifts (id integer PRIMARY KEY, giver integer NOT NULL REFERENCES demo.customers,"
        " taker integer NOT NULL, day date)"
    )
    both = json.dumps(
        {
            "From": {"column": "giver", "lookup": "demo.customers.email"},
            "to": {"column": "Taker", "lookup": "demo.customers.login"},
        }
    )
    file = b"id,to,day,from\n1,EVE,2024-01-01,ada@mail.example\n2,x,2024-01-01,y\n3,x,soon,y\n4,x,2024-01-01,\n"

    found = house.api.load(file, "demo.gifts", mapping=both)

    assert house.database.rows("SELECT id, giver, taker FROM demo.gifts") == [(1, ADA, EVE)]
    report = [(row["row"], row["column"], row["code"], row["value"]) for row in house.api.error_report(found["task_id"])]
    assert report == [
        ("2", "taker", "lookup_failed", "x"),
        ("2", "giver", "lookup_failed", "y"),
        # What is wrong by itself is told first: no key is looked up then.
        ("3", "day", "type", "soon"),
        ("4", "giver", "required", ""),
    ]


def test_a_case_insensitive_collation_and_a_type_off_the_search_path_mean_what_their_owner_means(house: House) -> None:
    house.database.execute(
        "CREATE SCHEMA app; ALTER EXTENSION citext SET SCHEMA app;"
        " CREATE COLLATION app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        " CREATE DOMAIN app.mail AS app.citext NOT NULL CHECK (VALUE LIKE '%@%');"
        ' CREATE TABLE app."The.Users" (id bigint PRIMARY KEY, "e mail" app.mail UNIQUE, nick text COLLATE app.ci);'
        """ INSERT INTO app."The.Users" VALUES (1, 'ada@x', 'Ada'), (2, 'bob@x', 'ADA'), (3, 'eve@x', 'Éve');"""
        " CREATE TABLE demo.posts (id integer PRIMARY KEY, author integer)"
    )
    first = house.api.load(
        b"id,author\n1,BOB@X\n2,nobody\n3,\n",
        "demo.posts",
        mapping=mapping('app."The.Users".e mail', "author", "author"),
    )
    # The pages of an index in another collation do not say that names are unique in this one.
    house.database.execute('CREATE UNIQUE INDEX ON app."The.Users" (nick COLLATE "C")')
    second = house.api.load(
        "id,author\n4,ÉVE\n5,aDa\n".encode(), "demo.posts", mapping=mapping('app."The.Users".nick', "author", "author")
    )

    assert house.database.rows("TABLE demo.posts") == [(1, 2), (3, None), (4, 3)]
    assert [fault[4] for fault in faults(house, first["task_id"])] == [
        "no row in app.The.Users has e mail 'nobody'"
    ]
    assert [fault[4] for fault in faults(house, second["task_id"])] == ["2 rows in app.The.Users have nick 'aDa'"]


def test_a_type_without_a_binary_form_can_be_a_key(house: House) -> None:
    house.database.execute(
        "CREATE EXTENSION isn; CREATE TABLE demo.books (id smallint PRIMARY KEY, number isbn13 UNIQUE);"
        " INSERT INTO demo.books VALUES (1, '978-0-393-04002-9'), (2, '978-0-11-000533-1');"
        " CREATE TABLE demo.loans (id integer PRIMARY KEY, book integer REFERENCES demo.books)"
    )
    found = house.api.load(
        b"id,book\n1,9780393040029\n2,978-0-11-000533-1\n3,9780306406157\n4,book\n",
        "demo.loans",
        mapping=mapping("demo.books.number", "book", "book"),
    )
    assert house.database.rows("TABLE demo.loans") == [(1, 1), (2, 2)]
    report = [(row["row"], row["code"]) for row in house.api.error_report(found["task_id"])]
    assert report == [("3", "lookup_failed"), ("4", "type")]


def test_a_table_that_refers_to_itself_knows_the_rows_that_were_there(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.staff (id integer PRIMARY KEY, name text UNIQUE, boss integer REFERENCES demo.staff);"
        " INSERT INTO demo.staff VALUES (1, 'Ada', NULL)"
    )
    # Without a header, fields have the names `column_1` and so on.
    names = {"column_1": "id", "column_2": "name", "column_3": {"column": "boss", "lookup": "demo.staff.name"}}
    file = b"2,Bob,Ada\n3,Eve,Bob\n"

    first = house.api.load(file, "demo.staff", mapping=json.dumps(names), header="false")
    assert [row["code"] for row in house.api.error_report(first["task_id"])] == ["lookup_failed"]
    second = house.api.load(file, "demo.staff", mapping=json.dumps(names), header="false", force="true")

    assert house.database.rows("TABLE demo.staff ORDER BY id") == [(1, "Ada", None), (2, "Bob", 1), (3, "Eve", 2)]
    assert (second["rows_unchanged"], second["rows_inserted"]) == (1, 1)


# The resolved value is what counts


@pytest.mark.parametrize(("duplicates", "item", "bad", "skipped"), [
    ("last", "later", 0, 2), ("first", "sooner", 0, 2), ("reject", None, 4, 0)
])
@pytest.mark.parametrize("filled", [False, True])
def test_a_key_may_be_part_of_the_conflict_key(
    house: House, duplicates: str, item: str | None, bad: int, skipped: int, filled: bool
) -> None:
    house.database.execute(
        "CREATE TABLE demo.carts (customer_id bigint REFERENCES demo.customers, day date, item text,"
        " PRIMARY KEY (customer_id, day))"
    )
    if filled:
        house.database.execute(f"INSERT INTO demo.carts VALUES ({BOB}, '2024-01-01', 'old'), ({EVE}, '2024-01-09', 'z')")
    # `ADA` and `ada` are two texts and one customer.
    file = (
        "customer,day,item\nADA,2024-01-01,sooner\nbob,2024-01-01,b\nada,2024-01-01,later\nADA,2024-01-02,c\n"
        "EVE,2024-01-03,sooner\nnobody,2024-01-03,d\neve,2024-01-03,later\n"
    )

    found = house.api.load(
        file.encode(), "demo.carts", mapping=mapping("demo.customers.login"), duplicates=duplicates
    )

    rows = [(BOB, "b"), (ADA, "c")] + ([(ADA, item), (EVE, item)] if item else [])
    got = house.database.rows("SELECT customer_id, item FROM demo.carts WHERE item <> 'z'")
    assert sorted(got) == sorted(rows)
    assert (found["rows_bad"], found["rows_skipped"]) == (bad + 1, skipped), found
    assert found["rows_updated"] == int(filled)
    codes = {row["code"] for row in house.api.error_report(found["task_id"])}
    assert codes == {"lookup_failed"} | ({"duplicate_key"} if bad else set())


def test_a_partitioned_target_and_a_partitioned_table_of_keys(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.branches (id integer PRIMARY KEY, name text) PARTITION BY RANGE (id);"
        " CREATE TABLE demo.branches1 PARTITION OF demo.branches FOR VALUES FROM (1) TO (10);"
        " CREATE TABLE demo.branches2 PARTITION OF demo.branches FOR VALUES FROM (10) TO (20);"
        " INSERT INTO demo.branches VALUES (1, 'Main'), (11, 'Side'), (12, 'Twice'), (2, 'Twice');"
        " CREATE TABLE demo.sold (store integer REFERENCES demo.branches, day date, n integer, PRIMARY KEY (store, day))"
        " PARTITION BY LIST (store);"
        " CREATE TABLE demo.sold1 PARTITION OF demo.sold FOR VALUES IN (1);"
        " CREATE TABLE demo.sold2 PARTITION OF demo.sold FOR VALUES IN (11);"
        " INSERT INTO demo.sold VALUES (11, '2024-01-01', 5)"
    )
    found = house.api.load(
        b"store,day,n\nMain,2024-01-01,1\nSide,2024-01-01,2\nTwice,2024-01-01,3\nNone,2024-01-01,4\n",
        "demo.sold",
        mapping=mapping("demo.branches.name", "store", "store"),
    )
    assert house.database.rows("SELECT store, n FROM demo.sold ORDER BY 1") == [(1, 1), (11, 2)]
    assert (found["rows_inserted"], found["rows_updated"], found["rows_bad"]) == (1, 1, 2)
    assert house.database.rows("SELECT n FROM demo.sold2") == [(2,)]


def test_json_and_workbooks_have_keys_too(house: House) -> None:
    records = [
        {"id": 1, "customer": {"number": 7}, "item": "x"},
        {"id": 2, "customer": {"number": None}, "item": "x"},
        {"id": 3, "customer": {"number": 99}, "item": "x"},
    ]
    text = "\n".join(map(json.dumps, records)).encode()
    found = house.api.load(text, "demo.orders", mapping=mapping("demo.customers.number", "customer.number"))
    assert [fault[4:6] for fault in faults(house, found["task_id"])] == [
        ("no row in demo.customers has number '99'", "99")
    ]

    book = openpyxl.Workbook()
    for row in (["id", "customer", "item"], [4, 8, "y"], [5, "9", "y"], [6, None, "y"], [7, 10, "y"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    found = house.api.load(out.getvalue(), "demo.orders", mapping=mapping("demo.customers.number"))

    assert [fault[4] for fault in faults(house, found["task_id"])] == ["no row in demo.customers has number '10'"]
    assert held(house) == [(1, ADA, "x"), (2, None, "x"), (4, BOB, "y"), (5, EVE, "y"), (6, None, "y")]


def test_mended_rows_go_in_with_the_same_mapping(house: House) -> None:
    house.api.call("PUT", "/templates/orders", json={"mapping": json.loads(mapping())})
    task_id = house.api.load(FILE, "demo.orders", template="orders")["task_id"]

    source = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "source"}).text
    rows = list(csv.DictReader(io.StringIO(source, newline="")))
    assert [row["_errors"] for row in rows] == [f"customer_id: {fault[4]} [lookup_failed]" for fault in NOBODY]
    # One row is mended, the other one's customer is made.
    house.database.execute("INSERT INTO demo.customers (email) VALUES ('nobody@mail.example')")
    again = house.api.load(source.replace("Ada@", "ada@").encode(), "demo.orders", template="orders")

    assert again["rows_inserted"] == again["rows_read"] == 2
    assert held(house)[4:] == [(5, EVE + 1, "desk"), (6, ADA, "chair")]


# What cannot be


@pytest.mark.parametrize(
    ("lookup", "says"),
    [
        ("demo.nobody.email", "there is no table demo.nobody"),
        ("demo.customers.mail", 'demo.customers has no column "mail"'),
        ("customers.email", "is no name of a column"),
        ("demo.customers.photo", "cannot be compared"),
        ("demo.names.name", "the table's primary key is not one column"),
        ("demo.words.name", "does not fit into"),
        ("demo.people.name", "is no table"),
        ("sluice.imports.target", "there is no table"),
        ("pg_catalog.pg_class.relname", "there is no table"),
    ],
)
def test_a_lookup_that_cannot_be_is_refused_at_once(house: House, lookup: str, says: str) -> None:
    house.database.execute(
        "ALTER TABLE demo.customers ADD photo json; CREATE VIEW demo.people AS SELECT * FROM demo.customers;"
        " CREATE TABLE demo.names (a integer, b integer, name text UNIQUE, PRIMARY KEY (a, b));"
        " CREATE TABLE demo.words (id text PRIMARY KEY, name text UNIQUE)"
    )
    problem = check_problem(house.api.send(FILE, "demo.orders", mapping=mapping(lookup)), 422, "bad_option")
    assert "`mapping`" in problem["detail"] and says in problem["detail"], problem
    assert house.database.value("SELECT count(*) FROM sluice.imports") == 0


@pytest.mark.parametrize(
    "entry",
    [{"column": "customer_id"}, {"lookup": "demo.customers.email"}, {"column": "customer_id", "lookup": None},
     {"column": "customer_id", "lookup": "demo.customers.email", "more": "x"}, ["customer_id"], 7],
)
def test_an_entry_of_another_form_is_refused(house: House, entry: Any) -> None:
    told = json.dumps({"customer": entry})
    problem = check_problem(house.api.send(FILE, "demo.orders", mapping=told), 422, "bad_option")
    assert "`mapping`" in problem["detail"]
    check_problem(house.api.call("PUT", "/templates/t", json={"mapping": json.loads(told)}), 422, "bad_option")


def test_a_table_that_the_role_may_not_read_is_not_looked_into(make_house: HouseMaker) -> None:
    with make_house_as_clerk(make_house) as (house, admin):
        admin.execute(b"GRANT SELECT (email) ON demo.customers TO clerk")
        problem = check_problem(house.api.send(FILE, "demo.orders", mapping=mapping()), 422, "bad_option")
        assert 'may not read "email" and "id" of demo.customers' in problem["detail"]

        # Reading is enough, whatever may be imported into.
        admin.execute(b"GRANT SELECT (id) ON demo.customers TO clerk")
        found = house.api.load(FILE, "demo.orders", mapping=mapping())
        assert found["rows_inserted"] == 4


class make_house_as_clerk:
    """A house whose server is somebody who owns the schema `sluice`, and may write the orders only."""

    def __init__(self, make_house: HouseMaker) -> None:
        self.make_house = make_house

    def __enter__(self) -> tuple[House, psycopg.Connection]:
        house = self.make_house("--no-worker", SLUICE_TARGETS="demo.orders")
        database = house.database
        database.execute(SCHEMA)
        name = database.value("SELECT current_database()")
        database.execute(
            "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA demo TO clerk;"
            " GRANT SELECT, INSERT, UPDATE ON demo.orders TO clerk; GRANT ALL ON SCHEMA sluice TO clerk;"
            " GRANT ALL ON ALL TABLES IN SCHEMA sluice TO clerk"
        )
        database.connection.execute(sql.SQL("REVOKE TEMP ON DATABASE {} FROM PUBLIC").format(sql.Identifier(str(name))))
        url = make_conninfo(database.url, user="clerk")
        self.other = self.make_house(SLUICE_DATABASE_URL=url, SLUICE_TARGETS="demo.orders")
        self.database = database
        return self.other, database.connection

    def __exit__(self, *_: object) -> None:
        self.other.server.stop()
        self.database.execute("DROP OWNED BY clerk; DROP ROLE clerk")


# How many rejects may be


@pytest.mark.parametrize("options", [{"on_error": "abort"}, {"max_rejects": "1"}, {"max_reject_ratio": "0.1"}])
def test_keys_that_lead_nowhere_count_as_rejects(house: House, options: dict[str, str]) -> None:
    task_id = house.api.submit(FILE, "demo.orders", mapping=mapping(), **options)
    found = house.api.wait(task_id, "failed")

    assert found["error"]["code"] == "too_many_rejects", found
    assert (found["rows_read"], found["rows_bad"]) == (6, 2)
    assert faults(house, task_id) == NOBODY
    assert held(house) == []
    # Once the customers are there, the same request goes in.
    house.database.execute("INSERT INTO demo.customers (email) VALUES ('nobody@mail.example'), ('Ada@mail.example')")
    assert house.api.load(FILE, "demo.orders", mapping=mapping(), **options)["rows_inserted"] == 6


def test_the_report_of_keys_has_an_end(make_house: HouseMaker) -> None:
    house = make_house(SLUICE_REJECT_LIMIT="25000")
    house.database.execute(SCHEMA)
    rows = "".join(f"{number},nobody{number},x\n" if number % 4 else f"{number},Eve,x\n" for number in range(1, 100_001))
    file = b"id,customer,item\n0,x,x,too many\n" + rows.encode()

    found = house.api.load(file, "demo.orders", mapping=mapping("demo.customers.login"))

    assert (found["rows_bad"], found["rows_inserted"]) == (75_001, 25_000)
    report = house.api.error_report(found["task_id"])
    assert [int(row["row"]) for row in report] == [1] + [row + 1 for row in range(1, 33_333) if row % 4][:24_999]
    assert report[1]["raw"] == "1,nobody1,x" and report[-1]["value"] == f"nobody{int(report[-1]['row']) - 1}"
    body = house.api.call("HEAD", f"/imports/{found['task_id']}/errors").headers
    assert (body["X-Sluice-Rows-Bad"], body["X-Sluice-Rows-Listed"]) == ("75001", "25000")


def test_the_same_request_is_the_same_import_and_another_lookup_is_another(house: House) -> None:
    task_id = house.api.load(FILE, "demo.orders", mapping=mapping())["task_id"]

    same = house.api.send(FILE, "demo.orders", mapping=mapping()).json()
    other = house.api.send(FILE, "demo.orders", mapping=mapping("demo.customers.login")).json()

    assert (same["task_id"], same["replayed"]) == (task_id, True)
    assert other["replayed"] is False
    house.api.wait(other["task_id"])


# What happens in between


class Lock:
    """Nobody else comes to a table inside of it; what it is told to do is done when it ends."""

    def __init__(self, house: House, table: str) -> None:
        self.connection = psycopg.connect(house.database.url)
        self.table = table

    def __enter__(self) -> psycopg.Connection:
        self.connection.execute(f"LOCK TABLE {self.table} IN ACCESS EXCLUSIVE MODE".encode())
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.commit()
        self.connection.close()


def waits_for_a_lock(house: House) -> bool:
    return house.database.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'") != 0


def test_a_customer_that_goes_before_the_merge_is_a_foreign_key_that_fails(house: House) -> None:
    with Lock(house, "demo.orders") as other:
        task_id = house.api.submit(FILE, "demo.orders", mapping=mapping())
        eventually("the merge waits", lambda: house.api.object(task_id)["status"] == "loading")
        other.execute(b"DELETE FROM demo.customers WHERE email = 'bob@mail.example'")
    found = house.api.wait(task_id)

    assert [row["code"] for row in house.api.error_report(task_id)] == ["foreign_key", "lookup_failed", "lookup_failed"]
    assert [row[0] for row in held(house)] == [1, 3, 4] and found["rows_bad"] == 3


ROWS = 60_000


def big_file() -> bytes:
    rows = [f"{number},{['ada', 'BOB', 'eve', 'nobody'][number % 4]},item {number}" for number in range(1, ROWS + 1)]
    return ("id,customer,item\n" + "\n".join(rows) + "\n").encode()


def check_big(house: House, found: dict[str, Any]) -> None:
    counts = house.database.rows("SELECT customer_id, count(*)::integer FROM demo.orders GROUP BY 1 ORDER BY 1")
    assert counts == [(ADA, ROWS // 4), (BOB, ROWS // 4), (EVE, ROWS // 4)]
    wrong = f"SELECT count(*) FROM demo.orders WHERE customer_id - {ADA} <> id % 4 OR item <> 'item ' || id"
    assert house.database.value(wrong) == 0
    assert found["rows_bad"] == ROWS // 4 and found["rows_inserted"] == ROWS // 4 * 3
    rejects = house.database.rows("SELECT row, count(*)::integer FROM sluice.rejects GROUP BY 1 ORDER BY 1")
    assert rejects == [(row, 1) for row in range(3, ROWS + 1, 4)]


@pytest.mark.parametrize("locked", ["demo.customers", "demo.orders"])
def test_a_worker_that_dies_in_between_is_continued(make_house: HouseMaker, locked: str) -> None:
    house = make_house("--no-worker", SLUICE_LEASE_SECONDS="4")
    house.database.execute(SCHEMA)
    task_id = house.api.submit(big_file(), "demo.orders", mapping=mapping("demo.customers.login"))
    first, second = worker_of(house, 1), worker_of(house, 2)
    chunks = "SELECT chunk, rows_ok, rows_bad, attempt FROM sluice.chunks ORDER BY chunk"
    try:
        with Lock(house, locked) as other:
            first.start()
            # In the midst of the lookups, or right behind them.
            status = "parsing" if locked == "demo.customers" else "loading"
            eventually(
                "the worker waits for the lock",
                lambda: house.api.object(task_id)["status"] == status and waits_for_a_lock(house),
            )
            kept = house.database.rows(chunks)
            first.kill()
            if locked == "demo.orders":
                # What was found stays found.
                other.execute(b"UPDATE demo.customers SET login = 'x' || login")
        eventually("Postgres is done with the dead worker", lambda: nobody_works(house))
        assert house.database.rows(chunks) == kept
        assert [row[2] for row in kept if row[1] < 0] == ([] if locked == "demo.customers" else [ROWS // 4])

        second.start()
        found = house.api.wait(task_id)

        assert found["attempt"] == 2
        check_big(house, found)
        assert house.database.staging_tables() == []
        second.stop()
    finally:
        first.discard()
        second.discard()


def test_a_worker_that_dies_in_between_is_continued_whatever_the_type(make_house: HouseMaker) -> None:
    house = make_house("--no-worker", SLUICE_LEASE_SECONDS="4")
    # A type that the path of a session has, and an empty one has not.
    house.database.execute(
        """
        CREATE TYPE public.code AS ENUM ('a', 'b');
        CREATE TABLE demo.customers (code public.code PRIMARY KEY, login text UNIQUE);
        CREATE TABLE demo.orders (id int PRIMARY KEY, customer public.code REFERENCES demo.customers);
        INSERT INTO demo.customers VALUES ('a', 'ann'), ('b', 'bob');
        """
    )
    mapping = {"customer": {"column": "customer", "lookup": "demo.customers.login"}}
    file = b"id,customer\n1,ann\n2,bob\n3,ann\n"
    task_id = house.api.submit(file, "demo.orders", mapping=json.dumps(mapping))
    first, second = worker_of(house, 1), worker_of(house, 2)
    try:
        with Lock(house, "demo.orders"):
            first.start()
            eventually("waits", lambda: waits_for_a_lock(house) or None)
            first.kill()
        eventually("is gone", lambda: nobody_works(house) or None)
        second.start()
        house.api.wait(task_id)
        second.stop()
    finally:
        first.discard()
        second.discard()
    held = house.database.rows("SELECT id, customer::text FROM demo.orders ORDER BY 1")
    assert held == [(1, "a"), (2, "b"), (3, "a")]


def test_a_locked_table_of_keys_is_waited_for(house: House) -> None:
    with Lock(house, "demo.customers"):
        task_id = house.api.submit(FILE, "demo.orders", mapping=mapping())
        end = time.monotonic() + 7
        eventually("it is handed back", lambda: house.api.object(task_id)["status"] == "queued" or time.monotonic() > end)
    found = house.api.wait(task_id)
    assert found["rows_inserted"] == 4 and found["attempt"] == 1
