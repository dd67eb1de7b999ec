"""Golden files: each input of Fixtures/golden, through the API, beside its expected rows and rejects.

What a folder holds, and how to add one, says the README there.
"""

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import House
from program import ROOT

GOLDEN = ROOT / "Fixtures/golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
COLUMNS = ["row", "line", "column", "code", "value"]


def test_there_are_cases() -> None:
    assert len(CASES) >= 20
    for name in CASES:
        found = sorted(file.name for file in (GOLDEN / name).iterdir() if not file.name.startswith("input."))
        rest = ["expected.csv", "options.json", "rejects.csv", "table.sql"]
        assert found in (rest, sorted([*rest, "error.json"])), f"{name}: {found}"


@pytest.mark.parametrize("name", CASES)
def test_golden(shared_house: House, name: str) -> None:
    house, folder = shared_house, GOLDEN / name
    house.database.execute("DROP TABLE IF EXISTS demo.golden")
    house.database.execute((folder / "table.sql").read_text(encoding="utf-8"))
    (file,) = folder.glob("input.*")
    options = json.loads((folder / "options.json").read_text(encoding="utf-8"))

    answer = house.api.send(file, "demo.golden", name=file.name, **options)

    error = folder / "error.json"
    if answer.status_code != 202:
        assert error.exists(), answer.text
        check_error(error, answer.json())
        report = []
    else:
        found = house.api.wait(answer.json()["task_id"], "failed" if error.exists() else "done")
        if error.exists():
            check_error(error, found["error"])
        report = house.api.error_report(found["task_id"])
    assert rejects(report) == (folder / "rejects.csv").read_bytes().decode("utf-8")
    held = house.database.csv("SELECT * FROM demo.golden ORDER BY 1")
    assert held.decode("utf-8") == (folder / "expected.csv").read_bytes().decode("utf-8")


def check_error(file: Path, found: dict[str, object]) -> None:
    """The code as a whole, and of the words as many as stand there."""
    for field, words in json.loads(file.read_text(encoding="utf-8")).items():
        assert str(words) in str(found[field]), found


def rejects(report: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(report)
    return text.getvalue()
