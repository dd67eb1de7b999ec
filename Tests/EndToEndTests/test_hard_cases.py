"""Files, tables and moments that are out of the ordinary."""

from pathlib import Path
from typing import Any

import psycopg

from api import check_problem
from conftest import House, HouseMaker
from program import eventually


def test_a_zero_byte_costs_its_row_only(house: House) -> None:
    house.database.execute("CREATE TABLE demo.notes (id integer PRIMARY KEY, v text)")
    found = house.api.load(b"id,v\n1,a\0b\n\0 2,c\n3,d\n", "demo.notes")
    assert (found["rows_bad"], found["rows_inserted"]) == (2, 1)
    report = house.api.error_report(found["task_id"])
    assert [(line["row"], line["column"], line["code"]) for line in report] == [
        ("1", "v", "bad_encoding"),
        ("2", "id", report[1]["code"]),
    ]


def test_a_partitioned_table_takes_new_changed_and_unchanged_rows(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.parts (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id)",
    )
    house.database.execute("CREATE TABLE demo.parts_1 PARTITION OF demo.parts FOR VALUES FROM (0) TO (10)")
    house.database.execute("CREATE TABLE demo.parts_2 PARTITION OF demo.parts FOR VALUES FROM (10) TO (20)")
    assert house.api.load(b"id,v\n1,a\n12,b\n", "demo.parts")["rows_inserted"] == 2
    found = house.api.load(b"id,v\n1,a\n12,c\n13,d\n", "demo.parts")
    assert (found["rows_unchanged"], found["rows_updated"], found["rows_inserted"]) == (1, 1, 1)


def test_values_that_are_equal_but_not_the_same_are_written(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.shades (id integer PRIMARY KEY, n numeric, i interval, j jsonb, d double precision)"
    )
    house.database.execute("INSERT INTO demo.shades VALUES (1, 1.0, '1 day', '{\"a\": 1.0}', 0), (2, 2, '1 s', '1', 1)")
    found = house.api.load(b'id,n,i,j,d\n1,1.00,24:00:00,"{""a"":1}",-0\n2,2,1 s,1,1\n', "demo.shades")
    assert (found["rows_updated"], found["rows_unchanged"]) == (1, 1)
    assert house.database.rows("SELECT n::text, i::text, j::text, d::text FROM demo.shades WHERE id = 1") == [
        ("1.00", "24:00:00", '{"a": 1}', "-0")
    ]


def test_duplicates_that_are_rejected_count_against_the_limits(house: House) -> None:
    house.database.execute("CREATE TABLE demo.keys (id integer PRIMARY KEY, v text)")
    rows = b"id,v\n1,a\n2,b\n1,c\n"
    task_id = house.api.submit(rows, "demo.keys", duplicates="reject", on_error="abort")
    failed = house.api.wait(task_id, "failed")
    assert failed["error"]["code"] == "too_many_rejects"
    assert house.database.value("SELECT count(*) FROM demo.keys") == 0
    report = house.api.error_report(task_id)
    assert [(line["row"], line["line"], line["code"], line["raw"]) for line in report] == [
        ("1", "2", "duplicate_key", "1,a"),
        ("3", "4", "duplicate_key", "1,c"),
    ]
    done = house.api.load(rows, "demo.keys", duplicates="reject")
    assert (done["rows_bad"], done["rows_inserted"]) == (2, 1)


def test_a_trigger_that_swallows_rows_is_found_out(house: House) -> None:
    house.database.execute("CREATE TABLE demo.swallowed (id integer PRIMARY KEY, v text)")
    house.database.execute(
        "CREATE FUNCTION demo.swallow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    house.database.execute(
        "CREATE TRIGGER swallow BEFORE INSERT ON demo.swallowed FOR EACH ROW EXECUTE FUNCTION demo.swallow()"
    )
    for present in (0, 1):  # into an empty table, and into one that is not
        task_id = house.api.submit(f"id,v\n1,a\n2,b\n{3 + present},c\n".encode(), "demo.swallowed")
        failed = house.api.wait(task_id, "failed")
        assert failed["error"]["code"] == "not_conserved" and "trigger" in failed["error"]["message"]
        assert house.database.value("SELECT count(*) FROM demo.swallowed") == present
        house.database.execute("INSERT INTO demo.swallowed VALUES (9, 'x') ON CONFLICT DO NOTHING")


def test_an_identity_column_of_the_file_is_kept(house: House) -> None:
    house.database.execute(
        "CREATE TABLE demo.numbered (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text UNIQUE, v text)"
    )
    assert house.api.load(b"id,code,v\n7,a,x\n", "demo.numbered", key="code")["rows_inserted"] == 1
    assert house.api.load(b"id,code,v\n7,a,y\n8,b,z\n", "demo.numbered", key="code")["rows_updated"] == 1
    assert house.database.rows("SELECT id, code, v FROM demo.numbered ORDER BY id") == [(7, "a", "y"), (8, "b", "z")]


def test_a_forced_request_with_a_key_can_be_repeated(house: House) -> None:
    def send() -> Any:
        return house.api.call(
            "POST",
            "/imports",
            params={"target": "demo.products", "force": "true"},
            data=b"code,name\n",
            headers={"Content-Type": "text/csv", "Idempotency-Key": "K1"},
        )

    house.database.execute("DROP TABLE IF EXISTS demo.products CASCADE")
    house.database.execute("CREATE TABLE demo.products (code text PRIMARY KEY, name text)")
    first, second = send(), send()
    assert first.status_code == 202, first.text
    assert second.status_code == 200 and second.json()["replayed"], second.text
    assert second.json()["task_id"] == first.json()["task_id"]


def test_an_unknown_time_zone_is_refused(house: House) -> None:
    # CEST is an abbreviation that literals may have, and no session.
    for zone in ("Moon/Tranquility", "CEST"):
        problem = check_problem(house.api.send(b"code\n", "demo.sales", timezone=zone), 422, "bad_option")
        assert "timezone" in problem["detail"]


def test_whoever_reads_staging_does_not_hold_up_the_end(make_house: HouseMaker, generated: Any) -> None:
    house = make_house()
    with psycopg.connect(house.database.url) as blocker, psycopg.connect(house.database.url) as reader:
        blocker.execute("LOCK TABLE demo.sales IN EXCLUSIVE MODE")
        task_id = house.api.submit(generated("sales-10k"))
        staging = f"sluice.staging_{task_id.replace('-', '')}"

        eventually("the merge waits for the lock", lambda: house.api.object(task_id)["status"] == "loading")
        reader.execute(f"SELECT count(*) FROM {staging}".encode())
        blocker.rollback()
        assert house.api.wait(task_id)["rows_inserted"] == 10_000
        reader.rollback()


def test_memory_stays_bounded_when_every_row_is_bad_and_long(house: House, tmp_path: Path) -> None:
    house.database.execute("CREATE TABLE demo.long (id integer PRIMARY KEY, v text)")
    file = tmp_path / "long.csv"
    with open(file, "wb") as text:
        text.write(b"id,v\n")
        for _ in range(2000):
            text.write(b"none," + b"x" * 60_000 + b"\n")
    found = house.api.load(file, "demo.long")
    assert found["rows_bad"] == 2000
    report = house.api.call("GET", f"/imports/{found['task_id']}/errors", stream=True)
    lines = sum(1 for _ in report.iter_lines())
    assert lines == 2001
    status = Path(f"/proc/{house.server.pid}/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024
    assert peak < 120e6, f"{peak / 1e6:.0f} MB"


def test_an_import_finds_the_memory_of_those_before(house: House, generated: Any) -> None:
    def pages_cleared() -> int:
        fields = Path(f"/proc/{house.server.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[7])  # minflt, of proc(5)

    lines = generated("sales-10k").read_bytes().splitlines(keepends=True)
    for number in range(6):
        house.api.load(b"".join(lines[: -1 - number]))
    before = pages_cleared()
    for number in range(6, 10):
        house.api.load(b"".join(lines[: -1 - number]))
    # As glibc is by itself, it is a thousand for each.
    assert pages_cleared() - before < 4 * 500


def test_a_page_of_another_site_can_change_nothing(house: House) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    for method, path in (("POST", "/imports"), ("DELETE", "/imports/01a1fc9b-84b0-7a88-ba11-f4a0f7dc3f2e")):
        check_problem(house.api.call(method, path, headers=foreign, data=b"id\n"), 403, "forbidden")
    own = house.api.call("GET", "/imports", headers={"Origin": house.server.url})
    assert own.status_code == 200, own.text
