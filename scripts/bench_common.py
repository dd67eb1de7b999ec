"""What the sections of the benchmark have in common: the server, the program under test, processes."""

import datetime
import json
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from websockets.sync.client import ClientConnection, connect

ROOT = Path(os.environ["SLUICE_ROOT"])
BINARY = Path(os.environ.get("SLUICE_BIN", ROOT / ".build/release/sluice"))
# The Python of the contenders that are packages of it.
PYTHON = ROOT / ".venv-bench/bin/python"

COLUMNS = (
    "serial_number item_code store_id sale_date quantity unit_price discount customer_email paid sold_at"
).split()


class Run(NamedTuple):
    """One contender, once."""

    seconds: float
    peak_rss_mb: float
    # Seconds until the upload was answered, where there was one.
    answered: float = 0
    # Of an import: its plan, its profile and its stages.
    told: dict | None = None


class Verdict(NamedTuple):
    """A goal: whether it is met, and how."""

    is_met: bool
    text: str


class Section(NamedTuple):
    """What a part of the benchmark has found."""

    lines: list[str]
    verdicts: list[Verdict]
    figures: dict


def psql(*commands: str) -> str:
    arguments = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]
    for command in commands:
        arguments += ["--command", command]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"psql: {done.stderr}")
    return done.stdout.strip()


def fixture(rows: int) -> Path:
    names = {10_000: "10k", 100_000: "100k", 1_000_000: "1m", 10_000_000: "10m"}
    name = f"sales-{names.get(rows, rows)}"
    subprocess.run([ROOT / "scripts/fixtures.sh", name], check=True)
    return ROOT / f"Fixtures/generated/{name}.csv"


def new_table() -> None:
    """An empty demo.sales, and no work of the round before left over for the server."""
    schema = (ROOT / "Fixtures/demo-schema.sql").read_text(encoding="utf-8")
    psql("DROP SCHEMA IF EXISTS demo CASCADE", schema)
    psql("CHECKPOINT")


def digest() -> str:
    """Rows and a digest over all of them, in the order of their key."""
    return psql(
        "SET TIME ZONE 'UTC'",
        "SELECT count(*) || ' ' || md5(string_agg(md5(t::text), '' ORDER BY serial_number)) FROM demo.sales AS t",
    )


def run_process(arguments: list[str], log: Path, result: Path | None = None) -> Run:
    """Runs a client to its end. GNU time reads its memory: a child of ours would be charged with ours.

    What it prints goes to the log, or to `result`.
    """
    peak = log.with_suffix(".peak")
    with open(log, "ab") as output, open(result or log, "ab") as printed:
        began = time.monotonic()
        process = subprocess.run(
            ["/usr/bin/time", "--format=%M", f"--output={peak}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=output,
            check=False,
        )
        seconds = time.monotonic() - began
    if process.returncode != 0:
        sys.exit(f"{arguments[0]} ended with {process.returncode}:\n{log.read_text(errors='replace')[-4000:]}")
    return Run(seconds, int(peak.read_text().split()[-1]) / 1024)


def get(url: str) -> dict:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(name: str) -> Iterator[None]:
    """All that is run meanwhile goes to another database of the server."""
    names = ("PGDATABASE", "SLUICE_TEST_DATABASE_URL")
    before = {key: os.environ[key] for key in names}
    os.environ["PGDATABASE"] = name
    os.environ["SLUICE_TEST_DATABASE_URL"] = before[names[1]].replace(f"/{before[names[0]]}?", f"/{name}?")
    try:
        yield
    finally:
        os.environ.update(before)


@contextmanager
def sluice_server(work: Path, **settings: str) -> Iterator[tuple[int, str]]:
    """A fresh `sluice serve`; its process id and its address."""
    port = free_port()
    environment = os.environ | {
        "SLUICE_DATABASE_URL": os.environ["SLUICE_TEST_DATABASE_URL"],
        "SLUICE_DATA_DIR": str(work / "sluice"),
        "SLUICE_LISTEN": f"127.0.0.1:{port}",
        "SLUICE_LOG": "warning,json",
    } | settings
    with open(work / "sluice.log", "ab") as log:
        subprocess.run([str(BINARY), "migrate"], env=environment, stdout=log, stderr=log, check=True)
        process = subprocess.Popen(
            [str(BINARY), "serve"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 30
        while True:
            try:
                get(f"{address}/readyz")
                break
            except (urllib.error.URLError, ConnectionError, ValueError):
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"sluice did not get ready:\n{(work / 'sluice.log').read_text()[-4000:]}")
                time.sleep(0.02)
        yield process.pid, address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def peak_rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def send(address: str, file: Path, **options: str) -> str:
    """Sends a file, and returns the id of its import."""
    form = {"target": "demo.sales", "force": "true"} | options
    sent = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", "--noproxy", "*", "-F", f"file=@{file}"]
        + [word for name, value in form.items() for word in ("-F", f"{name}={value}")]
        + [f"{address}/imports"],
        capture_output=True,
        check=False,
    )
    if sent.returncode != 0:
        sys.exit(f"curl: {sent.stderr.decode()} {sent.stdout.decode()}")
    return str(json.loads(sent.stdout)["task_id"])


@contextmanager
def listening(address: str) -> Iterator[ClientConnection]:
    """A connection that hears how imports go."""
    with connect(address.replace("http://", "ws://") + "/ws", proxy=None, max_size=1 << 20) as connection:
        yield connection


def wait_for_end(connection: ClientConnection, task_id: str) -> None:
    """Waits until an import is done, and asks for nothing meanwhile: to look again and again is work for the server."""
    connection.send(json.dumps({"op": "subscribe", "imports": [task_id]}))
    for message in connection:
        found = json.loads(message)["import"]
        if found["status"] == "done":
            return
        if found["status"] in ("failed", "cancelled"):
            sys.exit(f"the import ended {found['status']}: {found['error']}")
    sys.exit("the server has closed the connection")


def run_sluice(file: Path, work: Path, **options: str) -> Run:
    """Imports a file into demo.sales, from sending it to the end of the import."""
    with sluice_server(work) as server:
        return run_import(server, file, **options)


def run_import(server: tuple[int, str], file: Path, **options: str) -> Run:
    """The same by a server that runs, known by its process and its address."""
    pid, address = server
    with listening(address) as connection:
        began = time.monotonic()
        task_id = send(address, file, **options)
        answered = time.monotonic() - began
        wait_for_end(connection, task_id)
        seconds = time.monotonic() - began
    return Run(seconds, peak_rss_mb(pid), answered, account(address, task_id))


def account(address: str, task_id: str) -> dict:
    """How an import went that is done. What comes after its commit is in its profile a moment later."""
    end = time.monotonic() + 10
    while True:
        found = get(f"{address}/imports/{task_id}")
        steps = (found["profile"] or {"steps": []})["steps"]
        if not steps or steps[-1]["name"] == "statistics" or time.monotonic() > end:
            return {name: found[name] for name in ("plan", "profile", "stages")}
        time.sleep(0.05)


def first_line(*arguments: str) -> str:
    try:
        return subprocess.run(arguments, capture_output=True, text=True, check=False).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def machine() -> list[str]:
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"- {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} × {cpu}, {gigabytes:.0f} GB,"
        f" Linux {platform.release()}",
        *server(),
        f"- {first_line('swift', '--version')}",
    ]


def server() -> list[str]:
    """What runs beside: nothing where only reading is measured."""
    if "PGHOST" not in os.environ:
        return []
    settings = os.environ.get("SLUICE_BENCH_SETTINGS", "its defaults")
    versions = f"{first_line('psql', '--version')}; {first_line('pgloader', '--version')}"
    return [f"- Postgres {psql('SHOW server_version')} with {settings}", f"- {versions}"]
