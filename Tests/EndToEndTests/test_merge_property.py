"""Random imports, writes and undos: after each, the table is what a model in memory says.

    SLUICE_PROPERTY_SEED       where the stories come from; a new one each time without it
    SLUICE_PROPERTY_SEQUENCES  stories for each table (1)
    SLUICE_PROPERTY_STEPS      steps of a story (12)
    SLUICE_PROPERTY_SHRINK     seconds to look for a shorter story that fails (60)
"""

import itertools
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from merge_model import Ambiguous, File, Options
from merge_player import Canon, Load, Mismatch, Player, Refer, Step, TakeBack, Write
from merge_shapes import AROUND, SHAPES
from merge_table import FREE, Row, Shape, Value

from conftest import House

SEED = os.environ.get("SLUICE_PROPERTY_SEED") or str(random.SystemRandom().randrange(10**9))
SEQUENCES = int(os.environ.get("SLUICE_PROPERTY_SEQUENCES", "1"))
STEPS = int(os.environ.get("SLUICE_PROPERTY_STEPS", "12"))
SHRINK = float(os.environ.get("SLUICE_PROPERTY_SHRINK", "60"))

Item = TypeVar("Item")
tables = itertools.count(1)


class Writer:
    """Makes up the next step of a story, by what there is."""

    def __init__(self, chance: random.Random, player: Player) -> None:
        self.chance = chance
        self.player = player
        self.loads = 0

    @property
    def shape(self) -> Shape:
        return self.player.shape

    def step(self) -> Step:
        loads = self.player.imports
        kind = self.chance.choices(["load", "dry", "write", "undo", "last", "refer"], [5, 2, 4, 2, 3, 1])[0]
        if kind == "refer" and self.shape.referred:
            return Refer(self.chance.choice([text for text in self.shape.column(self.shape.referred).good if text]),
                         self.chance.random() < 0.7)
        if kind == "undo" and loads:
            return TakeBack(self.chance.choice(list(loads)))
        if kind == "last" and loads:
            open_loads = [name for name, (_, taken) in loads.items() if taken and not taken.is_undone]
            return TakeBack(open_loads[-1] if open_loads else self.chance.choice(list(loads)))
        if kind == "write":
            return self.write()
        return self.load(is_dry=kind == "dry")

    # MARK: Imports

    def load(self, is_dry: bool) -> Load:
        self.loads += 1
        chance = self.chance
        modes = ["upsert", "upsert", "upsert", "insert", "append", "replace"]
        if not self.shape.conflict_key:
            modes = ["append", "append", "replace"]
        if self.shape.suffix and "replace" in modes:
            modes.remove("replace")
        options = Options(
            chance.choice(modes),
            chance.choice(["last", "last", "first", "reject"]),
            "abort" if chance.random() < 0.08 else "reject",
            chance.choice([0, 2, 5]) if chance.random() < 0.08 else None,
        )
        step = Load(self.loads, self.file(options), options)
        if not is_dry:
            if options.mode == "replace" or chance.random() < 0.7:
                return step
            return replace(step, options=replace(options, commit="batched"))
        committed = chance.random() < 0.7
        between = self.write() if committed and chance.random() < 0.3 else None
        return replace(step, dry_run=True, committed=committed, between=between)

    def file(self, options: Options) -> File:
        chance = self.chance
        needed = set(self.shape.conflict_key) | {
            column.name for column in self.shape.columns if column.required and column.default is None
        }
        if self.shape.parent:
            needed |= set(self.shape.parent)
        others = [column.name for column in self.shape.stored if column.name not in needed]
        all_of_them = chance.random() < 0.6
        names = [*needed, *(name for name in others if all_of_them or chance.random() < 0.5)]
        names = names or [chance.choice(others)]
        chance.shuffle(names)
        count = chance.choice([0, 1, 2, 4, 8, 15, 30])
        faults = chance.choice([0, 0, 0.05, 0.3])
        rows = [self.row(names, faults) for _ in range(count)]
        return File(tuple(names), tuple(tuple(row[name] for name in names) for row in rows))

    def row(self, names: list[str], faults: float) -> Row:
        chance = self.chance
        row = {name: self.value(name) for name in names}
        if self.player.model.rows and chance.random() < 0.6:
            known = chance.choice(self.player.model.rows)
            changed = set(chance.sample(names, min(len(names), chance.choice([0, 0, 1, 1, 2]))))
            row = {name: row[name] if name in changed else known[name] for name in names}
        if chance.random() < faults:
            name = chance.choice(names)
            column = self.shape.column(name)
            bad: list[Value] = [*column.rare, *(text for text, _ in column.bad)]
            if column.required:
                bad.append(None)
            row[name] = chance.choice(bad) if bad else row[name]
        return self.below_itself(row)

    def below_itself(self, row: Row) -> Row:
        """Parents have smaller numbers, so that no row waits for itself."""
        if self.shape.parent is None:
            return row
        child, parent = self.shape.parent
        number, above = row.get(parent), row.get(child)
        if child in row and not (number or "").isdigit() or above and int(above) >= int(number or 0):
            row[child] = None
        return row

    def value(self, name: str) -> Value:
        return self.chance.choice(self.shape.column(name).good)

    # MARK: Others' writes

    def write(self) -> Write:
        chance = self.chance
        rows = self.player.model.rows
        if not rows or chance.random() < 0.3:
            names = [column.name for column in self.shape.stored if column.default != FREE]
            new = self.below_itself({name: self.value(name) for name in names})
            return Write(None, tuple(new.items()))
        old = chance.choice(rows)
        if chance.random() < 0.4:
            return Write(tuple(old.items()), None)
        free = [column.name for column in self.shape.stored if not column.always]
        if self.shape.parent:
            free = [name for name in free if name not in self.shape.parent]
        names = chance.sample(free, chance.choice([1, 1, min(2, len(free))]))
        return Write(tuple(old.items()), tuple((name, self.value(name)) for name in names))


def play(house: House, shape: Shape, canon: Canon, steps: list[Step], on_delete: str) -> Mismatch | None:
    """Tells a story again, in a table of its own."""
    player = Player(house, shape, canon, f"demo.p{next(tables)}", on_delete)
    try:
        for step in steps:
            player.play(step)
    except Mismatch as mismatch:
        return mismatch
    except Ambiguous:
        return None
    finally:
        player.drop()
    return None


def parts_of(count: int) -> Iterator[slice]:
    """What to leave out of so many things: halves, quarters, …, single ones."""
    size = count // 2
    while size > 1:
        yield from (slice(start, start + size) for start in range(0, count, size))
        size //= 2
    yield from (slice(place, place + 1) for place in reversed(range(count)))


def without(items: Sequence[Item], part: slice) -> list[Item]:
    return [*items[: part.start], *items[part.stop :]]


def shorter(steps: list[Step]) -> Iterator[list[Step]]:
    """Stories with steps or rows less."""
    yield from (without(steps, part) for part in parts_of(len(steps)))
    for place, step in enumerate(steps):
        if isinstance(step, Load):
            for part in parts_of(len(step.file.rows)):
                file = File(step.file.columns, tuple(without(step.file.rows, part)))
                yield [*steps[:place], replace(step, file=file), *steps[place + 1 :]]


def told(shape: Shape, steps: list[Step], mismatch: Mismatch, seed: str) -> str:
    lines = [f"SLUICE_PROPERTY_SEED={seed}, table {shape.name}; the shortest story:"]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    return "\n".join([*lines, f"then {mismatch}"])


@pytest.fixture(scope="module")
def around(shared_house: House) -> House:
    print(f"SLUICE_PROPERTY_SEED={SEED}")
    shared_house.database.execute(AROUND)
    return shared_house


@pytest.mark.timeout(120 + 3 * STEPS + 2 * SHRINK)
@pytest.mark.parametrize("sequence", range(SEQUENCES))
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_table_is_what_the_model_says(around: House, shape: Shape, sequence: int) -> None:
    chance = random.Random(f"{SEED} {shape.name} {sequence}")
    canon = Canon(around, shape)
    on_delete = chance.choice(["NO ACTION", "RESTRICT", "CASCADE", "SET NULL"])
    player = Player(around, shape, canon, f"demo.p{next(tables)}", on_delete)
    writer = Writer(chance, player)
    steps: list[Step] = []
    try:
        for _ in range(STEPS):
            steps.append(writer.step())
            player.play(steps[-1])
        return
    except Ambiguous:
        return
    except Mismatch as error:
        mismatch: Mismatch = error
    finally:
        player.drop()
    end = time.monotonic() + SHRINK
    found = True
    while found and time.monotonic() < end:
        found = False
        for story in shorter(steps):
            if time.monotonic() > end:
                break
            other = play(around, shape, canon, story, on_delete)
            if other is not None:
                steps, mismatch, found = story, other, True
                break
    pytest.fail(told(shape, steps, mismatch, f"{SEED}"), pytrace=False)
