"""Bad rows become a report that says which, where and why; the rest goes in."""

import csv
import json
from pathlib import Path
from typing import Any

from conftest import House
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
    items = body if isinstance(body, list) else body["items"]
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
