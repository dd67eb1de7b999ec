"""A model of imports and of what takes them back: lists of rows in memory, one row after the other.

Values are texts as COPY writes them, `None` is NULL. Two values are the same where their texts are; two keys are
the same where the forms are that `Column.same` gives.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from merge_table import FREE, Row, Shape, Value


@dataclass(frozen=True)
class File:
    """Rows as they stand in a file, by the names of its columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class Options:
    mode: str = "upsert"
    duplicates: str = "last"
    on_error: str = "reject"
    max_rejects: int | None = None
    commit: str = "atomic"


@dataclass
class Outcome:
    """What became of the rows of a file; rows are numbered from 1."""

    read: int = 0
    rejects: dict[int, set[str]] = field(default_factory=dict)
    skipped: int = 0
    inserted: list[Row] = field(default_factory=list)
    updated: list[tuple[Row, Row]] = field(default_factory=list)
    unchanged: int = 0
    failed: bool = False
    # What a dry run leaves to be carried out.
    staged: list[tuple[int, Row]] = field(default_factory=list)
    # What a dry run of a replacement says of the rows that are there now.
    diff: dict[str, int] = field(default_factory=dict)
    changed_columns: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, int]:
        return {
            "read": self.read,
            "bad": len(self.rejects),
            "skipped": self.skipped,
            "inserted": len(self.inserted),
            "updated": len(self.updated),
            "unchanged": self.unchanged,
        }


@dataclass
class Undone:
    """What became of an undo: what is left by its key and its reason."""

    deleted: int = 0
    restored: int = 0
    left: list[tuple[tuple[Value, ...], str]] = field(default_factory=list)
    refused: bool = False


@dataclass
class Taken:
    """An import as the model remembers it, for its undo."""

    key: tuple[str, ...]
    inserted: list[Row]
    updated: list[tuple[Row, Row]]
    # The table it wrote to, and the one it put into its place, with the rows of both.
    table: int
    new_table: int | None = None
    before: list[Row] = field(default_factory=list)
    after: list[Row] = field(default_factory=list)
    is_undone: bool = False


class Ambiguous(Exception):
    """What becomes of rows hangs on which are tried at once.

    They pass together but not one by one; or rows were in when too many others were refused.
    """


class Model:
    """A table and the imports into it."""

    def __init__(self, shape: Shape, canon: Callable[[str, Value], Value]) -> None:
        self.shape = shape
        # A text of a file as COPY writes the value.
        self.canon = canon
        self.rows: list[Row] = []
        # Values that rows of another table refer to.
        self.referred: set[Value] = set()
        self.table = 0
        # Tables that were replaced and are kept.
        self.kept: set[int] = set()
        self._tables = 0

    # MARK: Import

    def key(self, options: Options) -> tuple[str, ...]:
        if options.mode == "append" or options.mode == "replace" and not self.shape.primary:
            return ()
        return self.shape.conflict_key

    def rehearse(self, file: File, options: Options) -> Outcome:
        """A dry run: all but the writing, and what only that would bring up."""
        outcome = self._settle(file, options)
        if not outcome.failed:
            self._foresee(outcome, file.columns, options)
        return outcome

    def load(self, file: File, options: Options) -> tuple[Outcome, Taken | None]:
        return self._write(self._settle(file, options), file.columns, options)

    def commit(self, dry: Outcome, columns: tuple[str, ...], options: Options) -> tuple[Outcome, Taken | None]:
        """Carries a dry run out, beside what has come to the table since."""
        outcome = Outcome(dry.read, {number: set(codes) for number, codes in dry.rejects.items()}, dry.skipped)
        outcome.staged = list(dry.staged)
        self._sift(outcome, columns, options)
        return self._write(outcome, columns, options)

    def _settle(self, file: File, options: Options) -> Outcome:
        outcome = Outcome(read=len(file.rows))
        for number, texts in enumerate(file.rows, 1):
            given = dict(zip(file.columns, texts, strict=True))
            codes = {code for name, text in given.items() if (code := self._fault(name, text))}
            if codes:
                outcome.rejects[number] = codes
            else:
                row = {name: self.canon(name, text) for name, text in given.items()}
                outcome.staged.append((number, row))
        self._check(outcome, options)
        self._settle_duplicates(outcome, options)
        self._sift(outcome, file.columns, options)
        return outcome

    def _fault(self, name: str, text: Value) -> str | None:
        column = self.shape.column(name)
        if text is None:
            return "required" if column.required else None
        return dict(column.bad).get(text)

    def _check(self, outcome: Outcome, options: Options) -> None:
        bad = len(outcome.rejects)
        if options.on_error == "abort" and bad or options.max_rejects is not None and bad > options.max_rejects:
            outcome.failed = True

    def _settle_duplicates(self, outcome: Outcome, options: Options) -> None:
        names = self.key(options)
        if not names:
            return
        groups: dict[Hashable, list[int]] = {}
        for number, row in outcome.staged:
            key = self.shape.keys_of(row, names)
            if key is not None:
                groups.setdefault(key, []).append(number)
        gone: set[int] = set()
        for numbers in groups.values():
            if len(numbers) == 1:
                continue
            if options.duplicates == "reject":
                outcome.rejects |= {number: {"duplicate_key"} for number in numbers}
                gone |= set(numbers)
            else:
                kept = numbers[0] if options.duplicates == "first" else numbers[-1]
                gone |= set(numbers) - {kept}
                outcome.skipped += len(numbers) - 1
        outcome.staged = [(number, row) for number, row in outcome.staged if number not in gone]
        self._check(outcome, options)

    # MARK: Rules

    def _existing(self, row: Row, options: Options) -> Row | None:
        """The row of the table that a row of the file meets."""
        names = self.key(options)
        if not names or options.mode == "replace":
            return None
        key = self.shape.keys_of(row, names)
        if key is None:
            return None
        return next((there for there in self.rows if self.shape.keys_of(there, names) == key), None)

    def filled_in(self, row: Row) -> Row:
        """A row of the file with what the table fills in."""
        return {column.name: row.get(column.name, column.default) for column in self.shape.stored}

    def _as_it_would_be(self, row: Row, options: Options) -> Row:
        existing = self._existing(row, options)
        if existing is None:
            return self.filled_in(row)
        names = self.key(options)
        return existing | {name: value for name, value in row.items() if name not in names}

    def _sift(self, outcome: Outcome, columns: tuple[str, ...], options: Options) -> None:
        """Finds what breaks a rule before anything is written."""
        shape = self.shape
        found: dict[int, set[str]] = {}
        would: dict[int, Row] = {}
        for number, row in outcome.staged:
            existing = self._existing(row, options)
            if existing is not None and options.mode == "insert":
                continue
            if existing is not None:
                for column in shape.stored:
                    name = column.name
                    if column.always and row.get(name, existing[name]) != existing[name]:
                        found.setdefault(number, set()).add("database")
            if shape.trigger is not None:
                continue
            would[number] = self._as_it_would_be(row, options)
            for code in self._breaches(would[number]):
                found.setdefault(number, set()).add(code)
        for number in self._orphans(would, set(would), options):
            found.setdefault(number, set()).add("foreign_key")
        if shape.trigger is None:
            own = self.key(options)
            others = [names for names in shape.keys if names != own and set(names) & set(columns)]
            for names in others:
                self._find_collisions(names, would, found, options)
            # Within the file a row is held against those that break no other rule.
            for names in others:
                self._find_repetitions(names, would, found)
        # A row whose only referenced row was rejected points to nothing now.
        while more := self._orphans(would, set(would) - set(found), options):
            found |= {number: {"foreign_key"} for number in more}
        for number, codes in found.items():
            outcome.rejects[number] = codes
        outcome.staged = [(number, row) for number, row in outcome.staged if number not in found]
        self._check(outcome, options)

    def _breaches(self, row: Row) -> set[str]:
        codes = set()
        if any(not holds(row) for _, holds in self.shape.checks):
            codes.add("check")
        if any(row[name] is not None and row[name] not in there for name, there in self.shape.references):
            codes.add("foreign_key")
        return codes

    def _orphans(self, would: dict[int, Row], numbers: set[int], options: Options) -> set[int]:
        """Those of some rows that refer to none of the table, and to none of them."""
        if self.shape.parent is None:
            return set()
        child, parent = self.shape.parent
        there = set() if options.mode == "replace" else {row[parent] for row in self.rows}
        there |= {would[number][parent] for number in numbers}
        return {number for number in numbers if would[number][child] not in there | {None}}

    def _find_collisions(
        self, names: tuple[str, ...], would: dict[int, Row], found: dict[int, set[str]], options: Options
    ) -> None:
        """Rows that collide with another row of the table than their own, if the file leaves that in place."""
        if options.mode == "replace":
            return
        own = self.key(options)
        for number, row in would.items():
            key = self.shape.keys_of(row, names)
            for there in self.rows:
                if key is None or self.shape.keys_of(there, names) != key:
                    continue
                mine = self.shape.keys_of(row, own) if own else None
                theirs = self.shape.keys_of(there, own) if own else None
                if mine is not None and mine == theirs:
                    continue
                moved = theirs is not None and any(
                    self.shape.keys_of(other, own) == theirs and self.shape.keys_of(other, names) != key
                    for other in would.values()
                )
                if not moved:
                    found.setdefault(number, set()).add("unique")

    def _find_repetitions(self, names: tuple[str, ...], would: dict[int, Row], found: dict[int, set[str]]) -> None:
        groups: dict[Hashable, list[int]] = {}
        for number in sorted(would, key=lambda number: (number in found, number)):
            key = self.shape.keys_of(would[number], names)
            if key is not None:
                groups.setdefault(key, []).append(number)
        for numbers in groups.values():
            for number in numbers[1:]:
                found.setdefault(number, set()).add("unique")

    # MARK: Writing

    def _foresee(self, outcome: Outcome, columns: tuple[str, ...], options: Options) -> None:
        """What a dry run says, for which nothing is written."""
        names = self.key(options)
        met = 0
        inserted = updated = unchanged = 0
        for _, row in outcome.staged:
            existing = None
            key = self.shape.keys_of(row, names) if names else None
            if key is not None:
                existing = next((there for there in self.rows if self.shape.keys_of(there, names) == key), None)
            if existing is None:
                inserted += 1
                if options.mode != "replace":
                    outcome.inserted.append(self.filled_in(row))
                continue
            met += 1
            changed = [
                name
                for name in columns
                if name not in names
                and (options.mode == "replace" or not self.shape.column(name).always)
                and options.mode != "insert"
                and row[name] != existing[name]
            ]
            outcome.changed_columns.update(changed)
            updated += bool(changed)
            unchanged += not changed
            if options.mode == "replace":
                continue
            if changed:
                outcome.updated.append((existing, existing | {name: row[name] for name in changed}))
            else:
                outcome.unchanged += 1
        outcome.diff = {"inserted": inserted, "updated": updated, "unchanged": unchanged}
        if options.mode == "replace":
            outcome.diff["deleted"] = len(self.rows) - met
            outcome.inserted = [self.filled_in(row) for _, row in outcome.staged]

    def _write(
        self, outcome: Outcome, columns: tuple[str, ...], options: Options
    ) -> tuple[Outcome, Taken | None]:
        if outcome.failed:
            return outcome, None
        before = self.rows[:]
        taken = Taken(self._undo_key(options), outcome.inserted, outcome.updated, self.table, before=before)
        if options.mode == "replace":
            self.rows = []
        waiting = outcome.staged
        refused: dict[int, str] = {}
        # Whatever order they are tried in: those that others make room for go in after them.
        while waiting:
            refused = {}
            again = []
            for number, row in waiting:
                code = self._write_row(row, outcome, options)
                if code:
                    refused[number] = code
                    again.append((number, row))
            if len(again) == len(waiting):
                self._check_alone(
                    (self._existing(row, options), self._as_it_would_be(row, options)) for _, row in waiting
                )
                break
            waiting = again
        outcome.rejects |= {number: {code} for number, code in refused.items()} if waiting else {}
        self._check(outcome, options)
        if options.mode == "replace" and self.shape.referred:
            there = {row[self.shape.referred] for row in self.rows}
            outcome.failed |= not self.referred <= there
        if outcome.failed:
            if options.commit == "batched":
                raise Ambiguous
            self.rows = before
            return outcome, None
        if options.mode == "replace":
            self.kept.add(self.table)
            self._tables += 1
            self.table = taken.new_table = self._tables
        taken.after = self.rows[:]
        is_empty = options.mode != "replace" and not outcome.inserted and not outcome.updated
        return outcome, None if is_empty else taken

    def _undo_key(self, options: Options) -> tuple[str, ...]:
        names = self.key(options)
        if names:
            return names
        if self.shape.primary:
            return self.shape.primary
        required = {column.name for column in self.shape.columns if column.required}
        return next((names for names in sorted(self.shape.unique) if set(names) <= required), ())

    def _write_row(self, row: Row, outcome: Outcome, options: Options) -> str | None:
        """Writes a row, or says why it is refused."""
        existing = self._existing(row, options)
        trigger = self.shape.trigger or (lambda row: row)
        if existing is None:
            new = trigger(self.filled_in(row))
            code = self._refusal(new, None)
            if code is None:
                self.rows.append(new)
                outcome.inserted.append(new)
            return code
        proposed = trigger(self.filled_in(row))
        if options.mode == "insert":
            # Only a row that was proposed tells its key, where a trigger may change it: so it is held against CHECKs.
            if self.shape.trigger and "check" in self._breaches(proposed):
                return "check"
            outcome.unchanged += 1
            return None
        key = self.key(options)
        written = {
            name: proposed[name] for name in row if name not in key and not self.shape.column(name).always
        }
        if all(existing[name] == value for name, value in written.items()):
            outcome.unchanged += 1
            return None
        new = trigger(existing | written)
        code = self._refusal(new, existing)
        if code is None:
            outcome.updated.append((existing, new))
            self._exchange(existing, new)
        return code

    def _exchange(self, old: Row, new: Row) -> None:
        self.rows = [new if row is old else row for row in self.rows]

    def _refusal(self, new: Row, old: Row | None) -> str | None:
        """What Postgres refuses a row for: first what it looks at first."""
        breaches = self._breaches(new)
        if not self.shape.has_place(new) or "check" in breaches:
            return "check"
        others = [row for row in self.rows if row is not old]
        for names in self.shape.keys:
            key = self.shape.keys_of(new, names)
            if key is not None and any(self.shape.keys_of(row, names) == key for row in others):
                return "unique"
        child, parent = self.shape.parent or (None, None)
        if child and new[child] not in {None, new[parent], *(row[parent] for row in others)}:
            return "foreign_key"
        return "foreign_key" if breaches else None

    def _check_alone(self, refused: Iterable[tuple[Row | None, Row | None]]) -> None:
        """Sees to it that none of the refused changes, each a row before and after, would pass with the others."""
        if self.shape.parent is None:
            return
        refused = list(refused)
        before = self.rows
        gone = [old for old, _ in refused if old]
        come = [new for _, new in refused if new]
        self.rows = [row for row in before if all(row is not one for one in gone)] + come
        child, parent = self.shape.parent
        children = {row[child] for row in self.rows}
        passes = [
            self._refusal(new, new) is None if new else old is not None and old[parent] not in children
            for old, new in refused
        ]
        self.rows = before
        if any(passes):
            raise Ambiguous(self.shape.name)

    # MARK: Undo

    def undo(self, taken: Taken) -> Undone:
        """Takes an import back; what does not stand as it left it stays."""
        if taken.new_table is not None:
            return self._put_back(taken)
        if taken.table != self.table and taken.table in self.kept:
            return Undone(refused=True)
        taken.is_undone = True
        done = Undone()
        deleted = self._deletable(taken, done)
        waiting = [(row, None) for row in deleted] + self._restorable(taken, done)
        # Whatever order they are tried in: those that others make room for come after them.
        while waiting:
            again = [(there, old) for there, old in waiting if not self._take_back(there, old, done)]
            if len(again) == len(waiting):
                self._check_alone(waiting)
                break
            waiting = again
        for there, old in waiting:
            done.left.append((self._key_texts(there, taken), "refused" if old else "referenced"))
        return done

    def _take_back(self, there: Row, old: Row | None, done: Undone) -> bool:
        """Deletes a row, or gives it its old values; false where that is refused."""
        child, parent = self.shape.parent or (None, None)
        others = [row for row in self.rows if row is not there]
        if old is None:
            if parent and any(row[child] == there[parent] for row in others):
                return False
            self.rows = others
            done.deleted += 1
            return True
        if self._refusal(old, there):
            return False
        self._exchange(there, old)
        done.restored += 1
        return True

    def _key_texts(self, row: Row, taken: Taken) -> tuple[Value, ...]:
        return tuple(row[name] for name in taken.key)

    def _is_whole(self, row: Row, taken: Taken) -> bool:
        return bool(taken.key) and all(row[name] is not None for name in taken.key)

    def _deletable(self, taken: Taken, done: Undone) -> list[Row]:
        found: list[Row] = []
        for row in taken.inserted:
            key = self._key_texts(row, taken)
            if self._is_whole(row, taken):
                same = self.shape.same(row, taken.key)
                there = [one for one in self.rows if self.shape.same(one, taken.key) == same]
                reason = None if row in there else "changed" if there else "gone"
                there = [one for one in there if one == row]
            else:
                # Only what is in it tells: as many of those that are alike as were inserted.
                there = [one for one in self.rows if one == row and all(one is not other for other in found)]
                reason = None if there else "gone"
            if reason is None and self.shape.referred and row[self.shape.referred] in self.referred:
                reason = "referenced"
            if reason is None:
                found.append(there[0])
            else:
                done.left.append((key, reason))
        return self._without_parents(found, taken, done)

    def _without_parents(self, found: list[Row], taken: Taken, done: Undone) -> list[Row]:
        """Leaves the rows that rows refer to which stay."""
        if self.shape.parent is None:
            return found
        child, parent = self.shape.parent
        given_back = {id(there): old or there for there, old in self._restorable(taken, Undone())}
        while True:
            staying = {
                given_back.get(id(row), row)[child]
                for row in self.rows
                if all(row is not other for other in found)
            }
            kept = [row for row in found if row[parent] in staying]
            if not kept:
                return found
            done.left += [(self._key_texts(row, taken), "referenced") for row in kept]
            found = [row for row in found if row[parent] not in staying]

    def _restorable(self, taken: Taken, done: Undone) -> list[tuple[Row, Row | None]]:
        """Rows as they stand, each with its old values."""
        found: list[tuple[Row, Row | None]] = []
        for old, new in taken.updated:
            same = self.shape.same(new, taken.key)
            there = [one for one in self.rows if self.shape.same(one, taken.key) == same]
            if new in there:
                found.append((next(one for one in there if one == new), old))
            else:
                done.left.append((self._key_texts(new, taken), "changed" if there else "gone"))
        return found

    def _put_back(self, taken: Taken) -> Undone:
        """A replaced table comes back as a whole, or not at all."""

        def content(rows: list[Row]) -> list[tuple]:
            return sorted(tuple((value is not None, value or "") for value in row.values()) for row in rows)

        there = {row[self.shape.referred] for row in taken.before} if self.shape.referred else set()
        if (
            self.table != taken.new_table
            or content(self.rows) != content(taken.after)
            or self.shape.referred
            and not self.referred <= there
        ):
            return Undone(refused=True)
        taken.is_undone = True
        done = Undone(deleted=len(taken.after), restored=len(taken.before))
        self.rows = taken.before[:]
        self.kept.discard(taken.table)
        self.table = taken.table
        return done

    # MARK: The table beside it

    def lines(self) -> list[tuple[Value, ...]]:
        """The rows as they are read from the table, in an order of their own."""
        return ordered(
            tuple(
                column.generated(row) if column.generated else row[column.name] for column in self.shape.columns
            )
            for row in self.rows
        )

    def learn(self, lines: list[tuple[Value, ...]]) -> None:
        """Takes what sequences have filled in from the rows of the table."""
        names = [column.name for column in self.shape.columns]
        open_rows = [row for row in self.rows if FREE in row.values()]
        if not open_rows:
            return
        known = Counter(self.lines())
        spare = list((Counter(lines) - known).elements())
        for row in open_rows:
            for line in spare:
                there = dict(zip(names, line, strict=True))
                if all(value in (FREE, there[name]) for name, value in row.items()):
                    row.update({name: there[name] for name in row})
                    spare.remove(line)
                    break


def ordered(lines: Iterable[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    return sorted(lines, key=lambda line: [(value is not None, value or "") for value in line])
