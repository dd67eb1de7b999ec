"""Databases of the tests' own, and what an independent hand would put into them."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from program import ROOT


def server_url() -> str:
    url = os.environ.get("SLUICE_TEST_DATABASE_URL")
    assert url, "SLUICE_TEST_DATABASE_URL is not set: run the tests by `make test-e2e`"
    return url


class Database:
    """A database with the demo schema, looked at by a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connect()

    def connect(self) -> None:
        """Anew, where the server has ended the connection."""
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.connection.execute("SET TIME ZONE 'UTC'")

    def rows(self, query: str, *values: object) -> list[tuple]:
        return self.connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: object) -> object:
        return self.rows(query, *values)[0][0]

    def execute(self, script: str) -> None:
        self.connection.execute(script.encode())

    def make_demo(self) -> None:
        self.execute((ROOT / "Fixtures/demo-schema.sql").read_text(encoding="utf-8"))

    def psql(self, *commands: str) -> str:
        """Runs psql, a client that shares nothing with the program."""
        arguments = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", self.url]
        for command in commands:
            arguments += ["--command", command]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def copy_by_script(self, file: Path, table: str = "demo.sales_by_script", like: str = "demo.sales") -> None:
        """Puts a file into a fresh table like the target, by psql's \\copy."""
        self.psql(
            f"DROP TABLE IF EXISTS {table}",
            f"CREATE TABLE {table} (LIKE {like} INCLUDING DEFAULTS)",
            f"\\copy {table} FROM '{file}' WITH (FORMAT csv, HEADER true)",
        )

    def differences(self, one: str, other: str) -> int:
        """How many rows stand in one table and not in the other, both ways, repeated rows counted."""
        return int(
            self.value(
                f"SELECT (SELECT count(*) FROM (TABLE {one} EXCEPT ALL TABLE {other}) AS a)"
                f" + (SELECT count(*) FROM (TABLE {other} EXCEPT ALL TABLE {one}) AS b)"
            )
        )

    def versions(self, table: str) -> object:
        """A digest over the places and versions of all rows: it changes when any row is written again."""
        return self.value(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(ctid::text || xmin::text, ' ' ORDER BY ctid)), '')"
            f" FROM {table}"
        )

    def csv(self, query: str) -> bytes:
        """The answer to a query as Postgres writes CSV."""
        with self.connection.cursor() as cursor:
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER true)".encode()) as copy:
                return b"".join(bytes(block) for block in copy)

    def staging_tables(self) -> list[str]:
        """Tables of the schema sluice that are there while one import runs."""
        return self._tables_like("staging\\_%")

    def image_tables(self) -> list[str]:
        """Tables of the schema sluice by which imports can be taken back."""
        return self._tables_like("undo\\_%\\_inserted") + self._tables_like("undo\\_%\\_updated")

    def _tables_like(self, pattern: str) -> list[str]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'sluice' AND tablename LIKE %s"
        return [name for (name,) in self.rows(query, pattern)]

    def close(self) -> None:
        self.connection.close()


@contextmanager
def new_database(with_demo: bool = True) -> Iterator[Database]:
    """A database that is gone afterwards."""
    name = f"sluice_{uuid.uuid4().hex[:12]}"
    parts = conninfo_to_dict(server_url())
    with psycopg.connect(server_url(), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    database = Database(make_conninfo(**(parts | {"dbname": name})))
    try:
        if with_demo:
            database.make_demo()
        yield database
    finally:
        database.close()
        with psycopg.connect(server_url(), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
