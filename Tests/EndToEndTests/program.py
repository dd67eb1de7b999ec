"""The program under test, as processes of their own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = Path(os.environ.get("SLUICE_BIN", ROOT / ".build/release/sluice")).resolve()
# The same with places at which it can be ended: Sources/Core/CrashPoints.
DEBUG_BINARY = Path(os.environ.get("SLUICE_DEBUG_BIN", ROOT / ".build/debug/sluice")).resolve()

# How long the program may take to end, by the contract of `make run`.
GRACE_SECONDS = 5.0

Value = TypeVar("Value")


def eventually(what: str, look: Callable[[], Value | None], seconds: float = 30, every: float = 0.05) -> Value:
    """Looks again and again until there is something to see, and returns it."""
    end = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**settings: str) -> dict[str, str]:
    """The environment without settings of Sluice or of Postgres that the person has, and with those given."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLUICE_", "OTEL_", "PG")) and name.lower() not in ("http_proxy", "all_proxy")
    }
    return kept | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"} | settings


class Program:
    """One process of the program; what it writes goes to a log that is shown when a test fails."""

    # All that were started and not stopped: for the logs of a failed test.
    living: list["Program"] = []

    def __init__(
        self,
        arguments: list[str],
        environment: dict[str, str],
        log: Path,
        folder: Path | None = None,
        binary: Path = BINARY,
    ) -> None:
        self.arguments = arguments
        self.binary = binary
        self.environment = environment
        self.log = log
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert self.process is None, "it runs already"
        assert self.binary.exists(), f"{self.binary} is missing: make build"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(self.binary), *self.arguments],
                cwd=self.folder,
                env=clean_environment(**self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        Program.living.append(self)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL: it gets no chance to put anything in order."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._forget()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, codes: tuple[int, ...] = (0,)) -> float:
        """Asks it to end; fails when it does not within the grace time, or with another exit code."""
        if self.process is None:
            return 0
        process = self.process
        assert process.poll() is None, f"it had ended by itself, with {process.returncode}:\n{self.tail()}"
        began = time.monotonic()
        process.send_signal(with_signal)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"it did not end within {GRACE_SECONDS} s:\n{self.tail()}") from None
        finally:
            self._forget()
        assert process.returncode in codes, f"exit code {process.returncode}, not of {codes}:\n{self.tail()}"
        return time.monotonic() - began

    def discard(self) -> None:
        """Ends it by force if it still runs: the last line of a fixture."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._forget()

    def tail(self, limit: int = 20_000) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - limit))
            return log.read().decode("utf-8", "replace")

    def _forget(self) -> None:
        self.process = None
        if self in Program.living:
            Program.living.remove(self)


class Server(Program):
    """`sluice serve` on a port of its own."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str], log: Path, binary: Path = BINARY
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        address = {"SLUICE_LISTEN": f"127.0.0.1:{self.port}"}
        super().__init__(["serve", *arguments], environment | address, log, binary=binary)

    def start(self) -> None:
        super().start()
        eventually("/readyz says 200", self._is_ready, every=0.02)

    def _is_ready(self) -> bool:
        assert self.is_running(), f"it ended at its start:\n{self.tail()}"
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False
