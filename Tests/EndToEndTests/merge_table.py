"""Tables for the model of imports: columns, keys and rules, as values."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

Value = str | None
Row = dict[str, Value]

# What a sequence fills in: known when it is read from the table.
FREE = "\0a number of the sequence"


@dataclass(frozen=True)
class Column:
    """A column, with values for the generator."""

    name: str
    type: str
    good: tuple[Value, ...]
    # Texts that are refused while the file is read, each with its code.
    bad: tuple[tuple[str, str], ...] = ()
    # Values that the type takes, but a rule of the table does not.
    rare: tuple[str, ...] = ()
    default: Value = None
    required: bool = False
    # Made from the others: no file has it.
    generated: Callable[[Row], Value] | None = None
    # An identity that no update can write.
    always: bool = False
    same: Callable[[str], Hashable] = lambda text: text
    # What follows its type where the table is made.
    sql: str = ""


@dataclass(frozen=True)
class Shape:
    """A table and the rules that its rows are held against."""

    name: str
    columns: tuple[Column, ...]
    # The primary key, empty where there is none, and the other unique keys.
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    nulls_are_equal: bool = False
    # What imports go by, where it is not the primary key.
    key: tuple[str, ...] = ()
    # Each with the columns that it looks at; false where it is broken.
    checks: tuple[tuple[tuple[str, ...], Callable[[Row], bool]], ...] = ()
    # Foreign keys to tables that never change: the column, and the values that are there.
    references: tuple[tuple[str, tuple[str, ...]], ...] = ()
    # A foreign key to the table itself: the column, and the one that it refers to.
    parent: tuple[str, str] | None = None
    # False where no partition takes the row.
    has_place: Callable[[Row], bool] = lambda row: True
    # What a trigger makes of a row before it is written.
    trigger: Callable[[Row], Row] | None = None
    # What follows the columns, what follows the table, and what follows all that, with {table} in it.
    constraints: str = ""
    suffix: str = ""
    script: str = ""
    # A column that rows of another table may refer to.
    referred: str | None = None

    @property
    def stored(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.generated is None)

    @property
    def conflict_key(self) -> tuple[str, ...]:
        return self.key or self.primary

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """All unique keys, in the order of the names of their indexes."""
        named = {"_".join((*names, "key")): names for names in self.unique}
        if self.primary:
            named["pkey"] = self.primary
        return [names for _, names in sorted(named.items())]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def same(self, row: Row, names: Iterable[str]) -> tuple[Hashable, ...]:
        values = ((self.column(name), row[name]) for name in names)
        return tuple(None if value is None else column.same(value) for column, value in values)

    def keys_of(self, row: Row, names: tuple[str, ...]) -> Hashable | None:
        """What two rows must not share; None where the row can meet no other one."""
        found = self.same(row, names)
        return None if None in found and not self.nulls_are_equal else found
