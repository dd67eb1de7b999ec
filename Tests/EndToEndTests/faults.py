"""What the tests of faults share: a caller who asks again, processes that are started again, and what must be left."""

import os
import re
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import requests
from psycopg import sql

from api import Api
from database import Database
from program import DEBUG_BINARY, Program, Server, eventually

LEASE_SECONDS = "1"
# Answers that ask to come again.
LATER = (429, 503, 507)


class PatientApi(Api):
    """A caller who asks again where no answer came, and submits under a key of his own."""

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        if (method, path) == ("POST", "/imports"):
            arguments.setdefault("headers", {})["Idempotency-Key"] = str(uuid.uuid4())
        end = time.monotonic() + 60
        while True:
            try:
                answer = super().call(method, path, **arguments)
            except requests.RequestException as error:
                assert time.monotonic() < end, f"{method} {path}: {error}"
            else:
                if answer.status_code not in LATER:
                    return answer
                assert answer.headers["Retry-After"], answer.text
                assert time.monotonic() < end, f"{method} {path}: {answer.text}"
            time.sleep(0.05)

    def submit(self, file: Path | bytes, target: str = "demo.sales", **options: str) -> str:
        answer = self.send(file, target, **options)
        # The second where the answer to an earlier try got lost.
        assert answer.status_code in (200, 202), f"{answer.status_code} {answer.text}"
        return str(answer.json()["task_id"])


class Fleet:
    """A server and a worker that are started again when they were killed, and another worker for when the first sleeps."""

    def __init__(self, database: Database, folder: Path, binary: Path = DEBUG_BINARY, **settings: str) -> None:
        self.database = database
        self.spool = folder / "data/spool"
        self.settings = {
            "SLUICE_DATABASE_URL": database.url,
            "SLUICE_DATA_DIR": str(folder / "data"),
            "SLUICE_LOG": "debug,json",
            "SLUICE_LEASE_SECONDS": LEASE_SECONDS,
        } | settings
        self.server = Server(["--no-worker"], self.settings, folder / "serve.log", binary)
        self.worker = Program(["worker"], self.settings, folder / "worker.log", binary=binary)
        self.other = Program(["worker"], self.settings, folder / "other.log", binary=binary)
        # Who is started again.
        self.watched = [self.worker, self.server]
        self.api = PatientApi(self.server.url)
        # How many were killed.
        self.crashes = 0
        # One that was asked to end, and is to be started again.
        self._asked: Program | None = None
        self.problem: str | None = None
        self._lock = Lock()

    def start(self, program: Program, **settings: str) -> None:
        """Starts a process, with settings for this life of it only."""
        with self._lock:
            before = program.environment
            program.environment = before | settings
            begin = program.log.stat().st_size if program.log.exists() else 0
            try:
                if settings:
                    # It may be killed before it is ready.
                    Program.start(program)
                else:
                    program.start()
                    # From here on, it ends in good order when it is asked to.
                    ready = b"serving" if program is self.server else b"working"
                    eventually("it is ready", lambda: ready in program.log.read_bytes()[begin:], every=0.02)
            finally:
                program.environment = before

    def are_running(self) -> bool:
        return all(program.is_running() for program in self.watched)

    def discard(self) -> None:
        for program in (self.worker, self.other, self.server):
            program.discard()

    @contextmanager
    def tended(self) -> Iterator[None]:
        """Whoever is killed meanwhile is started again."""
        ended = Event()

        def tend() -> None:
            while not ended.wait(0.02):
                for program in self.watched:
                    self.look_after(program)

        thread = Thread(target=tend)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        assert self.problem is None, self.problem

    def look_after(self, program: Program) -> None:
        process = program.process
        code = process.poll() if process else None
        if code is None or self.problem:
            return
        if code != -signal.SIGKILL and not (code == 0 and program is self._asked):
            self.problem = f"{program.arguments[0]} ended by itself, with {code}:\n{program.tail()}"
            return
        self.crashes += code != 0
        program.discard()
        try:
            self.start(program)
        except AssertionError as error:
            self.problem = str(error)

    def replace_worker(self) -> None:
        """Asks the worker to end, while it is tended, and waits for the next one."""
        process = self.worker.process
        assert process is not None
        self._asked = self.worker
        process.send_signal(signal.SIGTERM)
        eventually("another worker runs", lambda: self.worker.process not in (None, process))
        self._asked = None

    def is_asleep(self) -> bool:
        """Whether the worker is stopped, as if its machine slept."""
        fields = Path(f"/proc/{self.worker.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return fields[0] == "T"

    # MARK: What is left

    def check_nothing_is_left(self) -> None:
        """No lease, no staging, no file and no table that no import has a use for; swept where somebody died."""
        if self.leftovers():
            # The clock that says how old files are.
            for file in self.spool.iterdir():
                os.utime(file, (time.time() - 200_000,) * 2)
            # Who starts sweeps.
            self.server.stop()
            self.server.start()
            eventually("all that was left is swept", lambda: not self.leftovers())

    def leftovers(self) -> list[str]:
        rows = self.database.rows(
            "SELECT id::text, spool_id, status, undo_requested, lease_id IS NOT NULL,"
            " coalesce(commit_until > now(), false) FROM sluice.imports"
        )
        with_images = {str(row[0]) for row in self.database.rows("SELECT import_id::text FROM sluice.undo")}
        held = [f"lease on {row[0]}" for row in rows if row[4] or row[3]]
        needed_files = {row[1] for row in rows if row[2] not in ("done", "cancelled", "undone") or row[5]}
        files = [file.name for file in self.spool.iterdir() if file.name not in needed_files]
        # A dry run that can be carried out keeps its staging.
        waiting = {row[0].replace("-", "") for row in rows if row[5]}
        with_images = {name.replace("-", "") for name in with_images}
        tables = []
        for (name,) in self.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'sluice'"):
            owner = re.search(r"[0-9a-f]{32}", name)
            if owner and owner[0] not in (waiting if name.startswith("staging_") else with_images):
                tables.append(name)
        return [*held, *files, *tables]


def insert_rows(database: Database, table: str, rows: list[tuple[Any, ...]]) -> None:
    schema, name = table.split(".")
    with database.connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(schema, name))) as copy:
            for row in rows:
                copy.write_row(row)
