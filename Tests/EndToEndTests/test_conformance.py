"""Collections of others, through the program: each file gives what is known to be in it, by `cat` and by import.

They lie outside the repository: in the folder that SLUICE_CORPORA names, else beside the checkout.
"""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import House
from program import BINARY, ROOT, clean_environment

CORPORA = Path(os.environ.get("SLUICE_CORPORA", ROOT.parent / "shared/corpora"))
SPECTRUM = sorted(file.stem for file in (CORPORA / "csv-spectrum/csvs").glob("*.csv"))
WORKBOOKS = sorted(file.stem for file in (CORPORA / "xlsx").glob("*.xlsx"))
# What openpyxl reads; how it is written there says generate.py beside it.
EXPECTED = ROOT / "Tests/ReadingTests/XLSX/expected"
# Where the table begins, if not in the first row with a value.
STARTS = {"header-row": 8}
REFUSED = {"pass_protected": "password", "empty_sheet": "empty"}

pytestmark = pytest.mark.skipif(
    not CORPORA.exists() and "SLUICE_CORPORA" not in os.environ, reason="no corpora: set SLUICE_CORPORA to their folder"
)


def cat(file: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(BINARY), "cat", str(file), *options], capture_output=True, env=clean_environment(), check=False
    )


def rows(output: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(output.decode(), newline="")))


def test_the_collections_are_whole() -> None:
    assert len(SPECTRUM) == 12 and len(WORKBOOKS) == 26


def make_table(house: House, name: str, columns: list[str]) -> None:
    """A table of texts; all of them together are its key."""
    names = ", ".join(f'"{column}"' for column in columns)
    texts = ", ".join(f'"{column}" text' for column in columns)
    house.database.execute(
        f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({texts}, UNIQUE NULLS NOT DISTINCT ({names}))"
    )


def contents(house: House, name: str, columns: list[str]) -> list[list[str]]:
    """The rows of such a table, NULL as nothing."""
    names = ", ".join(f'"{column}"' for column in columns)
    return [[cell or "" for cell in row] for row in house.database.rows(f"SELECT {names} FROM {name}")]


def records(name: str) -> list[dict[str, str]]:
    found = json.loads((CORPORA / f"csv-spectrum/json/{name}.json").read_text(encoding="utf-8"))
    found = found if isinstance(found, list) else [found]
    if name == "location_coordinates":
        # Its JSON has another telephone number than its own CSV.
        found[0]["Contact Phone Number"] = "2095257564"
    return found


@pytest.mark.parametrize("name", SPECTRUM)
def test_each_csv_gives_its_json(shared_house: House, name: str) -> None:
    file, expected = CORPORA / f"csv-spectrum/csvs/{name}.csv", records(name)

    answer = cat(file, "--header", "true")

    assert answer.returncode == 0, answer.stderr
    header, *found = rows(answer.stdout)
    assert [dict(zip(header, row, strict=True)) for row in found] == expected
    make_table(shared_house, "demo.spectrum", header)
    loaded = shared_house.api.load(file, "demo.spectrum", header="true", key=json.dumps(header))
    assert loaded["rows_inserted"] == loaded["rows_read"] == len(expected)
    held = contents(shared_house, "demo.spectrum", header)
    assert sorted(held) == sorted(list(record.values()) for record in expected)


def known(name: str) -> list[tuple[int, list[str]]]:
    """Rows with a value: number in the sheet, cells."""
    lines = (EXPECTED / f"{name}.tsv").read_bytes().decode().split("\n")[:-1]
    found = []
    for line in lines:
        number, *cells = line.split("\t")
        found.append((int(number), [unescaped(cell) for cell in cells]))
    return found


def unescaped(cell: str) -> str:
    """An apostrophe before a text is left out, and C's escapes are undone."""
    if not cell.startswith("'"):
        return cell
    marks = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    parts = iter(cell[1:])
    return "".join(marks[next(parts)] if one == "\\" else one for one in parts)


def is_same(cell: str, wanted: str) -> bool:
    """Numbers by their value, all else letter by letter."""
    if cell == wanted:
        return True
    try:
        return float(cell) == float(wanted)
    except ValueError:
        return False


def check_rows(found: list[list[str]], expected: list[list[str]]) -> None:
    assert len(found) == len(expected), found
    for row, wanted in zip(found, expected, strict=True):
        assert len(row) >= len(wanted) and not any(row[len(wanted) :]), (row, wanted)
        for cell, value in zip(row, wanted, strict=False):
            assert is_same(cell, value), (cell, value, row)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_each_workbook_gives_what_openpyxl_reads(name: str) -> None:
    start = STARTS.get(name, 0)
    answer = cat(CORPORA / f"xlsx/{name}.xlsx", "--header", "false", "--skip-rows", str(start))

    if name in REFUSED:
        assert answer.returncode == 1 and answer.stdout == b""
        assert REFUSED[name] in answer.stderr.decode()
        return
    assert answer.returncode == 0, answer.stderr
    told = answer.stderr.decode()
    good = []
    for number, cells in known(name)[1 if start else 0 :]:
        errors = [cell[1:] for cell in cells if cell.startswith("!")]
        if errors:
            assert f"line {number}: type: " in told and all(error in told for error in errors), told
        else:
            good.append(cells)
    check_rows(rows(answer.stdout), good)




@pytest.mark.parametrize("name", ["any_sheets", "date", "date_1904", "encoded_entities", "errors", "temperature"])
def test_a_workbook_goes_in_as_openpyxl_reads_it(shared_house: House, name: str) -> None:
    expected = known(name)
    columns = [f"c{number}" for number in range(max(len(cells) for _, cells in expected))]
    make_table(shared_house, "demo.book", columns)

    found = shared_house.api.load(
        CORPORA / f"xlsx/{name}.xlsx", "demo.book", header="false", key=",".join(columns)
    )

    good = [cells for _, cells in expected if not any(cell.startswith("!") for cell in cells)]
    check_rows(sorted(contents(shared_house, "demo.book", columns)), sorted(good))
    report = shared_house.api.error_report(found["task_id"])
    bad = [(number, cells[0][1:]) for number, cells in expected if cells not in good]
    assert [(int(row["line"]), row["value"]) for row in report] == bad
