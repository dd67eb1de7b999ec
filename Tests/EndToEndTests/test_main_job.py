"""The main job: a file goes in by curl, and the table holds its rows."""

import csv
import datetime
import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

from api import check_conserved
from conftest import House


def curl(*arguments: str) -> tuple[int, dict[str, str], Any, float]:
    """Status, headers (names in lower case), JSON and seconds of a call by the real curl."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--noproxy", "*", "--include"]
        + ["--write-out", "\n%{http_code} %{time_total}", *arguments],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    answer, _, last = done.stdout.rpartition(b"\n")
    code, seconds = last.split()
    head, _, body = answer.rpartition(b"\r\n\r\n")
    # The last head counts: before it there may be one of "100 Continue".
    lines = head.split(b"\r\n\r\n")[-1].decode().split("\r\n")[1:]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(code), headers, json.loads(body), float(seconds)


def rows_as_python_reads(file: Path) -> list[tuple]:
    """The file by Python's csv; an empty field is None, since that module does not tell quoted ones apart."""
    with open(file, encoding="utf-8", newline="") as text:
        return [
            (
                int(row["serial_number"]),
                row["item_code"],
                int(row["store_id"]),
                datetime.date.fromisoformat(row["sale_date"]),
                int(row["quantity"]),
                Decimal(row["unit_price"]),
                Decimal(row["discount"]) if row["discount"] else None,
                row["customer_email"] or None,
                row["paid"] == "true",
                datetime.datetime.fromisoformat(row["sold_at"] + ":00") if row["sold_at"] else None,
            )
            for row in csv.DictReader(text)
        ]


def test_a_file_sent_by_curl_becomes_the_rows_of_the_table(house: House, generated: Any) -> None:
    file = generated("sales-100k")
    upload = ("-F", f"file=@{file}", "-F", "target=demo.sales", f"{house.server.url}/imports")

    code, headers, answer, seconds = curl(*upload)
    print(f"answered in {seconds:.3f} s")
    assert code == 202, answer
    assert answer["replayed"] is False
    assert set(answer) == {"task_id", "idempotency_key", "status", "replayed", "links"}
    assert set(answer["links"]) >= {"self", "errors", "events"}
    task_id = answer["task_id"]
    assert headers["location"].endswith(f"/imports/{task_id}")

    found = house.api.wait(task_id)
    assert found["rows_read"] == found["rows_inserted"] == found["rows_total"] == 100_000, found
    assert found["bytes_total"] == found["bytes_done"] == file.stat().st_size
    assert found["progress"] == 1 and found["error"] is None

    # What psql puts there, row for row.
    database = house.database
    database.copy_by_script(file)
    assert database.value("SELECT count(*) FROM demo.sales") == 100_000
    assert database.differences("demo.sales", "demo.sales_by_script") == 0
    # And what Python's csv reads, value for value.
    held = database.rows(
        "SELECT serial_number, item_code, store_id, sale_date, quantity, unit_price, discount,"
        " nullif(customer_email, ''), paid, sold_at FROM demo.sales ORDER BY serial_number"
    )
    assert held == rows_as_python_reads(file)

    # The same again: the same answer, and nothing is written.
    before = database.versions("demo.sales")
    code, _, again, _ = curl(*upload)
    assert code == 200, again
    assert again["replayed"] is True and again["task_id"] == task_id
    assert again["idempotency_key"] == answer["idempotency_key"]
    assert database.versions("demo.sales") == before

    # By force: read and merged again, and every row is found unchanged.
    code, _, forced, _ = curl("-F", "force=true", *upload)
    assert code == 202, forced
    assert forced["replayed"] is False and forced["task_id"] != task_id
    found = house.api.wait(forced["task_id"])
    assert found["rows_unchanged"] == 100_000, found
    assert found["rows_inserted"] == found["rows_updated"] == 0, found
    assert database.versions("demo.sales") == before
    assert database.staging_tables() == []


def test_known_rows_are_updated_and_new_ones_inserted(house: House, generated: Any) -> None:
    file = generated("sales-10k")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    half = "".join(lines[:1]) + "".join(lines[1:]).replace(",true,", ",false,", 2000)
    house.api.load(half.encode())

    found = house.api.load(file)

    assert found["rows_updated"] == 2000, found
    assert found["rows_unchanged"] == 8000 and found["rows_inserted"] == 0, found
    house.database.copy_by_script(file)
    assert house.database.differences("demo.sales", "demo.sales_by_script") == 0

    house.database.execute("DELETE FROM demo.sales WHERE serial_number % 4 = 0")
    gone = 10_000 - int(str(house.database.value("SELECT count(*) FROM demo.sales")))
    found = house.api.load(file, force="true")
    assert found["rows_inserted"] == gone and found["rows_unchanged"] == 10_000 - gone, found
    assert house.database.differences("demo.sales", "demo.sales_by_script") == 0
    check_conserved(found)


def test_the_second_unique_key_can_be_named(house: House, generated: Any) -> None:
    house.api.load(generated("sales-10k"))
    house.database.execute("UPDATE demo.sales SET serial_number = serial_number + 500000000, quantity = 0")

    found = house.api.load(generated("sales-10k"), key="item_code,store_id,sale_date", force="true")

    assert found["rows_updated"] == 10_000, found
    assert found["key"] == ["item_code", "store_id", "sale_date"]
    house.database.copy_by_script(generated("sales-10k"))
    assert house.database.differences("demo.sales", "demo.sales_by_script") == 0
