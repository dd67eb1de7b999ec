#!/usr/bin/env python3
"""Makes CSV files for demo.sales: the same bytes every time for the same arguments.

    python3 Fixtures/generate.py --rows 100000 --out sales.csv
    python3 Fixtures/generate.py --rows 100000 --bad-share 0.002 --expect rejects.csv --out bad.csv

Rows have distinct serial numbers, and distinct (item_code, store_id, sale_date), up to 10 million rows.
Bad rows stand in the place of good ones: the file with the same arguments but without --bad-share holds
the row as it should be, and `good_row(index, seed)` gives it alone.

--expect writes the faults that an import of the file has to report: row, line, column, code.
"""

import argparse
import csv
import datetime
import os
import random
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

HEADER = (
    "serial_number,item_code,store_id,sale_date,quantity,unit_price,discount,customer_email,paid,sold_at"
)
FIRST_SERIAL = 10_000_001
MOST_ROWS = 10_000_000

ITEMS = 2_000
STORES = 500
DAYS = 1_461  # 2021-01-01 to 2024-12-31
TAILS = 1 << 15  # kinds of "quantity,unit_price,discount,customer_email,paid"
TIMES = 1 << 14

# A prime above MOST_ROWS: i -> i * STEP mod PRIME is one to one, and far from the order of i.
PRIME = 10_000_019
STEP = 6_180_341

# The first row with a quoted newline, where the stride is longer than that.
FIRST_NEWLINE = 617

FIRST_NAMES = "Ada Ben Cem Dora Eva Finn Greta Hugo Ida Jan Kim Lea Max Nora Olga Paul Rosa Sven Tom Uma".split()
SURNAMES = "Becker Costa Dubois Ekström Fischer García Hansen Ivanova Jensen Krüger Lopes Müller Novak".split()
DOMAINS = "mail.example shop.example post.example".split()

Row = str


class Fault(NamedTuple):
    """A fault that an import has to report."""

    row: int
    line: int
    column: str
    code: str


class Tables:
    """Ready-made pieces of rows: putting them together is all the work that is left for a row."""

    def __init__(self, seed: int) -> None:
        # Only random(), whose sequence Python promises to keep the same between versions.
        self.draw = random.Random(f"sluice sales {seed}").random
        self.offset = int(self.draw() * PRIME)
        self.items = [f"{self._letters()}-{1000 + i}" for i in range(ITEMS)]
        first = datetime.date(2021, 1, 1)
        self.days = [str(first + datetime.timedelta(days=i)) for i in range(DAYS)]
        self.times = [self._time() for _ in range(TIMES)]
        self.tails = [self._tail() for _ in range(TAILS)]

    def _below(self, limit: int) -> int:
        return int(self.draw() * limit)

    def _letters(self) -> str:
        return "".join(chr(ord("A") + self._below(26)) for _ in range(2))

    def _time(self) -> str:
        text = f"{self._below(24):02}:{self._below(60):02}:{self._below(60):02}"
        if self.draw() < 0.25:
            text += f".{self._below(1000):03}"
        return text + "+00"

    def _tail(self) -> str:
        quantity = 1 + self._below(12) if self.draw() < 0.95 else 1 + self._below(5000)
        cents = 99 + self._below(50_000) if self.draw() < 0.9 else 50_000 + self._below(9_000_000)
        discount = f"{self._below(5000) / 10_000:.4f}" if self.draw() < 0.3 else ""
        paid = "true" if self.draw() < 0.8 else "false"
        return f"{quantity},{cents // 100}.{cents % 100:02},{discount},{self._customer()},{paid}"

    def _customer(self) -> str:
        kind = self.draw()
        first = FIRST_NAMES[self._below(len(FIRST_NAMES))]
        surname = SURNAMES[self._below(len(SURNAMES))]
        domain = DOMAINS[self._below(len(DOMAINS))]
        if kind < 0.30:
            return ""
        if kind < 0.92:
            return f"{first.lower()}{self._below(10_000)}@{domain}"
        if kind < 0.98:
            return f'"{surname}, {first} <{first.lower()}@{domain}>"'
        if kind < 0.99:
            return '""'
        return f'"""{surname}, {first}"" <{first.lower()}@{domain}>"'


def block_of_rows(tables: Tables, start: int, stop: int) -> list[Row]:
    """The good rows of the indices start to stop, without line ends."""
    items, days, times, tails = tables.items, tables.days, tables.times, tables.tails
    offset = tables.offset
    rows = []
    append = rows.append
    for i in range(start, stop):
        # place is different for each i; its three digits are store, item and turn. For one store and one
        # item the turns, below 11, lead to different days.
        place = (i * STEP + offset) % PRIME
        pair, turn = place % 1_000_000, place // 1_000_000
        day = days[(pair * 7 + turn * 131) % DAYS]
        # About one row in 32 was never handed over: no sold_at.
        sold = f"{day} {times[place & 16383]}" if place & 31 else ""
        append(
            f"{FIRST_SERIAL + i},{items[pair // STORES]},{pair % STORES + 1},{day},{tails[place & 32767]},{sold}"
        )
    return rows


def with_newline(row: Row) -> Row:
    """The row with a quoted newline in customer_email."""
    fields = next(csv.reader([row]))
    serial = fields[0]
    return ",".join([*fields[:7], f'"Order {serial}\nleft at the door"', *fields[8:]])


def _replaced(row: Row, **values: str) -> Row:
    """The row with other values, quoted where they must be."""
    columns = HEADER.split(",")
    cells = split_raw(row)
    for column, value in values.items():
        cells[columns.index(column)] = value
    return ",".join(cells)


def split_raw(row: Row) -> list[str]:
    """The fields of a row as they stand, with their quotes."""
    cells, start, quoted = [], 0, False
    for position, letter in enumerate(row):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            cells.append(row[start:position])
            start = position + 1
    cells.append(row[start:])
    return cells


# Each kind of bad row: what is done to a good one, and the faults to report as (column, code).
KINDS: list[tuple[Callable[[Row], Row], list[tuple[str, str]]]] = [
    (lambda row: _replaced(row, sale_date="2024-02-30"), [("sale_date", "out_of_range")]),
    (lambda row: _replaced(row, sale_date="last tuesday"), [("sale_date", "type")]),
    (lambda row: _replaced(row, quantity="12x"), [("quantity", "type")]),
    (lambda row: row.rpartition(",")[0], [("", "field_count")]),
    (lambda row: row + ",surplus", [("", "field_count")]),
    (lambda row: _replaced(row, item_code="AB-1234567890-1234567"), [("item_code", "too_long")]),
    (lambda row: _replaced(row, quantity=""), [("quantity", "required")]),
    (lambda row: _replaced(row, unit_price="123456789.00"), [("unit_price", "out_of_range")]),
    (lambda row: _replaced(row, store_id="99999999999"), [("store_id", "out_of_range")]),
    (lambda row: _replaced(row, paid="maybe"), [("paid", "type")]),
    (lambda row: _replaced(row, sold_at="2024-01-01 25:61:00+00"), [("sold_at", "out_of_range")]),
    (
        lambda row: _replaced(row, sale_date="13.13.2024x", discount="a lot"),
        [("sale_date", "type"), ("discount", "type")],
    ),
    (lambda row: _replaced(row, sale_date='""'), [("sale_date", "required")]),
    (lambda row: _replaced(row, unit_price='"1,99"'), [("unit_price", "type")]),
]


class Recipe(NamedTuple):
    """What a file is made by."""

    rows: int
    seed: int
    bad_share: float
    newline_share: float


def is_newline_row(index: int, stride: int) -> bool:
    return stride > 0 and index % stride == FIRST_NEWLINE % stride


def good_row(index: int, seed: int, newline_share: float = 0.0, tables: Tables | None = None) -> Row:
    """The row of an index (the first is 0) as it should be, without line end."""
    row = block_of_rows(tables or Tables(seed), index, index + 1)[0]
    stride = round(1 / newline_share) if newline_share else 0
    return with_newline(row) if is_newline_row(index, stride) else row


def bad_places(recipe: Recipe) -> Iterator[int]:
    """The indices of the bad rows in order: one somewhere in each stretch of 1 / bad_share rows."""
    draw = random.Random(f"sluice bad rows {recipe.seed}").random
    wanted = round(recipe.rows * recipe.bad_share)
    for number in range(wanted):
        start, stop = number * recipe.rows // wanted, (number + 1) * recipe.rows // wanted
        yield start + int(draw() * (stop - start))


def blocks(recipe: Recipe, report: Callable[[Fault], None]) -> Iterator[list[Row]]:
    """The rows of a file in blocks; each fault is reported on the way."""
    tables = Tables(recipe.seed)
    size = 8192
    bad = bad_places(recipe) if recipe.bad_share else iter(())
    next_bad = next(bad, -1)
    kind = 0
    stride = round(1 / recipe.newline_share) if recipe.newline_share else 0
    line = 2  # where the next row begins; the header is line 1
    for start in range(0, recipe.rows, size):
        stop = min(start + size, recipe.rows)
        rows = block_of_rows(tables, start, stop)
        newlines = []  # indices of rows of two lines
        if stride:
            first = start + (FIRST_NEWLINE - start) % stride
            for index in range(first, stop, stride):
                rows[index - start] = with_newline(rows[index - start])
                newlines.append(index)
        while start <= next_bad < stop:
            spoil, faults = KINDS[kind % len(KINDS)]
            rows[next_bad - start] = spoil(rows[next_bad - start])
            at = line + (next_bad - start) + sum(1 for index in newlines if index < next_bad)
            for column, code in faults:
                report(Fault(next_bad + 1, at, column, code))
            kind += 1
            next_bad = next(bad, -1)
        line += len(rows) + len(newlines)
        yield rows


def write(recipe: Recipe, out: str, expect: str | None) -> None:
    """Writes the file, and beside it the faults to expect."""
    faults: list[Fault] = []
    with open(out, "w", encoding="utf-8", newline="", buffering=1 << 20) as file:
        file.write(HEADER + "\n")
        for rows in blocks(recipe, faults.append):
            file.write("\n".join(rows))
            file.write("\n")
    if expect:
        with open(expect, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Fault._fields)
            writer.writerows(faults)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes CSV files for demo.sales.")
    parser.add_argument("--rows", type=int, required=True, help=f"up to {MOST_ROWS}")
    parser.add_argument("--bad-share", type=float, default=0.0, help="share of bad rows, 0.002 for 0.2 %%")
    parser.add_argument("--newline-share", type=float, default=0.0, help="share of rows with a quoted newline")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("--expect", help="where to write the faults to expect")
    arguments = parser.parse_args()
    if not 0 <= arguments.rows <= MOST_ROWS:
        sys.exit(f"--rows must be from 0 to {MOST_ROWS}")
    if not 0 <= arguments.bad_share <= 0.5 or not 0 <= arguments.newline_share <= 0.5:
        sys.exit("a share must be from 0 to 0.5")
    recipe = Recipe(arguments.rows, arguments.seed, arguments.bad_share, arguments.newline_share)
    # Through a name beside it, so that a half-written file never stands under the real name.
    part = arguments.out + ".part"
    write(recipe, part, arguments.expect)
    os.replace(part, arguments.out)


if __name__ == "__main__":
    main()
