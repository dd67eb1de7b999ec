"""Carries steps of a story out, in a table of its own and in the model, and holds one against the other."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from merge_model import File, Model, Options, Outcome, Taken, ordered
from merge_table import FREE, Row, Shape, Value

from api import Object
from conftest import House
from program import eventually

Line = tuple[Value, ...]


@dataclass(frozen=True)
class Load:
    """An import: at once, as a dry run, or as a dry run that is carried out, maybe after a write."""

    name: int
    file: File
    options: Options
    dry_run: bool = False
    committed: bool = False
    between: "Write | None" = None


@dataclass(frozen=True)
class Write:
    """What an application does to one row: without an old one it inserts, without a new one it deletes."""

    old: tuple[tuple[str, Value], ...] | None
    new: tuple[tuple[str, Value], ...] | None


@dataclass(frozen=True)
class Refer:
    """A row of another table begins to refer to a row, or ceases to."""

    value: str
    begins: bool


@dataclass(frozen=True)
class TakeBack:
    """An undo of an import by its name."""

    name: int


Step = Load | Write | Refer | TakeBack


class Mismatch(AssertionError):
    """The table is not what the model says."""


def check(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise Mismatch(f"{what}:\n  found    {found}\n  expected {expected}")


def check_lines(what: str, found: list[Line], expected: list[Line]) -> None:
    if found != expected:
        more, less = Counter(found) - Counter(expected), Counter(expected) - Counter(found)
        raise Mismatch(f"{what}:\n  too many {list(more.elements())}\n  missing  {list(less.elements())}")


def copied(house: House, query: str) -> list[Line]:
    """The answer to a query as COPY writes it."""
    with house.database.connection.cursor() as cursor:
        with cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as copy:
            return list(copy.rows())


class Canon:
    """How Postgres writes the values of a shape, by its own input functions."""

    def __init__(self, house: House, shape: Shape) -> None:
        self.known: dict[tuple[str, str], str] = {}
        connection = house.database.connection
        for column in shape.stored:
            texts = {text for text in (*column.good, *column.rare, column.default) if text not in (None, FREE)}
            with connection.transaction():
                connection.execute(f"CREATE TEMP TABLE canon (n integer, v {column.type}) ON COMMIT DROP".encode())
                for place, text in enumerate(sorted(texts)):
                    insert = f"INSERT INTO canon VALUES (%s, CAST(%s AS {column.type}))"
                    connection.execute(insert.encode(), (place, text))
                found = [line[0] for line in copied(house, "SELECT v FROM canon ORDER BY n")]
            self.known |= {(column.name, text): value for text, value in zip(sorted(texts), found, strict=True)}

    def __call__(self, name: str, text: Value) -> Value:
        # What was read from the table is written as it is.
        return None if text is None else self.known.get((name, text), text)


class Player:
    """A table, the imports into it, and the model of both."""

    def __init__(self, house: House, shape: Shape, canon: Canon, table: str, on_delete: str = "NO ACTION") -> None:
        self.house = house
        self.shape = shape
        self.table = table
        self.model = Model(shape, canon)
        self.imports: dict[int, tuple[str, Taken | None]] = {}
        self.seen: dict[int, tuple[list[Line], list[Line]]] = {}
        # What imports and undos were like at their ends.
        self.ends: dict[int, Object] = {}
        self.answers: dict[int, Object] = {}
        house.database.execute(self.definition)
        if shape.referred:
            house.database.execute(
                f"CREATE TABLE {table}_notes (value {shape.column(shape.referred).type}"
                f" REFERENCES {table} ({shape.referred}) ON DELETE {on_delete})"
            )

    @property
    def definition(self) -> str:
        parts = [f"{column.name} {column.type} {self._rules_of(column.name)}" for column in self.shape.columns]
        if self.shape.constraints:
            parts.append(self.shape.constraints)
        script = f"CREATE TABLE {self.table} ({', '.join(parts)}) {self.shape.suffix};"
        return script + self.shape.script.format(table=self.table)

    def _rules_of(self, name: str) -> str:
        column = self.shape.column(name)
        default = f"DEFAULT '{column.default}'" if column.default not in (None, FREE) else ""
        return f"{default} {'NOT NULL' if column.required and column.default != FREE else ''} {column.sql}"

    def drop(self) -> None:
        self.house.database.execute(f"DROP TABLE IF EXISTS {self.table}_notes; DROP TABLE {self.table}")

    def lines(self) -> list[Line]:
        names = ", ".join(column.name for column in self.shape.columns)
        return ordered(self._copy(f"SELECT {names} FROM {self.table}"))

    def _copy(self, query: str) -> list[Line]:
        return copied(self.house, query)

    # MARK: Steps

    def play(self, step: Step) -> None:
        """Carries a step out on both sides, and compares."""
        match step:
            case Load():
                self._load(step)
            case Write():
                self._write(step)
            case Refer():
                self._refer(step)
            case TakeBack():
                self._take_back(step)
        self._compare()

    def _compare(self) -> None:
        found = self.lines()
        self.model.learn(found)
        check_lines("the table", found, self.model.lines())
        if self.shape.referred:
            notes = {line[0] for line in self._copy(f"SELECT value FROM {self.table}_notes")}
            check("what other rows refer to", notes, self.model.referred)

    def _load(self, step: Load) -> None:
        before = self.lines()
        task_id = self._submit(step)
        if step.dry_run:
            outcome = self.model.rehearse(step.file, step.options)
            found = self._ended(task_id, outcome)
            if outcome.failed:
                return
            if self.shape.trigger is None and self._places_are_known(step):
                check("counts of the dry run", counts(found), outcome.counts())
                self._check_diff(task_id, outcome)
            check_lines("the table after a dry run", self.lines(), before)
            if not step.committed:
                return
            if step.between:
                self._write(step.between)
                self._compare()
                before = self.lines()
            answer = self.house.api.call("POST", f"/imports/{task_id}/commit")
            check("POST commit", answer.status_code, 202)
            outcome, taken = self.model.commit(outcome, step.file.columns, step.options)
        else:
            outcome, taken = self.model.load(step.file, step.options)
        found = self._ended(task_id, outcome)
        if outcome.failed:
            return
        check("counts", counts(found), outcome.counts())
        self._check_rejects(task_id, outcome)
        self.imports[step.name] = (task_id, taken)
        self.ends[step.name] = found
        self.seen[step.name] = (before, self.lines())
        check("whether it can be taken back", found["undo"]["available"], taken is not None)

    def _places_are_known(self, step: Load) -> bool:
        """Whether each row has a partition: a dry run does not tell."""
        names = step.file.columns
        return all(
            self.shape.has_place(self.model.filled_in(dict(zip(names, row, strict=True)))) for row in step.file.rows
        )

    def _submit(self, step: Load) -> str:
        options = step.options
        fields = {
            "mode": options.mode,
            "duplicates": options.duplicates,
            "on_error": options.on_error,
            "commit": options.commit,
        }
        if options.max_rejects is not None:
            fields["max_rejects"] = str(options.max_rejects)
        if self.shape.key and (options.mode in ("upsert", "insert") or self.model.key(options)):
            fields["key"] = ",".join(self.shape.key)
        if step.dry_run:
            fields["dry_run"] = "true"
        fields |= {"force": "true", "header": "true", "delimiter": ",", "encoding": "UTF-8"}
        return self.house.api.submit(csv_of(step.file), self.table, **fields)

    def _ended(self, task_id: str, outcome: Outcome) -> Object:
        try:
            return self.house.api.wait(task_id, "failed" if outcome.failed else "done")
        except AssertionError as error:
            raise Mismatch(f"another end than {'failed' if outcome.failed else 'done'}: {error}") from error

    def _check_rejects(self, task_id: str, outcome: Outcome) -> None:
        rejects: dict[int, set[str]] = {}
        for line in self.house.api.error_report(task_id):
            rejects.setdefault(int(line["row"]), set()).add(line["code"])
        check("rejects", dict(sorted(rejects.items())), dict(sorted(outcome.rejects.items())))

    def _check_diff(self, task_id: str, outcome: Outcome) -> None:
        diff = self.house.api.get(f"/imports/{task_id}/diff", limit=1)
        expected = {"read": outcome.read, "skipped": outcome.skipped, "rejected": len(outcome.rejects), "deleted": None}
        check("counts of the diff", diff["counts"], expected | outcome.diff)
        columns = {column["column"]: column["rows"] for column in diff["updated_columns"]}
        check("columns of the diff", columns, dict(outcome.changed_columns))
        self._check_rejects(task_id, outcome)

    def _write(self, step: Write) -> None:
        old = self._find(dict(step.old)) if step.old is not None else None
        if step.old is not None and old is None:
            return
        row = next((row for row in self.model.rows if row == dict(step.old or ())), None)
        referred = self.shape.referred
        if step.new is None and referred and row and row[referred] in self.model.referred:
            return
        child, parent = self.shape.parent or ("", "")
        if step.new is None and row and any(one.get(child) == row.get(parent, "") for one in self.model.rows):
            # Other rows would go with it.
            return
        try:
            self._execute(old, dict(step.new) if step.new is not None else None)
        except psycopg.errors.IntegrityError:
            # A rule of the table: nothing has changed.
            return
        trigger = self.shape.trigger or (lambda row: row)
        if step.new is None:
            self.model.rows = [one for one in self.model.rows if one is not row]
        elif row is None:
            self.model.rows.append(trigger(self.model.filled_in(self._canonical(step.new))))
        else:
            new = trigger(row | self._canonical(step.new))
            self.model.rows = [new if one is row else one for one in self.model.rows]

    def _canonical(self, cells: tuple[tuple[str, Value], ...]) -> Row:
        return {name: self.model.canon(name, text) for name, text in cells}

    def _find(self, row: Row) -> tuple[str, str] | None:
        names = ", ".join(row)
        for relation, place, *values in self._copy(f"SELECT tableoid::regclass, ctid, {names} FROM {self.table}"):
            if values == list(row.values()):
                return str(relation), str(place)
        return None

    def _execute(self, old: tuple[str, str] | None, new: Row | None) -> None:
        casts = {name: f"CAST(%s AS {self.shape.column(name).type})" for name in new or ()}
        values = list((new or {}).values())
        if old is None:
            sql = f"INSERT INTO {self.table} ({', '.join(casts)}) VALUES ({', '.join(casts.values())})"
        elif new is None:
            sql = f"DELETE FROM {self.table}"
        else:
            sql = f"UPDATE {self.table} SET {', '.join(f'{name} = {cast}' for name, cast in casts.items())}"
        if old is not None:
            sql += " WHERE tableoid = CAST(%s AS regclass) AND ctid = CAST(%s AS tid)"
            values += old
        self.house.database.connection.execute(sql.encode(), values)

    def _refer(self, step: Refer) -> None:
        if step.begins and any(row[self.shape.referred or ""] == step.value for row in self.model.rows):
            self.house.database.execute(f"INSERT INTO {self.table}_notes VALUES ('{step.value}')")
            self.model.referred.add(step.value)
        elif not step.begins:
            self.house.database.execute(f"DELETE FROM {self.table}_notes WHERE value = '{step.value}'")
            self.model.referred.discard(step.value)

    # MARK: Undo

    def _take_back(self, step: TakeBack) -> None:
        if step.name not in self.imports:
            return
        task_id, taken = self.imports[step.name]
        answer = self.house.api.call("POST", f"/imports/{task_id}/undo")
        if taken is None:
            check("POST undo of what has changed nothing", answer.status_code, 409)
            return
        if taken.is_undone:
            check("POST undo again", (answer.status_code, answer.json()), (200, self.answers[step.name]))
            return
        check("POST undo", answer.status_code, 202)
        current = self.lines()
        found = self._undone(task_id)
        done = self.model.undo(taken)
        if done.refused:
            check("status of an undo that cannot be", found["status"], "done")
            check("why", found["undo"]["error"] is not None, True)
            return
        check("status", (found["status"], found["undo"]["error"]), ("undone", None))
        numbers = {name: found["undo"][name] for name in ("deleted", "restored", "left")}
        report = self.house.api.get(f"/imports/{task_id}/undo", limit=1000)
        left = [(tuple(item["key"].get(name) for name in taken.key), item["reason"]) for item in report["items"]]
        check("what is left", sorted(left, key=repr), sorted(done.left, key=repr))
        expected = {"deleted": done.deleted, "restored": done.restored, "left": len(done.left)}
        check("counts of the undo", numbers, expected)
        for name in ("plan", "rows_read", "rows_inserted", "attempt"):
            check(f"{name} after the undo", found[name], self.ends[step.name][name])
        self.answers[step.name] = found
        before, after = self.seen[step.name]
        if current == after and not done.left:
            check_lines("the table as it was", self.lines(), before)

    def _undone(self, task_id: str) -> Object:
        def ended() -> Object | None:
            found = self.house.api.object(task_id)
            return None if found["undo"]["requested"] else found

        return eventually("the undo ends", ended, seconds=60, every=0.02)


def counts(found: Object) -> dict[str, int]:
    return {name: found[f"rows_{name}"] for name in ("read", "bad", "skipped", "inserted", "updated", "unchanged")}


def csv_of(file: File) -> bytes:
    """NULL is empty without quotes; all else has them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(file.columns)
    for row in file.rows:
        cells = ("" if value is None else '"' + value.replace('"', '""') + '"' for value in row)
        text.write(",".join(cells) + "\n")
    return text.getvalue().encode()
