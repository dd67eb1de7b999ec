"""Ways to merge, beside what one would write by hand: the section "merge".

Each case begins with a copy of a prepared database (CREATE DATABASE … TEMPLATE), for every contender and in
every round; rounds are interleaved, medians are given, and all contenders have to leave the same rows.

- empty:     the file into an empty table
- unchanged: the file into a table that has just its rows
- changed:   the file into a table in which each of its rows has another quantity
- new:       a tenth of the file, into a table of ten times its size that has none of the rows
- replace:   the file becomes the table's whole content, where the same rows were before
- staging:   `dry_run`, beside \\copy into an UNLOGGED table
- pgloader:  the file into an empty table
- polars:    the same: `read_csv`, ADBC into an UNLOGGED table, and the same INSERT … ON CONFLICT
- start:     a file of one row
- growth:    files of a hundredth, a tenth, the size and ten times the size, into an empty table
- two:       two files at once into two tables
- images:    what it costs that an import can be taken back

Sluice's time is that of the whole, from sending the file to a running server to the end of the import.
"""

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench_common import Run, Section, Verdict, fixture, psql, run_sluice
from bench_contenders import (
    run_pgloader,
    run_polars,
    run_psql_copy,
    run_psql_replace,
    run_psql_upsert,
)
from bench_prepared import EMPTY, LARGE, OTHER, SAME, Prepared
from bench_scaling import growth, images, start, two_workers

# The goals of issue 4: at most so many times the other's seconds.
GOALS = {
    "empty": 0.70,
    "unchanged": 0.80,
    "changed": 0.90,
    "new": 0.80,
    "replace": 0.90,
    "staging": 0.80,
    "pgloader": 0.20,
    "polars": 1.00,
}
# And so much of its memory.
GOAL_MEMORY = {"polars": 0.10}

Contender = Callable[[Path, Path], Run]


class Case(NamedTuple):
    """Sluice beside one other, from one prepared database."""

    title: str
    template: str
    options: dict[str, str]
    other: str
    run: Contender
    # Whether the file is the small one, of new rows.
    is_small: bool = False
    # Whether Sluice's time ends with `validated`: the target stays as it is.
    is_staging: bool = False


CASES = {
    "empty": Case("into an empty table", EMPTY, {}, "psql: \\copy, INSERT … ON CONFLICT", run_psql_upsert),
    "unchanged": Case("into the same rows, nothing changed", SAME, {}, "the same script", run_psql_upsert),
    "changed": Case("into the same rows, every row changed", OTHER, {}, "the same script", run_psql_upsert),
    "new": Case("1 % new rows", LARGE, {}, "the same script", run_psql_upsert, is_small=True),
    "replace": Case(
        "`replace` of the whole table",
        SAME,
        {"mode": "replace"},
        "psql: create, \\copy, build indexes, swap",
        run_psql_replace,
    ),
    "staging": Case(
        "staging alone (`dry_run`)",
        EMPTY,
        {"dry_run": "true"},
        "psql: \\copy into UNLOGGED staging",
        run_psql_copy,
        is_staging=True,
    ),
    "pgloader": Case("end to end", EMPTY, {}, "pgloader", run_pgloader),
    "polars": Case("end to end", EMPTY, {}, "polars with ADBC, the same merge", run_polars),
}
OTHERS = {"start": start, "growth": growth, "two": two_workers, "images": images}


def staged_seconds(run: Run) -> float:
    """Seconds from the first byte that was read to the state `validated`, as the object tells them."""
    assert run.told is not None
    return sum(stage["seconds"] for stage in run.told["stages"] if stage["name"] == "parsing")


def measure(name: str, prepared: Prepared, rounds: int, work: Path) -> dict[str, list[Run]]:
    """Both contenders, in rounds; ends the program when they leave different rows."""
    case = CASES[name]
    file = prepared.new_rows if case.is_small else prepared.file
    runs: dict[str, list[Run]] = {"sluice": [], "other": []}
    for number in range(rounds):
        left = {}
        for contender, each in runs.items():
            with prepared.copy_of(case.template):
                if contender == "sluice":
                    run = run_sluice(file, work, **case.options)
                else:
                    run = case.run(file, work)
                # What psql copies into staging is not in the table either.
                left[contender] = fingerprint()
            each.append(run)
            figures = f"{run.seconds:8.3f} s {run.peak_rss_mb:6.0f} MB"
            print(f"{name:9} round {number + 1}: {contender:6} {figures}", flush=True)
        if left["sluice"] != left["other"]:
            sys.exit(f"{name}: the contenders left different rows: {left}")
    return runs


def fingerprint(table: str = "demo.sales") -> str:
    """Rows of a table and a digest over all of them, in no order."""
    return psql(
        "SET TIME ZONE 'UTC'", f"SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)::numeric) FROM {table} AS t"
    )


def median(runs: list[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def judged(name: str, runs: dict[str, list[Run]]) -> float:
    """Sluice's seconds, as the goal has them."""
    if CASES[name].is_staging:
        return statistics.median(staged_seconds(run) for run in runs["sluice"])
    return median(runs["sluice"])


def main_steps(runs: list[Run]) -> str:
    """Where the time of the run in the middle went, the longest steps first."""
    middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
    steps = ((middle.told or {}).get("profile") or {"steps": []})["steps"]
    within = [step for step in steps if step["name"] != "statistics"]
    longest = sorted(within, key=lambda step: -step["seconds"])[:4]
    return ", ".join(f"{step['name']} {step['seconds']:.2f}" for step in longest)


def row(name: str, runs: dict[str, list[Run]]) -> str:
    case, seconds, other = CASES[name], judged(name, runs), median(runs["other"])
    whole = f" ({median(runs['sluice']):.2f} as a whole)" if case.is_staging else ""
    peaks = [max(run.peak_rss_mb for run in each) for each in runs.values()]
    return (
        f"| {case.title} | {seconds:.2f}{whole} | {case.other} | {other:.2f} | {seconds / other:.2f}"
        f" | {GOALS[name]:.2f} | {peaks[0]:.0f} / {peaks[1]:.0f} | {main_steps(runs['sluice'])} |"
    )


def verdicts(name: str, runs: dict[str, list[Run]]) -> list[Verdict]:
    ratio = judged(name, runs) / median(runs["other"])
    other = CASES[name].other
    found = [
        Verdict(ratio <= GOALS[name], f"{name}: {ratio:.2f} × {other}, at most {GOALS[name]:.2f} × is the goal")
    ]
    if name in GOAL_MEMORY:
        peaks = [max(run.peak_rss_mb for run in each) for each in runs.values()]
        share = peaks[0] / peaks[1]
        goal = GOAL_MEMORY[name]
        found.append(Verdict(share <= goal, f"{name}: {share:.2f} × its memory, at most {goal:.2f} × is the goal"))
    return found


def compared(names: list[str], prepared: Prepared, rounds: int, work: Path) -> Section:
    """Sluice beside the others."""
    lines = [
        f"{prepared.rows:,} rows; into a table of {prepared.rows * 10:,}, {prepared.rows // 10:,}. Seconds are medians"
        f" of {rounds} interleaved rounds; steps overlap.",
        "",
        "| case | Sluice, s | beside | s | ratio | goal | peak RSS, MB | where Sluice's time goes, s |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    found: list[Verdict] = []
    figures = {}
    for name in names:
        runs = measure(name, prepared, rounds, work)
        lines.append(row(name, runs))
        found += verdicts(name, runs)
        figures[name] = {contender: [run._asdict() for run in each] for contender, each in runs.items()}
    return Section(lines, found, figures)


def merge_section(rows: int, rounds: int, work: Path, cases: list[str] | None) -> Section:
    """The cases asked for, or all of them."""
    known = [*CASES, *OTHERS]
    unknown = set(cases or ()) - set(known)
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = [name for name in known if cases is None or name in cases]
    prepared = Prepared(rows, fixture(rows), work)
    sections = []
    try:
        if any(name in CASES for name in chosen):
            sections.append(compared([name for name in chosen if name in CASES], prepared, rounds, work))
        sections += [OTHERS[name](prepared, rounds, work) for name in chosen if name in OTHERS]
    finally:
        prepared.close()
    lines = [line for section in sections for line in [*section.lines, ""]][:-1]
    figures = {name: figure for section in sections for name, figure in section.figures.items()}
    return Section(lines, [verdict for section in sections for verdict in section.verdicts], figures)
