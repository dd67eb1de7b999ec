"""An installation in which all can fail: processes, clocks, disks, the network, and Postgres with its standby."""

import contextlib
import functools
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from cluster import USER, Postgres
from fault_proxy import Proxy

from database import Database
from faults import Fleet
from program import BINARY, Program, clean_environment

DATABASE = "app"
PROGRAMS = ("server", "worker", "other")
# 256 MiB are kept free, and 64 set aside for a file whose length is not known.
SPOOL_BYTES = 448 << 20
FILL_BLOCK = 1 << 20
TABLESPACE_BYTES = 768 << 20
SETTINGS = {"fsync": "off", "max_connections": "100", "shared_buffers": "64MB", "max_wal_size": "256MB"}


class Clock:
    """What a process takes for the time: that of the machine, and so much more."""

    library: Path | None = None

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seconds = 0
        file.write_bytes(struct.pack("q", 0))
        # For Postgres, too.
        file.chmod(0o644)

    def set(self, seconds: int) -> None:
        self.seconds = seconds
        with open(self.file, "r+b") as file:
            file.write(struct.pack("q", seconds))

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(Clock.built()), "SLUICE_TEST_CLOCK": str(self.file)}

    @staticmethod
    def built() -> Path:
        if Clock.library is None:
            Clock.library = Path(os.environ["SLUICE_TEST_FOLDER"]) / "clock.so"
            source = Path(__file__).with_name("clock.c")
            swift = shutil.which("swift")
            assert swift, "the Swift toolchain is not on the PATH"
            # The toolchain's own.
            compiler = Path(swift).resolve().with_name("clang")
            arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", Clock.library, source]
            subprocess.run([compiler, *arguments], check=True)
        return Clock.library


class Site(Fleet):
    """A server, two workers, and Postgres, alone or with a standby; between each two of them there is a proxy."""

    def __init__(self, folder: Path, servers: list[Postgres], clock: Clock) -> None:
        self.servers = servers
        # By program, and by the place of the server in the URL.
        self.lines = {who: {server: proxy_to(server) for server in servers} for who in PROGRAMS}
        self.postgres_clock = clock
        self.clocks = {who: Clock(folder / f"{who}.clock") for who in PROGRAMS}
        hosts, ports = zip(*((str(server.socket), str(server.port)) for server in servers), strict=True)
        attributes = "connect_timeout=5&target_session_attrs=read-write"
        direct = f"postgresql://postgres@/{DATABASE}?host={','.join(hosts)}&port={','.join(ports)}&{attributes}"
        super().__init__(Database(direct), folder, BINARY)
        self.watched = [self.server, self.worker, self.other]
        for who, program in zip(PROGRAMS, self.watched, strict=True):
            there = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.lines[who].values())
            url = f"postgresql://postgres@{there}/{DATABASE}?{attributes}"
            program.environment = program.environment | self.clocks[who].environment() | {"SLUICE_DATABASE_URL": url}
        # Where the database is on a small disk, its folder.
        self.tablespace: Path | None = None
        self._asked_to_end: set[int] = set()

    @property
    def primary(self) -> Postgres:
        return self.servers[0]

    @property
    def proxies(self) -> list[Proxy]:
        return [proxy for line in self.lines.values() for proxy in line.values()]

    @property
    def has_standby(self) -> bool:
        return len(self.servers) > 1 and self.servers[1].is_running()

    def open(self) -> None:
        for program in self.watched:
            program.start()

    def look_after(self, program: Program) -> None:
        """As whoever looks after services: what has ended is started again."""
        process = program.process
        code = process.poll() if process else None
        if process is None or code is None or self.problem:
            return
        is_killed = code == -signal.SIGKILL
        # Without its database a process does not start, and says so.
        is_without_database = code == 1 and re.search("^sluice: the (connection to the )?database ", program.tail(1000), re.M)
        if not (is_killed or process.pid in self._asked_to_end or is_without_database):
            self.problem = f"{program.arguments[0]} ended by itself, with {code}:\n{program.tail()}"
            return
        self.crashes += is_killed
        program.discard()
        Program.start(program)

    # MARK: Faults of processes

    def busy(self, chance: random.Random) -> Program:
        """The worker that has something to do, or any."""
        workers = [self.worker, self.other]
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.database.url) as connection:
            row = connection.execute("SELECT worker FROM sluice.imports WHERE lease_id IS NOT NULL").fetchone()
            for program in workers:
                process = program.process
                if row and process and f":{process.pid}:" in row[0]:
                    return program
        return chance.choice(workers)

    def kill(self, program: Program) -> None:
        self.send(program, signal.SIGKILL)

    def end(self, program: Program) -> None:
        """In good order."""
        process = program.process
        if process:
            self._asked_to_end.add(process.pid)
            self.send(program, signal.SIGTERM)

    def sleep(self, program: Program, seconds: float) -> None:
        """As if its machine slept."""
        process = program.process
        if process:
            process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)

    def send(self, program: Program, what: signal.Signals) -> None:
        process = program.process
        if process:
            process.send_signal(what)

    # MARK: Faults of Postgres

    def restart_postgres(self, seconds: float) -> None:
        self._kill_primary()
        time.sleep(seconds)
        self._start(self.primary)

    def _kill_primary(self) -> None:
        self.primary.kill()
        for line in self.lines.values():
            line[self.primary].refuse()

    def _start(self, server: Postgres) -> None:
        server.start(**SETTINGS)
        for line in self.lines.values():
            line[server].listen()

    def end_sessions(self) -> None:
        """As an administrator does, in the middle of whatever they do."""
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.database.url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'sluice%' AND pid <> pg_backend_pid()"
            )

    def promote(self) -> None:
        self._kill_primary()
        self.servers.reverse()
        self.primary.promote()

    def give_a_standby(self) -> None:
        """The server that is not the primary becomes its standby, from nothing."""
        standby = self.servers[1]
        if standby.data.exists():
            shutil.rmtree(standby.data)
        standby.copy(self.primary)
        self._start(standby)
        self.primary.configure("synchronous_standby_names", "standby")

    # MARK: Full disks

    def fill(self, disk: Path, seconds: float) -> None:
        filler = disk / "filler"
        try:
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                # Until there is no more; others may take the last bytes.
                while file.write(bytes(FILL_BLOCK)):
                    pass
            time.sleep(seconds)
        finally:
            filler.unlink()

    # MARK: After a round

    def settle(self) -> None:
        """All is as it was before the faults."""
        for proxy in self.proxies:
            proxy.heal()
            proxy.rate = 0
        for clock in self.clocks.values():
            clock.set(0)
        if len(self.servers) > 1 and not self.servers[1].is_running():
            self.give_a_standby()
        self.database.connect()

    def sessions_at_work(self) -> list[tuple]:
        """Sessions of the program's in a transaction, and locks that outlive one."""
        return self.database.rows(
            "SELECT a.pid, a.application_name, a.state, a.query FROM pg_stat_activity a"
            " WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'"
            " AND (a.state LIKE 'idle in transaction%' OR EXISTS"
            "   (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))"
        )


@functools.cache
def has_disks() -> bool:
    """Whether this user may mount small disks; not everybody may, and not root in each container."""
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if made.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return made.returncode == 0


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """A small disk of its own in a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def new_site(has_standby: bool) -> Iterator[Site]:
    """An installation that runs; where it has no standby, its database is on a small disk."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="site", dir=os.environ["SLUICE_TEST_FOLDER"]))
        stack.callback(shutil.rmtree, home)
        home.chmod(0o711)
        servers = [Postgres(home, name) for name in ("one", "two")[: 1 + has_standby]]
        stack.callback(end_all, servers)
        if USER:
            shutil.chown(home, USER, USER)
        primary = servers[0]
        primary.make()
        clock = Clock(home / "postgres.clock")
        for server in servers:
            server.environment = clock.environment()
        primary.start(**SETTINGS)
        tablespace = home / "tablespace"
        if has_disks() and not has_standby:
            tablespace.mkdir()
            stack.enter_context(disk(tablespace, TABLESPACE_BYTES))
            stack.callback(end_all, servers)
            (tablespace / "data").mkdir()
            shutil.chown(tablespace / "data", USER, USER)
            primary.sql(f"CREATE TABLESPACE small LOCATION '{tablespace}/data'")
            primary.sql(f"CREATE DATABASE {DATABASE} TABLESPACE small")
        else:
            primary.sql(f"CREATE DATABASE {DATABASE}")
        site = Site(home, servers, clock)
        for proxy in site.proxies:
            stack.callback(proxy.close)
        stack.callback(site.database.close)
        stack.callback(site.discard)
        site.tablespace = tablespace if tablespace.exists() else None
        for line in site.lines.values():
            line[primary].listen()
        if has_standby:
            site.give_a_standby()
        site.spool.mkdir(parents=True)
        if has_disks():
            stack.enter_context(disk(site.spool, SPOOL_BYTES))
            # Whoever has files there goes first.
            stack.callback(site.discard)
        site.database.execute("CREATE SCHEMA demo")
        subprocess.run([str(BINARY), "migrate"], env=clean_environment(**site.settings), check=True)
        site.open()
        yield site


def proxy_to(server: Postgres) -> Proxy:
    return Proxy(server.socket / f".s.PGSQL.{server.port}")


def end_all(servers: list[Postgres]) -> None:
    for server in servers:
        if server.is_running():
            server.kill()
