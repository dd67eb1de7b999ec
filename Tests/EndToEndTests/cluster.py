"""Postgres servers of a test's own, that may die and be promoted."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from program import free_port

# Postgres refuses to run as root.
USER = "postgres" if os.getuid() == 0 else None


class Postgres:
    """One server, in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.data = folder / name
        self.socket = folder
        self.port = free_port()
        self.log = folder / f"{name}.log"
        # What is added to the environment.
        self.environment: dict[str, str] = {}

    def tool(self, name: str, *arguments: str) -> None:
        program = Path(os.environ["SLUICE_TEST_POSTGRES_PROGRAMS"]) / name
        with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as output:
            # What pg_ctl starts keeps its output open.
            done = subprocess.run(
                [str(program), *arguments], cwd="/", user=USER, env=os.environ | self.environment, stdin=nothing,
                stdout=output, stderr=output, check=False,
            )  # fmt: skip
            output.seek(0)
            assert done.returncode == 0, f"{name}: {output.read().decode('utf-8', 'replace')}"

    def make(self) -> None:
        self.tool(
            "initdb", f"--pgdata={self.data}", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=trust", "--no-sync",
        )  # fmt: skip

    def copy(self, primary: "Postgres") -> None:
        """Becomes a standby."""
        source = f"host={primary.socket} port={primary.port} user=postgres application_name=standby"
        self.tool(
            "pg_basebackup", f"--pgdata={self.data}", f"--dbname={source}", "--write-recovery-conf",
            "--checkpoint=fast", "--no-sync",
        )  # fmt: skip

        # It waits for nobody when it is the primary.
        settings = self.data / "postgresql.auto.conf"
        lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
        settings.write_text("".join(line for line in lines if "synchronous" not in line), encoding="utf-8")

    def start(self, **settings: str) -> None:
        settings |= {"unix_socket_directories": str(self.socket), "port": str(self.port), "listen_addresses": "''"}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.tool(
            "pg_ctl", "start", f"--pgdata={self.data}", "--wait", f"--log={self.log}", f"--options={options}", "--silent"
        )  # fmt: skip

    def sql(self, command: str) -> None:
        self.tool(
            "psql", "--quiet", "--no-psqlrc", f"--host={self.socket}", f"--port={self.port}", "--username=postgres",
            f"--command={command}",
        )  # fmt: skip

    def configure(self, name: str, value: str) -> None:
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """At once: what clients have not heard of may be lost."""
        self.tool("pg_ctl", "stop", f"--pgdata={self.data}", "--mode=immediate", "--wait", "--silent")

    def promote(self) -> None:
        self.tool("pg_ctl", "promote", f"--pgdata={self.data}", "--wait", "--silent")

    def is_running(self) -> bool:
        return (self.data / "postmaster.pid").exists()


@contextmanager
def primary_and_standby() -> Iterator[tuple[Postgres, Postgres]]:
    """Two servers: what is committed at one is at the other as well."""
    folder = Path(tempfile.mkdtemp(prefix="pair", dir=os.environ["SLUICE_TEST_FOLDER"]))
    if USER:
        shutil.chown(folder, USER, USER)
    primary, standby = Postgres(folder, "primary"), Postgres(folder, "standby")
    try:
        primary.make()
        primary.start(fsync="off", max_connections="50")
        standby.copy(primary)
        standby.start(fsync="off", max_connections="50")
        primary.configure("synchronous_standby_names", "standby")
        yield primary, standby
    finally:
        for server in (primary, standby):
            if server.is_running():
                server.kill()
        shutil.rmtree(folder)
