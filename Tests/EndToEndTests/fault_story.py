"""What a round of faults is about: files drawn at random, and what a table holds when they are in."""

import csv
import gzip
import io
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import openpyxl

# The first is the key, where there is one.
COLUMNS = ("id", "code", "n", "note")
Row = tuple[int, str, int, str]
NOTES = ("none", "Größe", 'a "quoted" one', "two, with a comma", "7")
FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "xlsx")
# A workbook takes its time to be made.
WORKBOOK_ROWS = 8000


@dataclass(frozen=True)
class Line:
    """A row of a file, and why it is refused, if it is."""

    cells: tuple[Any, ...]
    column: str = ""
    code: str = ""

    @property
    def row(self) -> Row:
        return self.cells  # type: ignore[return-value]


@dataclass(frozen=True)
class Load:
    """An import: the lines of its file, and its options."""

    format: str
    lines: list[Line]
    options: dict[str, str]
    # A dry run first, which is carried out then.
    is_rehearsed: bool = False

    def __str__(self) -> str:
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        rehearsed = " by a dry run" if self.is_rehearsed else ""
        return f"{len(self.lines)} rows of {self.format}, {sum(bool(line.code) for line in self.lines)} bad, {options}{rehearsed}"

    def content(self) -> bytes:
        kind, _, packing = self.format.partition(".")
        made = {"csv": as_csv, "jsonl": as_json_lines, "xlsx": as_workbook}[kind](self.lines)
        return gzip.compress(made, 1) if packing else made


def as_csv(lines: list[Line]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(line.cells for line in lines)
    return text.getvalue().encode()


def as_json_lines(lines: list[Line]) -> bytes:
    return "".join(json.dumps(dict(zip(COLUMNS, line.cells, strict=True))) + "\n" for line in lines).encode()


def as_workbook(lines: list[Line]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    sheet.append(COLUMNS)
    for line in lines:
        sheet.append(line.cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@dataclass
class Outcome:
    """What an import leaves."""

    rows: list[Row]
    counts: dict[str, int]
    rejects: Counter[tuple[int, str, str]]
    is_failed: bool = False


@dataclass
class Table:
    """A table and what is in it: one row for each key, or a bag of rows."""

    name: str
    has_key: bool
    rows: list[Row] = field(default_factory=list)

    @property
    def definition(self) -> str:
        keys = ("PRIMARY KEY", "UNIQUE") if self.has_key else ("", "")
        return (
            f"CREATE TABLE {self.name} (id integer {keys[0]}, code text {keys[1]},"
            " n integer CHECK (n >= 0), note text)"
        )

    def load(self, load: Load) -> Outcome:
        """What is to become of an import; the table is left as it is."""
        mode = load.options["mode"]
        rejects = Counter((number, line.column, line.code) for number, line in enumerate(load.lines, 1) if line.code)
        good = [line.row for line in load.lines if not line.code]
        counts = {"read": len(load.lines), "bad": rejects.total(), "skipped": 0}
        if load.options["on_error"] == "abort" and rejects:
            return Outcome(self.rows, counts, rejects, is_failed=True)
        if self.has_key:
            ordered = good if load.options["duplicates"] == "last" else good[::-1]
            settled = {row[0]: row for row in ordered}
            counts["skipped"] = len(good) - len(settled)
            good = list(settled.values())
        there = {row[0]: row for row in self.rows} if self.has_key and mode != "replace" else {}
        known = [row for row in good if row[0] in there]
        changed = [row for row in known if mode == "upsert" and there[row[0]] != row]
        counts |= {
            "inserted": len(good) - len(known),
            "updated": len(changed),
            "unchanged": len(known) - len(changed),
        }
        if self.has_key and mode != "replace":
            after = list((there | {row[0]: row for row in good if mode == "upsert" or row[0] not in there}).values())
        else:
            after = good if mode == "replace" else self.rows + good
        return Outcome(after, counts, rejects)


class Author:
    """Makes files up."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def load(self, table: Table) -> Load:
        chance = self.chance
        format = chance.choice(FORMATS)
        count = chance.choice([0, 60, 3000, 20_000, 60_000, 150_000])
        if format == "xlsx":
            count = min(count, WORKBOOK_ROWS)
        if format.startswith("jsonl"):
            # An empty file would not say what it is.
            count = max(count, 1)
        mode = chance.choice(["upsert", "upsert", "insert", "replace"] if table.has_key else ["append", "append", "replace"])
        is_rehearsed = chance.random() < 0.2
        options = {
            "mode": mode,
            "commit": "batched" if mode != "replace" and not is_rehearsed and chance.random() < 0.5 else "atomic",
            "duplicates": chance.choice(["last", "first"]),
            "on_error": "abort" if chance.random() < 0.05 else "reject",
        }
        if options["on_error"] == "abort":
            options["commit"] = "atomic"
        return Load(format, self.lines(table, count), options, is_rehearsed)

    def lines(self, table: Table, count: int) -> list[Line]:
        chance = self.chance
        bad = chance.choice([0, 0, 0.001, 0.2])
        repeated = chance.choice([0, 0.05]) if table.has_key else 0
        # Half of them may be there already, some as they are.
        numbers = chance.sample(range(1, 2 * count + 1), count)
        lines: list[Line] = []
        for place, number in enumerate(numbers):
            if repeated and lines and chance.random() < repeated:
                number = numbers[chance.randrange(place)]
            n = chance.randrange(3)
            note = NOTES[chance.randrange(len(NOTES))]
            if bad and chance.random() < bad:
                lines.append(self.bad_line(table, 10_000_000 + place, note))
            else:
                lines.append(Line((number, f"c{number}", n, note)))
        return lines

    def bad_line(self, table: Table, number: int, note: str) -> Line:
        """A key of its own: it meets no other row."""
        kind = self.chance.choice(["type", "check", "required"] if table.has_key else ["type", "check"])
        if kind == "type":
            return Line((number, f"c{number}", "many", note), "n", "type")
        if kind == "check":
            return Line((number, f"c{number}", -1, note), "n", "check")
        return Line((None, f"c{number}", 1, note), "id", "required")
