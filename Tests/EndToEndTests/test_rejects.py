"""Bad rows become a report that says which, where and why; the rest goes in."""

import csv
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from conftest import House, HouseMaker
from mend import mend
from program import ROOT

Fault = tuple[int, int, str, str]


def expected_faults(file: Path) -> list[Fault]:
    with open(file, encoding="utf-8", newline="") as text:
        return [
            (int(row["row"]), int(row["line"]), row["column"], row["code"]) for row in csv.DictReader(text)
        ]


def fault(row: dict[str, Any]) -> Fault:
    return int(row["row"]), int(row["line"]), row["column"] or "", row["code"]


def test_each_kind_of_fault_is_reported_where_it_is(house: House) -> None:
    file = ROOT / "Fixtures/sales-tiny.csv"
    expected = expected_faults(ROOT / "Fixtures/sales-tiny.rejects.csv")

    found = house.api.load(file)

    report = house.api.error_report(found["task_id"])
    assert sorted(map(fault, report)) == sorted(expected)
    # Rows come in the order of the file.
    assert [int(row["row"]) for row in report] == sorted(int(row["row"]) for row in report)
    assert all(row["message"].strip() for row in report)
    assert found["rows_read"] == 20
    assert found["rows_bad"] == len({row for row, _, _, _ in expected}) == 14
    assert found["rows_skipped"] == 1 and found["rows_inserted"] == 5, found
    held = house.database.csv("SELECT * FROM demo.sales ORDER BY serial_number")
    assert held.decode() == (ROOT / "Fixtures/sales-tiny.expected.csv").read_text(encoding="utf-8")


def test_the_report_holds_the_value_and_the_row_as_it_stood(house: House) -> None:
    task_id = house.api.load(ROOT / "Fixtures/sales-tiny.csv")["task_id"]

    report = {(row["row"], row["column"]): row for row in house.api.error_report(task_id)}

    assert report["6", "serial_number"]["value"] == "12a4"
    assert report["6", "serial_number"]["raw"] == (
        "12a4,AB-1005,6,2024-01-20,1,9.99,,,true,2024-01-20 08:00:00+00"
    )
    assert report["9", "quantity"]["value"] == "3000000000"
    assert report["4", ""]["raw"].startswith("1004,AB-1003,")


def test_the_report_as_json_says_the_same(house: House) -> None:
    task_id = house.api.load(ROOT / "Fixtures/sales-tiny.csv")["task_id"]

    answer = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "json"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    body = json.loads(answer.content.decode("utf-8"))
    items = body["items"]
    assert (body["rows_bad"], body["rows_listed"], body["truncated"]) == (14, 14, False)
    assert all(set(item) >= {"row", "line", "column", "code", "message", "value", "raw"} for item in items)
    expected = expected_faults(ROOT / "Fixtures/sales-tiny.rejects.csv")
    assert sorted(map(fault, items)) == sorted(expected)


def test_the_rejected_rows_come_back_as_they_stood(house: House) -> None:
    file = ROOT / "Fixtures/sales-tiny.csv"
    task_id = house.api.load(file)["task_id"]

    answer = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "source"})

    assert answer.status_code == 200
    header, _, rest = answer.content.partition(b"\n")
    own_header = file.read_bytes().partition(b"\n")[0]
    assert header.rstrip(b"\r") == own_header + b",_errors"
    lines = file.read_bytes().split(b"\n")
    for _, line, _, _ in expected_faults(ROOT / "Fixtures/sales-tiny.rejects.csv"):
        assert lines[line - 1] in rest
    # And no row that went in.
    assert b"ada@mail.example" not in rest and b"last@mail.example" not in rest


def test_mended_rows_sent_again_bring_in_the_rest(house: House, generated: Any) -> None:
    file = generated("sales-100k-bad")
    expected = expected_faults(file.with_suffix(".rejects.csv"))
    bad_rows = {row for row, _, _, _ in expected}
    assert len(bad_rows) == 200

    found = house.api.load(file)
    assert found["rows_bad"] == 200 and found["rows_inserted"] == 99_800, found
    report = house.api.error_report(found["task_id"])
    assert sorted(map(fault, report)) == sorted(expected)
    assert all(row["message"].strip() for row in report)

    source = house.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"})
    again = house.api.load(mend(source.content))

    assert again["rows_read"] == again["rows_inserted"] == 200, again
    assert house.api.error_report(again["task_id"]) == []
    house.database.copy_by_script(generated("sales-100k"))
    assert house.database.differences("demo.sales", "demo.sales_by_script") == 0


def test_a_file_of_bad_rows_only_is_done_and_changes_nothing(house: House) -> None:
    rows = "serial_number,item_code,store_id,sale_date,quantity,unit_price\n" + "x,A,1,2024-01-01,1,1.00\n" * 1000

    found = house.api.load(rows.encode())

    assert found["rows_bad"] == found["rows_read"] == 1000
    assert house.database.value("SELECT count(*) FROM demo.sales") == 0
    report = house.api.error_report(found["task_id"])
    assert [int(row["row"]) for row in report] == list(range(1, 1001))
    assert {row["raw"] for row in report} == {"x,A,1,2024-01-01,1,1.00"}


# The report has an end


def listed(house: House, task_id: str) -> tuple[int, int, bool, list[int]]:
    """Rows bad, rows listed, whether the list is cut, and the rows in it, the same by each format."""
    answer = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "json"})
    body = answer.json()
    rows = sorted({item["row"] for item in body["items"]})
    assert sorted({int(row["row"]) for row in house.api.error_report(task_id)}) == rows
    source = house.api.call("GET", f"/imports/{task_id}/errors", params={"format": "source"})
    assert len(list(csv.reader(source.text.splitlines()))) == len(rows) + 1
    for format in ("csv", "source", "json"):
        headers = house.api.call("HEAD", f"/imports/{task_id}/errors", params={"format": format}).headers
        assert headers["X-Sluice-Rows-Bad"] == str(body["rows_bad"])
        assert headers["X-Sluice-Rows-Listed"] == str(body["rows_listed"]) == str(len(rows))
    return body["rows_bad"], body["rows_listed"], body["truncated"], rows


COLUMNS = "serial_number,item_code,store_id,sale_date,quantity,unit_price\n"


def bad_rows(count: int) -> bytes:
    return (COLUMNS + "x,A,1,2024-01-01,y,1.00\n" * count).encode()


def test_rows_are_listed_up_to_the_limit_and_the_others_are_counted(make_house: HouseMaker) -> None:
    house = make_house(SLUICE_REJECT_LIMIT="100")
    for count in (99, 100):
        task_id = house.api.load(bad_rows(count))["task_id"]
        assert listed(house, task_id) == (count, count, False, list(range(1, count + 1)))
    # More than one chunk has.
    found = house.api.load(bad_rows(70_000))
    assert found["rows_read"] == found["rows_bad"] == 70_000
    assert listed(house, found["task_id"]) == (70_000, 100, True, list(range(1, 101)))
    # A row counts once, however many faults it has.
    assert house.database.value("SELECT max(n) FROM (SELECT count(*) n FROM sluice.rejects GROUP BY import_id) c") == 200


def test_rejects_of_the_merge_count_as_well(make_house: HouseMaker) -> None:
    house = make_house("--reject-limit", "30")
    twice = [f"{number},A{row},1,2024-01-01,1,1.00" for number in range(1, 21) for row in range(2)]
    rows = COLUMNS + "x,A,1,2024-01-01,1,1.00\n" * 10 + "\n".join(twice) + "\n"

    found = house.api.load(rows.encode(), duplicates="reject")

    assert found["rows_bad"] == 50 and found["rows_inserted"] == 0
    assert listed(house, found["task_id"]) == (50, 30, True, list(range(1, 31)))


def test_a_report_of_no_rows_is_a_report(make_house: HouseMaker) -> None:
    house = make_house(SLUICE_REJECT_LIMIT="0")
    task_id = house.api.load(bad_rows(5))["task_id"]
    assert listed(house, task_id) == (5, 0, True, [])


def peak_memory(house: House) -> int:
    """The most memory that the server has had, in bytes."""
    status = Path(f"/proc/{house.server.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10


def test_a_file_of_faults_only_takes_no_memory(house: House) -> None:
    house.database.execute("CREATE TABLE demo.narrow (a integer PRIMARY KEY, b integer)")
    columns = [f"c{number}" for number in range(200)]
    types = ", ".join(f"{name} integer" for name in columns)
    house.database.execute(f"CREATE TABLE demo.wide ({types}, PRIMARY KEY (c0))")

    narrow = house.api.load(b"a,b\n" + b"x,y\n" * 2_000_000, "demo.narrow")
    wide = house.api.load((",".join(columns) + "\n" + ("x," * 199 + "x\n") * 5000).encode(), "demo.wide")

    assert narrow["rows_bad"] == 2_000_000 and wide["rows_bad"] == 5000
    report = house.api.error_report(wide["task_id"])
    assert len(report) == 5000 * 21
    assert report[20]["message"] == "and 180 more faults"
    assert peak_memory(house) < 150 << 20


# How many rejects may be


@pytest.mark.parametrize(
    ("options", "bad"), [({"on_error": "abort"}, 1), ({"max_rejects": "10"}, 11), ({"max_rejects": "0"}, 1)]
)
def test_an_import_ends_as_soon_as_too_many_rows_are_bad(house: House, options: dict[str, str], bad: int) -> None:
    good = "".join(f"{number},A{number},1,2024-01-01,1,1.00\n" for number in range(1, 400_001))
    rows = bad_rows(bad) + good.encode()

    task_id = house.api.submit(rows, **options)
    found = house.api.wait(task_id, "failed")

    assert found["error"]["code"] == "too_many_rejects"
    assert found["rows_bad"] == bad
    assert bad < found["rows_read"] < 200_000, "it read on"
    assert [int(row["row"]) for row in house.api.error_report(task_id) if row["column"] == "quantity"] == list(
        range(1, bad + 1)
    )
    assert house.database.value("SELECT count(*) FROM demo.sales") == 0


@pytest.mark.parametrize("options", [{"max_rejects": "10"}, {"max_reject_ratio": "0.5"}])
def test_as_many_rejects_as_may_be_are_no_failure(house: House, options: dict[str, str]) -> None:
    good = "".join(f"{number},A{number},1,2024-01-01,1,1.00\n" for number in range(1, 11))
    found = house.api.load(bad_rows(10) + good.encode(), **options)
    assert (found["rows_bad"], found["rows_inserted"]) == (10, 10)


def test_the_ratio_is_taken_over_the_whole_file(house: House) -> None:
    good = "".join(f"{number},A{number},1,2024-01-01,1,1.00\n" for number in range(1, 99))
    task_id = house.api.submit(bad_rows(3) + good.encode(), max_reject_ratio="0.02")
    found = house.api.wait(task_id, "failed")
    assert found["error"]["code"] == "too_many_rejects"
    assert (found["rows_read"], found["rows_bad"]) == (101, 3)
    assert len({row["row"] for row in house.api.error_report(task_id)}) == 3


# Safe in a spreadsheet


def test_cells_that_begin_like_a_formula_are_neutralised(house: House) -> None:
    house.database.execute("CREATE TABLE demo.cells (id integer PRIMARY KEY, note text)")
    ids = ["=1+1", "@SUM(A1)", "-cmd", "+x", "\t=1", " =1", "-5.5", "+1.5E3", "x=1"]
    rows = "id,note\n" + "".join(f'"{id}",n\n' for id in ids)
    task_id = house.api.load(rows.encode(), "demo.cells")["task_id"]

    safe = [row["value"] for row in house.api.error_report(task_id)]
    assert safe == ["'" + id for id in ids[:6]] + ids[6:]

    def get(**query: str) -> str:
        answer = house.api.call("GET", f"/imports/{task_id}/errors", params=query)
        assert answer.status_code == 200
        return answer.content.decode("utf-8")

    plain = list(csv.DictReader(get(neutralise="false").splitlines()))
    assert [row["value"] for row in plain] == ids
    # What is sent again is as it stood, unless asked for otherwise.
    as_it_stood = get(format="source")
    assert [row.rsplit(",", 1)[0] for row in as_it_stood.splitlines()[1:]] == rows.splitlines()[1:]
    cells = list(csv.reader(get(format="source", neutralise="true").splitlines()))
    assert [row[0] for row in cells[1:]] == safe


def test_a_row_that_begins_like_a_formula_is_neutralised_as_a_whole(house: House) -> None:
    task_id = house.api.load((COLUMNS + "=cmd|' /C calc'!A0,A\n").encode())["task_id"]
    assert house.api.error_report(task_id)[0]["raw"] == "'=cmd|' /C calc'!A0,A"


def test_a_head_of_the_report_is_followed_by_nothing(house: House) -> None:
    task_id = house.api.load(bad_rows(1))["task_id"]
    request = f"HEAD /imports/{task_id}/errors HTTP/1.1\r\nHost: 127.0.0.1:{house.server.port}\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=30) as connection:
        connection.sendall(request.encode())
        # Its length is not known before it is made, so the connection ends with it.
        while block := connection.recv(65536):
            answer += block
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"X-Sluice-Rows-Bad: 1\r\n" in head
    assert rest == b""
