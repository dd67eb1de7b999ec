"""Dry runs: what would become of the rows, held against a computation of our own, and carrying it out."""

import json
import random
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from api import Object, check_conserved, check_problem
from conftest import House, HouseMaker
from program import eventually
from test_command import run
from test_websocket import hear, hear_until_end, say, states_in_order, watching

TABLES = """
CREATE TABLE demo.shops (id integer PRIMARY KEY);
INSERT INTO demo.shops SELECT generate_series(1, 5);
CREATE TABLE demo.things (
  id integer PRIMARY KEY,
  name text,
  price numeric CHECK (price >= 0),
  store integer REFERENCES demo.shops,
  note varchar(20) DEFAULT 'none',
  serial serial,
  seen timestamptz DEFAULT clock_timestamp()
);
"""
COLUMNS = ["id", "name", "price", "store"]

Row = dict[str, Any]


def csv_field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return str(value)


@dataclass
class Outcome:
    """What a dry run has to say."""

    rejected: set[int] = field(default_factory=set)
    skipped: int = 0
    inserted: list[tuple[int, Row]] = field(default_factory=list)
    updated: list[tuple[int, Row, Row, list[str]]] = field(default_factory=list)
    unchanged: int = 0


def foresee(rows: list[Row], target: dict[int, Row], mode: str, duplicates: str) -> Outcome:
    """By hand and one after the other; `price` 'x' is no number."""
    outcome = Outcome()
    staged = []
    for number, row in enumerate(rows, 1):
        if row["price"] == "x":
            outcome.rejected.add(number)
        else:
            staged.append((number, row))
    by_key: dict[int, list[tuple[int, Row]]] = {}
    for number, row in staged:
        by_key.setdefault(row["id"], []).append((number, row))
    kept = []
    for same in by_key.values():
        if duplicates == "reject" and len(same) > 1:
            outcome.rejected |= {number for number, _ in same}
            continue
        outcome.skipped += len(same) - 1
        kept.append(same[0] if duplicates == "first" else same[-1])
    for number, row in sorted(kept, key=lambda pair: pair[0]):
        if mode == "insert" and row["id"] in target:
            outcome.unchanged += 1
            continue
        if row["price"] is not None and row["price"] < 0 or row["store"] is not None and row["store"] > 5:
            outcome.rejected.add(number)
            continue
        before = target.get(row["id"])
        if before is None:
            outcome.inserted.append((number, row))
            continue
        # 1.0 and 1.00 are two values to whoever reads them.
        changed = [name for name in COLUMNS if str(before[name]) != str(row[name])]
        if changed:
            outcome.updated.append((number, before, row, changed))
        else:
            outcome.unchanged += 1
    return outcome


def random_row(chance: random.Random, key: int) -> Row:
    return {
        "id": key,
        "name": chance.choice([None, "", "a", "Ä", "a b", "ü,\"\n", "A"]),
        "price": chance.choice([None, *map(Decimal, ["0", "1", "1.0", "1.00", "12345678901234567890.123", "7"])]),
        "store": chance.choice([None, 1, 2, 3]),
    }


def fill(house: House, rows: list[Row]) -> None:
    with house.database.connection.cursor() as cursor:
        cursor.execute("TRUNCATE demo.things")
        cursor.executemany(
            "INSERT INTO demo.things (id, name, price, store) VALUES (%s, %s, %s, %s)",
            [[row[name] for name in COLUMNS] for row in rows],
        )


def file_of(rows: list[Row]) -> bytes:
    lines = [",".join(COLUMNS)]
    for row in rows:
        fields = [csv_field(row[name]) for name in COLUMNS]
        fields[2] = fields[2].strip('"')
        lines.append(",".join(fields))
    return ("\n".join(lines) + "\n").encode()


def diff_of(house: House, task_id: str, limit: int = 200) -> Any:
    answer = house.api.call("GET", f"/imports/{task_id}/diff", params={"limit": limit})
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_float=Decimal)


def dry_run(house: House, file: bytes, target: str = "demo.things", **options: str) -> Object:
    found = house.api.load(file, target, dry_run="true", **options)
    assert found["dry_run"] is True
    assert [stage["name"] for stage in found["stages"]] == ["queued", "parsing", "validated", "done"]
    return found


def commit(house: House, task_id: str) -> Object:
    answer = house.api.call("POST", f"/imports/{task_id}/commit")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/imports/{task_id}"
    assert answer.json()["task_id"] == task_id and answer.json()["dry_run"] is False
    return house.api.wait(task_id)


def changes(found: Object) -> list[Object]:
    """What an import says of its target, and not of the database."""
    return [warning for warning in found["warnings"] if warning["code"] == "target_changed"]


def counts(found: Object) -> dict[str, int]:
    return {name: found[f"rows_{name}"] for name in ("read", "bad", "skipped", "inserted", "updated", "unchanged")}


def things(house: House) -> list[tuple]:
    return house.database.rows("SELECT id, name, price::text, store, note FROM demo.things ORDER BY id")


def untouched(house: House) -> object:
    """All that a write to the table, or a number of its sequence, would leave behind."""
    database = house.database
    database.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
    return (
        database.versions("demo.things"),
        database.rows("SELECT last_value, is_called FROM demo.things_serial_seq"),
        database.rows(
            "SELECT n_tup_ins, n_tup_upd, n_tup_del, n_live_tup FROM pg_stat_user_tables"
            " WHERE relid = 'demo.things'::regclass"
        ),
        database.rows("SELECT max(xmax::text) FROM demo.things"),
    )


@pytest.mark.parametrize(
    ("mode", "seed"), [("upsert", seed) for seed in range(10)] + [("insert", seed) for seed in range(10, 16)]
)
def test_it_says_what_a_computation_by_hand_says_and_does_it(house: House, mode: str, seed: int) -> None:
    chance = random.Random(seed)
    house.database.execute(TABLES)
    size = chance.choice([0, 1, 30, 400])
    before = [random_row(chance, key) for key in chance.sample(range(600), size)]
    fill(house, before)
    target = {row["id"]: row for row in before}
    rows = []
    for _ in range(chance.choice([1, 40, 500])):
        key = chance.randrange(600)
        row = dict(target[key]) if key in target and chance.random() < 0.4 else random_row(chance, key)
        if chance.random() < 0.03:
            row["price"] = chance.choice(["x", Decimal("-1")])
        if chance.random() < 0.03:
            row["store"] = 99
        rows.append(row)
    duplicates = chance.choice(["last", "first", "reject"])
    expected = foresee(rows, target, mode, duplicates)
    looked = untouched(house)

    found = dry_run(house, file_of(rows), mode=mode, duplicates=duplicates)

    assert untouched(house) == looked
    assert counts(found) == {
        "read": len(rows),
        "bad": len(expected.rejected),
        "skipped": expected.skipped,
        "inserted": len(expected.inserted),
        "updated": len(expected.updated),
        "unchanged": expected.unchanged,
    }
    diff = diff_of(house, found["task_id"])
    assert diff["counts"] == {
        **{name: number for name, number in counts(found).items() if name != "bad"},
        "rejected": len(expected.rejected),
        "deleted": None,
    }
    in_columns = {name: sum(name in changed for *_, changed in expected.updated) for name in COLUMNS}
    assert diff["updated_columns"] == [
        {"column": name, "rows": number} for name, number in in_columns.items() if number > 0
    ]
    assert [(row["row"], row["before"], written(row["after"])) for row in diff["samples"]["inserted"]] == [
        (number, None, written(row)) for number, row in expected.inserted[:200]
    ]
    assert [
        (row["row"], written(row["before"]), written(row["after"]), row["changed"])
        for row in diff["samples"]["updated"]
    ] == [(number, written(old), written(new), changed) for number, old, new, changed in expected.updated[:200]]
    assert diff["samples"]["deleted"] == []
    assert {int(line["row"]) for line in house.api.error_report(found["task_id"])} == expected.rejected

    # Carried out, it is what an import of the file is.
    done = commit(house, found["task_id"])
    assert counts(done) == counts(found) and changes(done) == []
    committed = things(house)
    fill(house, before)
    direct = house.api.load(file_of(rows), "demo.things", mode=mode, duplicates=duplicates)
    assert counts(direct) == counts(found)
    assert things(house) == committed
    assert diff_of(house, found["task_id"]) == {**diff, "committed": True}


def test_rows_that_are_appended_meet_no_other(house: House) -> None:
    house.database.execute(TABLES + "INSERT INTO demo.things (id, name) VALUES (1, 'a')")
    looked = untouched(house)
    found = dry_run(house, b"id,name\n1,b\n2,c\n2,d\n3,e\n", mode="append")
    assert untouched(house) == looked
    # The primary key is a rule like any other.
    assert counts(found) == {"read": 4, "bad": 2, "skipped": 0, "inserted": 2, "updated": 0, "unchanged": 0}
    diff = diff_of(house, found["task_id"])
    assert diff["key"] == [] and diff["updated_columns"] == []
    assert [row["after"] for row in diff["samples"]["inserted"]] == [{"id": 2, "name": "c"}, {"id": 3, "name": "e"}]
    assert [line["code"] for line in house.api.error_report(found["task_id"])] == ["unique", "unique"]
    done = commit(house, found["task_id"])
    assert counts(done) == counts(found) and changes(done) == []
    assert [row[:2] for row in things(house)] == [(1, "a"), (2, "c"), (3, "e")]


def test_a_table_that_would_be_replaced(house: House) -> None:
    house.database.execute(TABLES + "INSERT INTO demo.things (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    file = b"id,name,price\n1,a,\n2,x,1.50\n4,d,\n5,e,-1\n"
    looked = untouched(house)
    found = dry_run(house, file, mode="replace")
    assert untouched(house) == looked
    # All rows of the new table are new ones.
    assert counts(found) == {"read": 4, "bad": 1, "skipped": 0, "inserted": 3, "updated": 0, "unchanged": 0}
    diff = diff_of(house, found["task_id"])
    assert diff["counts"] == {
        "read": 4, "inserted": 1, "updated": 1, "unchanged": 1, "rejected": 1, "skipped": 0, "deleted": 1,
    }
    assert diff["updated_columns"] == [{"column": "name", "rows": 1}, {"column": "price", "rows": 1}]
    [gone] = diff["samples"]["deleted"]
    assert gone == {"row": None, "before": {"id": 3, "name": "c", "price": None}, "after": None, "changed": []}
    done = commit(house, found["task_id"])
    assert counts(done) == counts(found) and changes(done) == []
    assert [row[:2] for row in things(house)] == [(1, "a"), (2, "x"), (4, "d")]

    # What was said of the rows that go does not hold any more.
    again = dry_run(house, file, mode="replace", force="true")
    house.database.execute("UPDATE demo.things SET name = 'other' WHERE id = 4")
    [warning] = changes(commit(house, again["task_id"]))
    assert warning["code"] == "target_changed" and "that were replaced" in warning["message"]


def written(row: Row) -> dict[str, str]:
    """Each value as it is written: digits count."""
    return {name: "null" if value is None else str(value) for name, value in row.items()}


def test_one_request_commits_and_the_next_ones_say_so(house: House) -> None:
    house.database.execute(TABLES)
    found = dry_run(house, b"id,name\n1,a\n")
    task_id = found["task_id"]
    with watching(house) as socket:
        say(socket, op="subscribe", imports=[task_id])
        assert hear(socket)["import"]["dry_run"] is True
        first = house.api.call("POST", f"/imports/{task_id}/commit")
        heard = [message for _, message in hear_until_end(socket, task_id)]
    assert states_in_order(heard) == ["queued", "parsing", "validated", "loading", "finalizing", "done"]
    assert all(message["import"]["dry_run"] is False for message in heard)
    assert first.status_code == 202 and first.json()["dry_run"] is False
    again = house.api.call("POST", f"/imports/{task_id}/commit")
    assert again.status_code == 200 and again.json()["status"] == "done"
    assert house.api.object(task_id)["rows_inserted"] == 1
    assert things(house) == [(1, "a", None, None, "none")]
    # A number of the sequence for the one row that was inserted, and none for the dry run.
    assert house.database.value("SELECT last_value FROM demo.things_serial_seq") == 1


def test_what_cannot_be_shown_or_committed_is_refused(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    house.database.execute(TABLES)
    plain = house.api.submit(b"id\n1\n", "demo.things")
    waiting = house.api.submit(b"id\n1\n", "demo.things", dry_run="true")
    assert plain != waiting
    for method, path in (("GET", "diff"), ("POST", "commit")):
        problem = check_problem(house.api.call(method, f"/imports/{plain}/{path}"), 409, "not_a_dry_run")
        assert "dry_run=true" in problem["hint"]
        check_problem(house.api.call(method, f"/imports/{waiting}/{path}"), 409, "not_finished")
        check_problem(house.api.call(method, f"/imports/00000000-0000-7000-8000-000000000000/{path}"), 404)
    assert house.api.call("DELETE", f"/imports/{waiting}").status_code == 200
    for method, path in (("GET", "diff"), ("POST", "commit")):
        check_problem(house.api.call(method, f"/imports/{waiting}/{path}"), 409, "already_finished")
    for limit in ("0", "201", "x"):
        check_problem(house.api.call("GET", f"/imports/{waiting}/diff", params={"limit": limit}), 400, "bad_request")


def test_one_that_is_too_old_says_so(house: House) -> None:
    house.database.execute(TABLES)
    task_id = dry_run(house, b"id\n1\n")["task_id"]
    check_problem(house.api.call("DELETE", f"/imports/{task_id}"), 409, "already_finished")
    house.database.execute("UPDATE sluice.imports SET commit_until = now() - interval '1 s'")
    problem = check_problem(house.api.call("POST", f"/imports/{task_id}/commit"), 409, "already_finished")
    assert "24 hours" in problem["detail"] and "force=true" in problem["hint"]
    assert diff_of(house, task_id)["counts"]["inserted"] == 1


def test_it_can_be_committed_after_the_server_was_started_again(house: House) -> None:
    house.database.execute(TABLES)
    task_id = dry_run(house, b"id,price\n1,1\n2,-1\n2,3\n3,-1\n")["task_id"]
    house.server.stop()
    house.server.start()
    done = commit(house, task_id)
    assert counts(done) == {"read": 4, "bad": 1, "skipped": 1, "inserted": 2, "updated": 0, "unchanged": 0}
    assert changes(done) == []
    staging = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'staging%'"
    eventually("staging is gone", lambda: house.database.value(staging) == 0)


def test_a_target_that_has_changed_is_told_of(house: House) -> None:
    house.database.execute(TABLES)
    task_id = dry_run(house, b"id,name\n1,a\n2,b\n")["task_id"]
    house.database.execute("INSERT INTO demo.things (id, name) VALUES (1, 'a')")
    done = commit(house, task_id)
    [warning] = changes(done)
    assert warning["code"] == "target_changed" and warning["sql"] is None
    assert warning["message"] == (
        "the dry run foresaw 2 inserted, 0 unchanged; it became 1 inserted, 1 unchanged"
    )


def test_rows_of_a_dry_run_are_counted_when_it_is_carried_out(house: House) -> None:
    def counted(outcome: str) -> float:
        text = house.api.call("GET", "/metrics").text
        found = re.search(rf'^sluice_rows_total{{outcome="{outcome}"}} (\S+)$', text, re.M)
        return float(found.group(1)) if found else 0

    house.database.execute(TABLES)
    task_id = dry_run(house, b"id\n1\n2\n")["task_id"]
    assert (counted("inserted"), counted("ok")) == (0, 0)
    assert house.api.get("/stats")["rows"] == 0
    commit(house, task_id)
    eventually("the rows are counted", lambda: counted("inserted") == 2)
    assert counted("ok") == 2
    assert house.api.get("/stats")["rows"] == 2


def test_it_waits_for_nobody_who_writes(house: House) -> None:
    house.database.execute(TABLES)
    connection = house.database.connection
    with connection.transaction():
        connection.execute("INSERT INTO demo.things (id) VALUES (7)")
        connection.execute("LOCK TABLE demo.things IN EXCLUSIVE MODE")
        found = dry_run(house, b"id\n7\n")
    check_conserved(found)
    assert found["rows_inserted"] == 1


def test_the_command_tells_what_would_be(house: House, tmp_path: Any) -> None:
    house.database.execute(TABLES + "INSERT INTO demo.things (id, name) VALUES (1, 'a'), (2, 'b')")
    file = tmp_path / "things.csv"
    file.write_bytes(b"id,name\n1,a\n2,c\n3,d\n")
    done = run("import", str(file), "--target", "demo.things", "--server", house.server.url, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "dry run done: 3 rows read, 1 inserted, 1 updated, 1 unchanged, 0 skipped, 0 rejected" in done.stdout
    assert "nothing was changed" in done.stderr
    path = re.search(r"POST \S+(/imports/\S+/commit)", done.stderr)
    assert path and house.api.call("POST", path.group(1)).status_code == 202
    eventually("it is done", lambda: house.database.value("SELECT count(*) FROM demo.things") == 3)
