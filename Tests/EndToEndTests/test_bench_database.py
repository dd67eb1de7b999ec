"""`sluice bench FILE --target T`: the steps that need a database, measured on a copy of which nothing stays."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from database import Database, new_database
from program import BINARY, ROOT, Program, eventually
from test_bench import STEPS
from test_command import run

# A reference, a sequence, a second unique key, a CHECK, and a row that is there.
PARTS = """
CREATE TABLE demo.parts (
  id integer PRIMARY KEY,
  store_id integer REFERENCES demo.stores,
  label text UNIQUE CHECK (label <> 'no'),
  number serial,
  twice integer GENERATED ALWAYS AS (id * 2) STORED
);
INSERT INTO demo.stores (store_id, name, country) VALUES (1, 'one', 'DE');
INSERT INTO demo.parts (id, store_id, label) VALUES (1, 1, 'a'), (2, 1, 'b')
"""


@pytest.fixture
def database() -> Iterator[Database]:
    with new_database() as database:
        yield database


def bench(database: Database, file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return run("bench", str(file), "--rounds", "1", *options, SLUICE_DATABASE_URL=database.url)


def measured(database: Database, file: Path, *options: str) -> dict[str, Any]:
    done = bench(database, file, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def traces(database: Database) -> list[Any]:
    """All that there is in a database, and where its sequences stand."""
    return [
        database.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1"),
        database.rows("SELECT oid, relname, relfilenode FROM pg_class WHERE oid >= 16384 ORDER BY 1"),
        database.rows("SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"),
    ]


def test_each_step_is_measured_alone_and_the_target_stays_as_it_is(database: Database, generated: Any) -> None:
    file = generated("sales-10k")
    database.psql(f"\\copy demo.sales FROM '{file}' WITH (FORMAT csv, HEADER true)")
    database.execute("DELETE FROM demo.sales WHERE serial_number > 10009000")
    database.execute("UPDATE demo.sales SET quantity = quantity + 1 WHERE serial_number <= 10000010")
    before = (traces(database), database.versions("demo.sales"))

    found = measured(database, file, "--target", "demo.sales")

    assert (traces(database), database.versions("demo.sales")) == before
    assert [step["name"] for step in found["steps"]] == [*STEPS, "copy", "duplicates", "rules", "merge"]
    seconds = {step["name"]: step["seconds"] for step in found["steps"]}
    for step in found["steps"]:
        assert step["seconds"] > 0
        assert abs(step["rows_per_second"] * step["seconds"] / 10_000 - 1) < 0.01
    target = found["target"]
    assert (target["name"], target["rows"]) == ("demo.sales", 9000)
    assert (target["inserted"], target["updated"], target["unchanged"]) == (1000, 10, 8990)
    # Reading and COPY overlap: only the slower one counts.
    steps = {
        "look_over": seconds["all"] - seconds["encoding"],
        max(("encoding", "copy"), key=lambda name: seconds[name]): max(seconds["encoding"], seconds["copy"]),
    } | {name: seconds[name] for name in ("duplicates", "rules", "merge")}
    limit = found["limit"]
    assert limit["step"] == max(steps, key=lambda name: steps[name])
    assert abs(limit["seconds"] - steps[limit["step"]]) < 1e-6
    assert abs(limit["total_seconds"] - sum(steps.values())) < 1e-6


def test_an_empty_copy_has_no_rows(database: Database, generated: Any) -> None:
    file = generated("sales-10k")
    database.psql(f"\\copy demo.sales FROM '{file}' WITH (FORMAT csv, HEADER true)")

    done = bench(database, file, "--target", "demo.sales", "--empty")

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "10000 inserted, 0 updated" in lines[-2] and "demo.sales with 0 rows" in lines[-2]
    assert lines[-1].endswith("this limits it")


def test_the_rules_of_the_target_count_and_its_sequences_stay(database: Database, tmp_path: Path) -> None:
    database.execute(PARTS)
    file = tmp_path / "parts.csv"
    file.write_text("id,store_id,label\n1,1,a\n2,1,changed\n3,99,c\n4,1,no\n5,1,e\n5,1,f\nx,1,g\n")
    before = traces(database)

    found = measured(database, file, "--target", "demo.parts")

    assert traces(database) == before
    target = {name: found["target"][name] for name in ("inserted", "updated", "unchanged", "skipped", "rejected")}
    assert target == {"inserted": 1, "updated": 1, "unchanged": 1, "skipped": 1, "rejected": 3}


@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_nothing_stays_behind_when_it_is_ended(database: Database, tmp_path: Path, how: str) -> None:
    database.execute(PARTS)
    file = tmp_path / "parts.csv"
    file.write_text("id,store_id,label\n" + "".join(f"{number},1,l{number}\n" for number in range(3, 2000)))
    before = traces(database)
    words = ["bench", str(file), "--target", "demo.parts"]
    program = Program(words, {"SLUICE_DATABASE_URL": database.url}, tmp_path / "bench.log")
    waiting = """SELECT pid FROM pg_stat_activity WHERE application_name = 'sluice bench'
                    AND datname = current_database() AND wait_event_type = 'Lock'"""
    living = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'sluice bench' AND datname = current_database()"
    with psycopg.connect(database.url) as blocker:
        # Its rules are looked at when all is copied and staged.
        blocker.execute("LOCK TABLE demo.stores IN ACCESS EXCLUSIVE MODE")
        try:
            program.start()
            eventually("it waits for the lock", lambda: database.rows(waiting))
            if how == "interrupted":
                program.stop(signal.SIGINT, codes=(130,))
            else:
                program.kill()
            eventually("its session has ended", lambda: not database.rows(living))
        finally:
            program.discard()

    assert traces(database) == before


def test_what_is_wrong_is_said(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("store_id,name\n1,x\n")
    lookup = json.dumps({"name": {"column": "store_id", "lookup": "demo.stores.name"}})
    for options in (
        ["--target", "demo.stores", "--columns", "id integer"],
        ["--target", "demo.stores", "--mapping", lookup],
        ["--target", "demo.stores", "--duplicates", "reject"],
    ):
        assert bench(database, file, *options).returncode == 2
    assert run("bench", str(file), "--target", "demo.stores").returncode == 2
    other = bench(database, file, "--target", "demo.nothing")
    assert other.returncode == 1 and "demo.nothing" in other.stderr


def test_the_benchmark_of_merges_runs(tmp_path: Path) -> None:
    """A few rows, once: its figures mean nothing, but each contender does its part."""
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/bench.py", "--work", work, "--out", tmp_path / "results", "--merge"]
        + ["--rows", "100", "--rounds", "1", "--cases", "unchanged,new,images"],
        env=os.environ | {"SLUICE_ROOT": str(ROOT), "SLUICE_BIN": str(BINARY)},
        capture_output=True,
        text=True,
        check=False,
    )

    # 1 is a goal that was missed.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads((tmp_path / "results/latest.json").read_text())["merge"]
    assert list(found) == ["unchanged", "new", "images"]
    for name in ("unchanged", "new"):
        assert [len(found[name][contender]) for contender in ("sluice", "other")] == [1, 1]
    steps = {step["name"]: step["rows"] for step in found["new"]["sluice"][0]["told"]["profile"]["steps"]}
    assert steps["merge"] == 10
    verdicts = [line for line in done.stdout.splitlines() if "is the goal" in line]
    assert [verdict.split(": ")[1].split(" ")[0] for verdict in verdicts[:2]] == ["unchanged", "new"]
