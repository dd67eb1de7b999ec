"""The benchmark of `make bench`, in sections; scripts/bench.sh has started a Postgres where one is needed.

- speed:   an import end to end beside psql and pgloader (bench_transfer.py)
- memory:  peak memory for a small and for a large file (bench_transfer.py)
- reading: reading, validating and encoding without a database, beside polars and DuckDB (bench_reading.py)
- xlsx:    a workbook of a million rows, beside xlsx2csv and openpyxl (bench_xlsx.py)
- merge:   every way to merge, beside what one would write by hand (bench_merge.py), and how it scales
           (bench_scaling.py)

All of them run unless some are named. The result is printed, and written as markdown and as JSON into
bench-results/. The exit code is 1 where a goal is missed.
"""

import argparse
import datetime
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bench_common import ROOT, Section, machine
from bench_merge import merge_section
from bench_reading import reading_section
from bench_transfer import memory_section, speed_section
from bench_xlsx import xlsx_section


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures Sluice beside others.")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is needed meanwhile")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("SLUICE_BENCH_ROWS", "1000000")))
    parser.add_argument("--rounds", type=int, help="3; of reading at least 5, of merge 5 where not told")
    parser.add_argument("--speed", action="store_true", help="only this section, or those named")
    parser.add_argument("--memory", action="store_true", help="the same")
    parser.add_argument("--reading", action="store_true", help="the same")
    parser.add_argument("--xlsx", action="store_true", help="the same")
    parser.add_argument("--merge", action="store_true", help="the same")
    parser.add_argument("--cases", type=lambda text: text.split(","), help="of merge, only these: a,b")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-results", help="the folder for the results")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory out")
    parser.add_argument("--no-openpyxl", action="store_true", help="leave out the slow comparison with openpyxl")
    return parser.parse_args()


def sections(told: argparse.Namespace) -> dict[str, Callable[[], Section]]:
    """Those asked for, by name."""
    quick = os.environ.get("SLUICE_BENCH_QUICK") == "1"
    sizes = [100_000, 1_000_000 if quick else 10_000_000]
    rounds = told.rounds or int(os.environ.get("SLUICE_BENCH_ROUNDS", "3"))
    known: dict[str, Callable[[], Section]] = {
        "speed": lambda: speed_section(told.rows, rounds, told.work),
        "memory": lambda: memory_section(sizes, told.work),
        "reading": lambda: reading_section(told.rows, max(rounds, 5), told.work),
        "xlsx": lambda: xlsx_section(told.rows, told.work, compares_rows=not (quick or told.no_openpyxl)),
        "merge": lambda: merge_section(told.rows, told.rounds or 5, told.work, told.cases),
    }
    named = [name for name in known if getattr(told, name)]
    chosen = named or [name for name in known if not (name == "memory" and told.no_memory)]
    return {name: known[name] for name in chosen}


def main() -> int:
    told = arguments()
    found = {name: run() for name, run in sections(told).items()}
    report = ["# Benchmark", "", *machine(), ""]
    for section in found.values():
        report += [*section.lines, ""]
    judged = [verdict for section in found.values() for verdict in section.verdicts]
    report += [f"- {'met' if verdict.is_met else '**missed**'}: {verdict.text}" for verdict in judged]

    text = "\n".join(report) + "\n"
    figures = json.dumps({name: section.figures for name, section in found.items()}, indent=2) + "\n"
    folder: Path = told.out
    folder.mkdir(exist_ok=True)
    name = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}"
    for stem in (name, "latest"):
        (folder / f"{stem}.md").write_text(text, encoding="utf-8")
        (folder / f"{stem}.json").write_text(figures, encoding="utf-8")
    print()
    print(text, end="")
    print(f"\nwritten to {folder.name}/{name}.md and .json")
    return 0 if all(verdict.is_met for verdict in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
