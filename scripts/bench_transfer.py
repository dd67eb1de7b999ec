"""Sluice end to end beside psql and pgloader, and its memory: the sections "speed" and "memory".

Each contender loads the same file into a fresh, empty demo.sales (primary key and a second unique key):

- sluice:   `sluice serve`, the file sent by curl, until the import is done
- psql:     \\copy into an UNLOGGED staging table, then INSERT … ON CONFLICT … DO UPDATE
- pgloader: LOAD CSV into the same kind of table, then the same INSERT

Rounds are interleaved, medians are given, and all have to leave the same rows. After that the peak
memory of the sluice process is read for a small and for a large file, each in a fresh process.
"""

import os
import statistics
import sys
from pathlib import Path

from bench_common import COLUMNS, Run, Section, Verdict, digest, fixture, new_table, run_process, run_sluice

# `make bench` looks at these: more than this means that the goal is missed.
GOAL_RATIO = 1.15
GOAL_RSS_MB = 120
GOAL_RSS_SPREAD = 0.15

STAGING = "demo.sales_staging"
NEW_STAGING = f"CREATE UNLOGGED TABLE {STAGING} (LIKE demo.sales)"
MERGE = f"""
INSERT INTO demo.sales AS target ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM {STAGING}
ON CONFLICT (serial_number) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[1:])}
WHERE ({", ".join(f"target.{c}" for c in COLUMNS[1:])})
  IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in COLUMNS[1:])})
"""


def run_psql(file: Path, work: Path) -> Run:
    copy = f"\\copy {STAGING} FROM '{file}' WITH (FORMAT csv, HEADER true)"
    script = work / "load.sql"
    script.write_text(f"{NEW_STAGING};\n{copy}\n{MERGE};\nDROP TABLE {STAGING};\n", encoding="utf-8")
    return run_process(
        ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(script)], work / "psql.log"
    )


def run_pgloader(file: Path, work: Path) -> Run:
    host, port = os.environ["PGHOST"], os.environ["PGPORT"]
    # An empty field is NULL; a quoted one stays the empty string.
    fields = ", ".join(COLUMNS)
    script = work / "load.pgloader"
    script.write_text(
        f"""
LOAD CSV
  FROM '{file}' WITH ENCODING UTF-8 ({fields})
  INTO postgresql://postgres@unix:{host}:{port}/{os.environ['PGDATABASE']}
  TARGET TABLE {STAGING} ({fields})
  WITH skip header = 1, fields terminated by ',', fields optionally enclosed by '"',
       fields escaped by double-quote
  SET client_encoding TO 'utf8'
  BEFORE LOAD DO $$ {NEW_STAGING} $$
  AFTER LOAD DO $$ {MERGE} $$, $$ DROP TABLE {STAGING} $$;
""",
        encoding="utf-8",
    )
    arguments = ["pgloader", "--no-ssl-cert-verification", "--root-dir", str(work / "pgloader"), str(script)]
    return run_process(arguments, work / "pgloader.log")


CONTENDERS = {"sluice": run_sluice, "psql": run_psql, "pgloader": run_pgloader}


def compare(rows: int, rounds: int, work: Path) -> dict[str, list[Run]]:
    """All contenders, in rounds; ends the program when they leave different rows."""
    file = fixture(rows)
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    digests: dict[str, str] = {}
    for number in range(rounds):
        for name, contender in CONTENDERS.items():
            new_table()
            run = contender(file, work)
            runs[name].append(run)
            digests[name] = digest()
            print(f"round {number + 1}: {name:9} {run.seconds:8.2f} s {run.peak_rss_mb:8.0f} MB", flush=True)
        if len(set(digests.values())) != 1 or not digests["psql"].startswith(f"{rows} "):
            sys.exit(f"the contenders left different rows: {digests}")
    return runs


def memory(sizes: list[int], work: Path) -> dict[int, Run]:
    """Sluice alone, once for each size, each in a fresh process."""
    found = {}
    for rows in sizes:
        file = fixture(rows)
        new_table()
        found[rows] = run_sluice(file, work)
        print(f"memory: {rows:>10,} rows {found[rows].seconds:8.2f} s {found[rows].peak_rss_mb:8.0f} MB", flush=True)
    return found


def table_of_speed(rows: int, runs: dict[str, list[Run]]) -> list[str]:
    medians = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
    lines = [
        f"{rows:,} rows into an empty `demo.sales`, median of {len(runs['psql'])} interleaved rounds:",
        "",
        "| | seconds | rows a minute | ratio to psql | peak RSS, MB | all rounds, s |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, seconds in medians.items():
        each = runs[name]
        lines.append(
            f"| {name} | {seconds:.2f} | {rows / seconds * 60:,.0f} | {seconds / medians['psql']:.2f}"
            f" | {max(run.peak_rss_mb for run in each):.0f} | {', '.join(f'{run.seconds:.2f}' for run in each)} |"
        )
    return lines


def table_of_memory(found: dict[int, Run]) -> list[str]:
    lines = [
        "Sluice alone, each size in a fresh process:",
        "",
        "| rows | seconds | rows a minute | peak RSS, MB |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for rows, run in found.items():
        lines.append(f"| {rows:,} | {run.seconds:.2f} | {rows / run.seconds * 60:,.0f} | {run.peak_rss_mb:.0f} |")
    return lines


def speed_section(rows: int, rounds: int, work: Path) -> Section:
    """Sluice, psql and pgloader side by side."""
    runs = compare(rows, rounds, work)
    medians = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
    ratio = medians["sluice"] / medians["psql"]
    top = max(run.peak_rss_mb for run in runs["sluice"])
    return Section(
        table_of_speed(rows, runs),
        [
            Verdict(ratio <= GOAL_RATIO, f"sluice takes {ratio:.2f} × psql, at most {GOAL_RATIO} × is the goal"),
            Verdict(top <= GOAL_RSS_MB, f"sluice needs {top:.0f} MB, {GOAL_RSS_MB} MB is the goal"),
        ],
        {name: [run._asdict() for run in each] for name, each in runs.items()},
    )


def memory_section(sizes: list[int], work: Path) -> Section:
    """Sluice's memory by the size of the file."""
    found = memory(sizes, work)
    top = max(run.peak_rss_mb for run in found.values())
    small, large = (run.peak_rss_mb for run in (found[min(found)], found[max(found)]))
    spread = large / small - 1
    return Section(
        table_of_memory(found),
        [
            Verdict(top <= GOAL_RSS_MB, f"sluice needs {top:.0f} MB at most, {GOAL_RSS_MB} MB is the goal"),
            Verdict(
                abs(spread) <= GOAL_RSS_SPREAD,
                f"from {min(found):,} to {max(found):,} rows its memory changes by {spread:+.0%},"
                f" ± {GOAL_RSS_SPREAD:.0%} is the goal",
            ),
        ],
        {str(rows): run._asdict() for rows, run in found.items()},
    )
