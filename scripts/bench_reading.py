"""Reading, validating and encoding without a database, beside polars and DuckDB: the section "reading".

Each contender goes over the ten-column sales file in a process of its own, all of them on the same core, in
interleaved rounds:

- sluice cat:   the whole command, from its start to its end, its output thrown away
- sluice bench: the steps of an import, each by itself; types as in demo.sales
- polars:       `read_csv` with one thread, into a frame in memory; with types inferred, and all as text
- duckdb:       `read_csv` with one thread, into a table in memory; the same

The time of the Python packages is that of the call alone, theirs to load is left out.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench_common import BINARY, PYTHON, Section, Verdict, fixture, run_process

# The goals: MB/s of reading, or this share of the fastest contender; MB/s of all three steps.
GOAL_READING = 500
GOAL_READING_SHARE = 0.8
GOAL_ENCODING = 150

TYPES = (
    "serial_number bigint, item_code varchar(20) not null, store_id integer not null, sale_date date not null,"
    " quantity integer not null, unit_price numeric(10,2) not null, discount numeric(5,4), customer_email text,"
    " paid boolean not null, sold_at timestamptz"
)

POLARS = """
import json, sys, time
import polars
began = time.monotonic()
frame = polars.read_csv(sys.argv[1], infer_schema={infer})
print(json.dumps({{"seconds": time.monotonic() - began, "rows": frame.height}}))
"""
DUCKDB = """
import json, sys, time
import duckdb
connection = duckdb.connect(config={{"threads": 1}})
began = time.monotonic()
connection.execute("CREATE TABLE t AS SELECT * FROM read_csv(?, all_varchar={text})", [sys.argv[1]])
seconds = time.monotonic() - began
print(json.dumps({{"seconds": seconds, "rows": connection.execute("SELECT count(*) FROM t").fetchone()[0]}}))
"""
OTHERS = {
    "polars.read_csv": POLARS.format(infer=True),
    "polars.read_csv, all as text": POLARS.format(infer=False),
    "duckdb read_csv": DUCKDB.format(text="false"),
    "duckdb read_csv, all as text": DUCKDB.format(text="true"),
}
STEPS = {
    "detecting": "sluice bench: encoding and dialect",
    "reading": "sluice bench: reading",
    "surveying": "sluice bench: how values are written",
    "encoding": "sluice bench: reading, validating and encoding",
    "all": "sluice bench: all that comes before the COPY",
}


def pinned(arguments: list[str]) -> list[str]:
    """On one core, the same for all."""
    return ["taskset", "--cpu-list", str(max(os.sched_getaffinity(0))), *arguments]


def cat(file: Path, work: Path) -> dict[str, float]:
    """`sluice cat FILE >/dev/null`, as one runs it."""
    run = run_process(pinned([str(BINARY), "cat", str(file)]), work / "cat.log", Path(os.devnull))
    return {"sluice cat": run.seconds}


def output_of(arguments: list[str], environment: dict[str, str]) -> dict:
    done = subprocess.run(
        pinned(arguments), env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{arguments[0]} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def steps(file: Path, rows: int) -> dict[str, float]:
    arguments = [str(BINARY), "bench", str(file), "--columns", TYPES, "--rounds", "1", "--json"]
    found = output_of(arguments, {})
    if (found["rows"], found["rows_bad"], found["doubtful"]) != (rows, 0, 0):
        sys.exit(f"sluice bench read other rows: {found}")
    return {STEPS[step["name"]]: step["seconds"] for step in found["steps"]}


def others(file: Path, rows: int) -> dict[str, float]:
    times = {}
    for name, script in OTHERS.items():
        found = output_of([str(PYTHON), "-c", script, str(file)], {"POLARS_MAX_THREADS": "1"})
        if found["rows"] != rows:
            sys.exit(f"{name} read {found['rows']} rows")
        times[name] = found["seconds"]
    return times


def measure(file: Path, rows: int, rounds: int, work: Path) -> dict[str, list[float]]:
    """Seconds of each contender in each round."""
    file.read_bytes()  # from now on it is in the page cache
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, seconds in (cat(file, work) | steps(file, rows) | others(file, rows)).items():
            times.setdefault(name, []).append(seconds)
            megabytes = file.stat().st_size / 1e6
            print(f"round {number + 1}: {name:48} {seconds:7.3f} s {megabytes / seconds:8.0f} MB/s", flush=True)
    return times


def table(rows: int, megabytes: float, times: dict[str, list[float]]) -> list[str]:
    rounds = len(times["sluice cat"])
    lines = [
        f"{rows:,} rows, {megabytes:.1f} MB, on one core, without a database; median and best of {rounds} rounds:",
        "",
        "| | MB/s | best | million rows a second |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, each in times.items():
        median = statistics.median(each)
        lines.append(f"| {name} | {megabytes / median:.0f} | {megabytes / min(each):.0f} | {rows / median / 1e6:.2f} |")
    return lines


def verdicts(megabytes: float, times: dict[str, list[float]]) -> list[Verdict]:
    rates = {name: megabytes / statistics.median(each) for name, each in times.items()}
    cat_rate, encoding = rates["sluice cat"], rates[STEPS["encoding"]]
    fastest = max(rates[name] for name in OTHERS)
    return [
        Verdict(
            cat_rate >= min(GOAL_READING, GOAL_READING_SHARE * fastest),
            f"sluice cat reads {cat_rate:.0f} MB/s, {cat_rate / fastest:.2f} × the fastest contender; "
            f"{GOAL_READING} MB/s or {GOAL_READING_SHARE} × is the goal",
        ),
        Verdict(
            encoding >= GOAL_ENCODING,
            f"reading, validating and encoding: {encoding:.0f} MB/s on one core, {GOAL_ENCODING} MB/s is the goal",
        ),
    ]


def reading_section(rows: int, rounds: int, work: Path) -> Section:
    """Sluice's steps beside two readers known to be fast."""
    file = fixture(rows)
    megabytes = file.stat().st_size / 1e6
    times = measure(file, rows, rounds, work)
    figures = {"megabytes": megabytes, "seconds": times}
    return Section(table(rows, megabytes, times), verdicts(megabytes, times), figures)
