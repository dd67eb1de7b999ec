"""Databases that the rounds of a benchmark begin with: made once, copied for each run."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from bench_common import BINARY, COLUMNS, ROOT, database, fixture, psql

# Names of the templates: demo.sales is empty, has the rows of the file, has them with another quantity, or has ten
# times as many, but none of `Prepared.new_rows`.
EMPTY, SAME, OTHER, LARGE = "bench_empty", "bench_same", "bench_other", "bench_large"
COPY = "bench_copy"
STAGED = "demo.staged"


class Prepared:
    """The files and the databases for a number of rows."""

    def __init__(self, rows: int, file: Path, work: Path) -> None:
        self.rows = rows
        self.file = file
        self.work = work
        self._made: set[str] = set()

    @cached_property
    def new_rows(self) -> Path:
        """A tenth of the rows, of those that the large table lacks."""
        self._make(LARGE)
        return self.work / "new.csv"

    @contextmanager
    def copy_of(self, template: str) -> Iterator[None]:
        """All that is run meanwhile goes to a fresh copy of a template; nothing is left to do for the server."""
        self._make(template)
        psql(
            f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)",
            f"CREATE DATABASE {COPY} TEMPLATE {template} STRATEGY FILE_COPY",
        )
        psql("CHECKPOINT")
        try:
            with database(COPY):
                yield
        finally:
            psql(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")

    def close(self) -> None:
        """Drops what was made."""
        for name in self._made:
            psql(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        print(f"prepares {name}", flush=True)
        base = "template1" if name == EMPTY else EMPTY
        if name != EMPTY:
            self._make(EMPTY)
        psql(f"CREATE DATABASE {name} TEMPLATE {base}")
        with database(name):
            if name == EMPTY:
                self._migrate()
            else:
                self._fill(name)
            psql("VACUUM (ANALYZE)")
        self._made.add(name)

    def _migrate(self) -> None:
        psql((ROOT / "Fixtures/demo-schema.sql").read_text(encoding="utf-8"))
        environment = os.environ | {"SLUICE_DATABASE_URL": os.environ["SLUICE_TEST_DATABASE_URL"]}
        subprocess.run([str(BINARY), "migrate"], env=environment, stdout=subprocess.DEVNULL, check=True)

    def _fill(self, name: str) -> None:
        file = fixture(self.rows * 10) if name == LARGE else self.file
        names = ", ".join(COLUMNS)
        values = names.replace("quantity", "quantity + 1") if name == OTHER else names
        psql(
            f"CREATE UNLOGGED TABLE {STAGED} (LIKE demo.sales)",
            f"\\copy {STAGED} FROM '{file}' WITH (FORMAT csv, HEADER true)",
        )
        first = "0"
        if name == LARGE:
            # Rows that another file has may share their second key with some of this one.
            first = f"(SELECT min(serial_number) + {self.rows // 10} FROM {STAGED})"
            new = f"SELECT {names} FROM {STAGED} WHERE serial_number < {first} ORDER BY serial_number"
            psql(f"\\copy ({new}) TO '{self.work / 'new.csv'}' WITH (FORMAT csv, HEADER true)")
        psql(
            f"INSERT INTO demo.sales ({names}) SELECT {values} FROM {STAGED} WHERE serial_number >= {first}",
            f"DROP TABLE {STAGED}",
        )
