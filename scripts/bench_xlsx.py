"""A workbook of a million rows and ten columns: the section "xlsx".

- sluice:   imported into demo.sales end to end, as in the section "speed", with its peak memory; how long the
            answer to the upload takes is given as well
- xlsx2csv: the workbook to CSV, and nothing else

The rows in the table have to be those that openpyxl reads, value by value.
"""

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench_common import (
    COLUMNS,
    PYTHON,
    ROOT,
    Section,
    Verdict,
    first_line,
    fixture,
    new_table,
    psql,
    run_process,
    run_sluice,
)

GOAL_RSS_MB = 150

OPENPYXL = """
import csv, sys
import openpyxl
sheet = openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0]
csv.writer(sys.stdout).writerows(sheet.iter_rows(values_only=True))
"""


def workbook(rows: int) -> Path:
    """The sales file as a workbook: made once, kept in Fixtures/generated."""
    source = fixture(rows)
    book = source.with_suffix(".xlsx")
    generator = ROOT / "Fixtures/workbook.py"
    newest = max(path.stat().st_mtime for path in (source, generator))
    if not book.exists() or book.stat().st_mtime < newest:
        print(f"makes {book.name}", flush=True)
        subprocess.run([sys.executable, generator, source, book], check=True)
    return book


def openpyxl_rows(book: Path, work: Path) -> tuple[Iterator[tuple], float]:
    """What openpyxl reads, as values of the types of demo.sales, in their order; and how long it took."""
    file = work / "openpyxl.csv"
    began = time.monotonic()
    run_process([str(PYTHON), "-c", OPENPYXL, str(book)], work / "openpyxl.log", file)
    seconds = time.monotonic() - began

    def rows() -> Iterator[tuple]:
        with open(file, encoding="utf-8", newline="") as text:
            reader = csv.reader(text)
            next(reader)
            for row in reader:
                yield value_row(row)

    return rows(), seconds


def value_row(row: list[str]) -> tuple:
    """Texts become values, so that 1.50 and 1.5 are the same. Empty cells at the end may be left out."""
    whole = row + [""] * (len(COLUMNS) - len(row))
    serial, item, store, day, quantity, price, discount, email, paid, sold = whole
    return (
        int(serial),
        item,
        int(store),
        day[:10],
        int(quantity),
        Decimal(price).normalize(),
        Decimal(discount).normalize() if discount else None,
        email,
        paid.lower() in ("true", "t", "1"),
        moment(sold),
    )


def moment(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def table_rows(work: Path) -> Iterator[tuple]:
    """What the import has left in demo.sales."""
    file = work / "table.csv"
    columns = ", ".join(COLUMNS)
    psql(
        "SET TIME ZONE 'UTC'",
        f"\\copy (SELECT {columns} FROM demo.sales ORDER BY serial_number) TO '{file}' WITH (FORMAT csv)",
    )
    with open(file, encoding="utf-8", newline="") as text:
        for row in csv.reader(text):
            yield value_row(row)


def compare_rows(book: Path, rows: int, work: Path) -> float:
    """Ends the program where openpyxl reads other rows; returns how long it read."""
    expected, seconds = openpyxl_rows(book, work)
    number = 0
    for number, (wanted, found) in enumerate(zip(sorted(expected), table_rows(work), strict=True), start=1):
        if wanted != found:
            sys.exit(f"row {number} is {found}, openpyxl reads {wanted}")
    if number != rows:
        sys.exit(f"{number} rows instead of {rows}")
    return seconds


def xlsx_section(rows: int, work: Path, compares_rows: bool) -> Section:
    """A workbook end to end, beside a converter that only reads."""
    book = workbook(rows)
    new_table()
    sluice = run_sluice(book, work, timezone="UTC")
    print(f"xlsx: sluice    {sluice.seconds:8.2f} s {sluice.peak_rss_mb:8.0f} MB", flush=True)
    converter = run_process(
        [str(PYTHON.with_name("xlsx2csv")), str(book), str(work / "converted.csv")], work / "xlsx2csv.log"
    )
    print(f"xlsx: xlsx2csv  {converter.seconds:8.2f} s {converter.peak_rss_mb:8.0f} MB", flush=True)
    lines = [
        f"A workbook of {rows:,} rows and {len(COLUMNS)} columns ({book.stat().st_size / 1e6:.0f} MB):",
        "",
        "| | seconds | peak RSS, MB |",
        "| --- | ---: | ---: |",
        f"| sluice, into `demo.sales` (the answer came after {sluice.answered:.2f} s)"
        f" | {sluice.seconds:.2f} | {sluice.peak_rss_mb:.0f} |",
        f"| xlsx2csv {first_line(str(PYTHON), '-m', 'xlsx2csv', '--version')}, to CSV only"
        f" | {converter.seconds:.2f} | {converter.peak_rss_mb:.0f} |",
    ]
    verdicts = [
        Verdict(
            sluice.seconds <= converter.seconds,
            f"sluice imports the workbook in {sluice.seconds / converter.seconds:.2f} × the time of xlsx2csv alone",
        ),
        Verdict(
            sluice.peak_rss_mb < GOAL_RSS_MB,
            f"sluice needs {sluice.peak_rss_mb:.0f} MB for the workbook, less than {GOAL_RSS_MB} MB is the goal",
        ),
    ]
    figures = {"sluice": sluice._asdict(), "xlsx2csv": converter._asdict()}
    if compares_rows:
        seconds = compare_rows(book, rows, work)
        lines.append(f"| openpyxl, read only | {seconds:.2f} | |")
        verdicts.append(Verdict(True, f"all {rows:,} rows are those that openpyxl reads"))
        figures["openpyxl"] = {"seconds": seconds}
    return Section(lines, verdicts, figures)
