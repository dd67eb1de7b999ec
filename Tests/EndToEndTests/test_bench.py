"""`sluice bench`: what it says of a file is what an import would do with it, without a database."""

import json
from pathlib import Path
from typing import Any

from test_command import run

SALES = (
    "serial_number bigint, item_code varchar(20) not null, store_id integer not null, sale_date date not null,"
    " quantity integer not null, unit_price numeric(10,2) not null, discount numeric(5,4), customer_email text,"
    " paid boolean not null, sold_at timestamptz"
)
STEPS = ["detecting", "reading", "surveying", "encoding", "all"]


def measured(file: Path, *options: str) -> dict[str, Any]:
    done = run("bench", str(file), "--json", "--rounds", "2", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_good_file_is_encoded_to_its_last_row(generated: Any) -> None:
    file = generated("sales-10k")

    found = measured(file, "--columns", SALES)

    assert (found["rows"], found["rows_bad"], found["doubtful"], found["rounds"]) == (10_000, 0, 0, 2)
    assert found["bytes"] == file.stat().st_size
    # Each tuple has a row number, ten lengths and a count besides its values.
    assert found["encoded_bytes"] > 10_000 * (2 + 12 + 10 * 4)
    assert [step["name"] for step in found["steps"]] == STEPS
    for step in found["steps"]:
        assert step["seconds"] > 0
        assert abs(step["mb_per_second"] * step["seconds"] * 1e6 / found["bytes"] - 1) < 0.01
        assert abs(step["rows_per_second"] * step["seconds"] / 10_000 - 1) < 0.01


def test_bad_rows_and_what_only_postgres_could_tell_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("id,day\n1,2024-12-31\nx,2024-12-31\n3,tomorrow noon\n4,2024-01-01\n5\n")

    found = measured(file, "--columns", "id integer, day date")

    assert (found["rows"], found["rows_bad"], found["doubtful"]) == (5, 3, 1)


def test_without_columns_all_fields_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_bytes("nr;wert\n1;1,5\nx;\n".encode("utf-16"))

    done = run("bench", str(file))

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "2 rows, 0 of them rejected" in lines[0] and "best of 3" in lines[0]
    assert len(lines) == 1 + len(STEPS) and all("MB/s" in line and "rows/s" in line for line in lines[1:])


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("id,day\n1,2024-12-31\n")
    for options in (["--columns", "id money"], ["--rounds", "0"], ["--target", "a.b"]):
        assert run("bench", str(file), *options).returncode == 2
    other = run("bench", str(file), "--columns", "id integer")
    assert other.returncode == 1 and "day" in other.stderr
    assert run("bench", str(tmp_path / "none.csv")).returncode == 1
