"""An import is taken back: the table is as it was, but for what somebody else has changed since."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from test_every_type import COLUMNS, TABLE, every_type, good_rows, line
from test_kill import nobody_works

from api import Object, check_problem
from conftest import House, HouseMaker
from program import Program, eventually

HEADER = "serial_number,item_code,store_id,sale_date,quantity,unit_price\n"


def rows(*numbers: int, quantity: int = 1, price: str = "1.00") -> bytes:
    lines = [f"{number},A,{number},2024-01-01,{quantity},{price}\n" for number in numbers]
    return (HEADER + "".join(lines)).encode()


def undo(house: House, task_id: str, status: int = 202) -> Object:
    answer = house.api.call("POST", f"/imports/{task_id}/undo")
    assert answer.status_code == status, answer.text
    return answer.json()


def undone(house: House, task_id: str) -> Object:
    """Takes an import back, and waits until it is."""
    undo(house, task_id)
    return wait(house, task_id)


def wait(house: House, task_id: str, status: str = "undone") -> Object:
    def ended() -> Object | None:
        found = house.api.object(task_id)
        return None if found["undo"]["requested"] else found

    found = eventually("the undo ends", ended, seconds=60)
    assert found["status"] == status, found
    return found


def report(house: House, task_id: str, **query: Any) -> Object:
    return house.api.get(f"/imports/{task_id}/undo", **query)


def content(house: House, table: str = "demo.sales") -> bytes:
    """The rows of a table, byte for byte, in an order of their own."""
    return house.database.csv(f"SELECT t::text COLLATE \"C\" FROM {table} t ORDER BY 1")


def test_two_imports_taken_back_in_turn_leave_the_table_as_it_was(house: House) -> None:
    house.api.load(rows(1, 2, 3))
    before = content(house)
    first = house.api.load(rows(*range(2, 3000), quantity=5))
    between = content(house)
    second = house.api.load(rows(*range(3, 3100, 2), quantity=7, price="2.5"))
    assert first["undo"]["available"] and first["undo"]["until"] > first["finished_at"]

    found = undone(house, second["task_id"])
    assert content(house) == between
    assert (found["undo"]["deleted"], found["undo"]["restored"], found["undo"]["left"]) == (
        second["rows_inserted"],
        second["rows_updated"],
        0,
    )
    undone(house, first["task_id"])
    assert content(house) == before
    assert [stage["name"] for stage in house.api.object(first["task_id"])["stages"]][-2:] == ["done", "undone"]
    # Those of the very first import stay.
    eventually("the images are dropped", lambda: len(house.database.image_tables()) == 1)
    metrics = house.api.call("GET", "/metrics").text
    assert 'sluice_imports_total{status="undone",target="demo.sales"} 2' in metrics


def test_a_table_of_every_type_is_as_it_was(every_type: House) -> None:  # noqa: F811
    header = ",".join(["id", *(name for name, _ in COLUMNS)]) + "\n"
    good = good_rows()

    def file(shift: int, numbers: range) -> bytes:
        lines = [line(number, good[(number + shift) % len(good)]) for number in numbers]
        return (header + "".join(lines)).encode()

    size = len(good)
    every_type.api.load(file(0, range(1, size + 1)), TABLE)
    before = every_type.database.csv(f"SELECT * FROM {TABLE} ORDER BY id")
    first = every_type.api.load(file(1, range(3, size + 5)), TABLE)
    between = every_type.database.csv(f"SELECT * FROM {TABLE} ORDER BY id")
    second = every_type.api.load(file(2, range(1, size + 8)), TABLE)
    assert first["rows_updated"] and second["rows_updated"] and second["rows_inserted"]
    found = undone(every_type, second["task_id"])
    assert found["undo"]["left"] == 0, report(every_type, second["task_id"])
    assert every_type.database.csv(f"SELECT * FROM {TABLE} ORDER BY id") == between
    found = undone(every_type, first["task_id"])
    assert found["undo"]["left"] == 0, report(every_type, first["task_id"])
    assert every_type.database.csv(f"SELECT * FROM {TABLE} ORDER BY id") == before


def test_what_was_changed_since_is_left_and_listed_in_pages(house: House) -> None:
    task_id = house.api.load(rows(*range(1, 31)))["task_id"]
    assert report(house, task_id)["items"] == []
    house.database.execute("UPDATE demo.sales SET quantity = 9 WHERE serial_number <= 20")
    house.database.execute("DELETE FROM demo.sales WHERE serial_number = 30")
    found = undone(house, task_id)
    assert (found["undo"]["deleted"], found["undo"]["left"]) == (9, 21)
    assert house.database.rows("SELECT count(*), min(quantity) FROM demo.sales") == [(20, 9)]

    items: list[Object] = []
    page = report(house, task_id, limit=8)
    assert (page["rows_listed"], page["truncated"], page["status"]) == (21, False, "undone")
    while True:
        items += page["items"]
        if page["next"] is None:
            break
        page = report(house, task_id, limit=8, cursor=page["next"])
    assert len(items) == 21
    by_key = {item["key"]["serial_number"]: item["reason"] for item in items}
    assert by_key == {str(number): "changed" for number in range(1, 21)} | {"30": "gone"}


def test_asked_twice_it_is_taken_back_once(house: House) -> None:
    house.api.load(rows(1, quantity=3))
    task_id = house.api.load(rows(1, 2))["task_id"]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda _: house.api.call("POST", f"/imports/{task_id}/undo").status_code, range(6)))
    assert set(codes) <= {200, 202} and 202 in codes
    first = wait(house, task_id)
    assert [stage["name"] for stage in first["stages"]].count("undone") == 1
    assert undo(house, task_id, 200) == first
    assert house.database.rows("SELECT serial_number, quantity FROM demo.sales") == [(1, 3)]
    # An undone import keeps its key; who means it sends the file again with force.
    assert house.api.send(rows(1, 2)).json()["replayed"] is True
    assert house.api.load(rows(1, 2), force="true")["rows_inserted"] == 1


def test_what_cannot_be_taken_back_says_why(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    check_problem(house.api.call("POST", "/imports/00000000-0000-7000-8000-000000000000/undo"), 404, "not_found")
    check_problem(house.api.call("POST", "/imports/nonsense/undo"), 404, "not_found")
    task_id = house.api.submit(rows(1))
    problem = check_problem(house.api.call("POST", f"/imports/{task_id}/undo"), 409, "undo_unavailable")
    assert "queued" in problem["detail"] and problem["hint"]
    house.api.call("DELETE", f"/imports/{task_id}")
    problem = check_problem(house.api.call("POST", f"/imports/{task_id}/undo"), 409, "undo_unavailable")
    assert "cancelled" in problem["detail"] and problem["hint"]
    for query in ("limit=0", "limit=1001", "cursor=x", "cursor=-1", "nonsense=1"):
        check_problem(house.api.call("GET", f"/imports/{task_id}/undo?{query}"), 400, "bad_request")


def test_its_time_ends(make_house: HouseMaker) -> None:
    house = make_house(SLUICE_RETENTION="2 seconds")
    task_id = house.api.load(rows(1))["task_id"]
    eventually("it is over", lambda: house.api.object(task_id)["undo"]["available"] is False)
    problem = check_problem(house.api.call("POST", f"/imports/{task_id}/undo"), 409, "undo_unavailable")
    assert "is over" in problem["detail"] and problem["hint"]
    assert house.database.value("SELECT count(*) FROM demo.sales") == 1


def test_an_undo_cannot_be_called_off_and_a_killed_worker_leaves_it_to_the_next(make_house: HouseMaker) -> None:
    house = make_house(SLUICE_LEASE_SECONDS="2")
    house.api.load(rows(1, 2, quantity=3))
    before = content(house)
    task_id = house.api.load(rows(*range(1, 5000)))["task_id"]
    after = content(house)
    house.server.stop()
    # A server that does not work, and a worker that stops in the middle: at the first row that it deletes.
    house.server.arguments.append("--no-worker")
    house.server.start()
    house.database.execute(
        "CREATE FUNCTION demo.wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN OLD; END $$;"
        "CREATE TRIGGER wait AFTER DELETE ON demo.sales FOR EACH ROW EXECUTE FUNCTION demo.wait();"
        "SELECT pg_advisory_lock(77)"
    )
    worker = Program(["worker"], house.settings() | {"SLUICE_LEASE_SECONDS": "2"}, house.folder / "first.log")
    second = Program(["worker"], house.settings() | {"SLUICE_LEASE_SECONDS": "2"}, house.folder / "second.log")
    try:
        worker.start()
        undo(house, task_id)
        eventually(
            "it is in the middle",
            lambda: house.database.value(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 77"
            ),
        )
        problem = check_problem(house.api.call("DELETE", f"/imports/{task_id}"), 409, "already_finished")
        assert "taken back" in problem["detail"]
        worker.kill()
        house.database.execute("SELECT pg_advisory_unlock(77)")
        eventually("Postgres is done with the dead worker", lambda: nobody_works(house))
        assert content(house) == after
        assert house.api.object(task_id)["undo"]["requested"]
        second.start()
        found = wait(house, task_id)
        assert (found["undo"]["deleted"], found["undo"]["restored"]) == (4997, 2)
        assert content(house) == before
        second.stop()
    finally:
        worker.discard()
        second.discard()


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_no_other_table_changes(house: House, action: str) -> None:
    task_id = house.api.load(rows(1, 2, 3))["task_id"]
    house.database.execute(
        "CREATE TABLE demo.notes (id integer PRIMARY KEY, sale bigint REFERENCES demo.sales (serial_number)"
        f" ON DELETE {action}); INSERT INTO demo.notes VALUES (1, 2), (2, NULL)"
    )
    found = undone(house, task_id)
    assert (found["undo"]["deleted"], found["undo"]["left"]) == (2, 1)
    (item,) = report(house, task_id)["items"]
    assert item["key"] == {"serial_number": "2"} and item["reason"] == "referenced" and "notes" in item["message"]
    assert house.database.rows("SELECT * FROM demo.notes ORDER BY id") == [(1, 2), (2, None)]


def test_a_table_that_has_changed_is_left_alone(house: House) -> None:
    task_id = house.api.load(rows(1))["task_id"]
    house.database.execute("ALTER TABLE demo.sales RENAME COLUMN quantity TO pieces")
    undo(house, task_id)
    found = wait(house, task_id, "done")
    assert found["undo"]["error"]["code"] == "target_changed" and found["undo"]["available"]
    house.database.execute("ALTER TABLE demo.sales RENAME COLUMN pieces TO quantity")
    assert undone(house, task_id)["undo"]["deleted"] == 1
    assert house.database.value("SELECT count(*) FROM demo.sales") == 0
