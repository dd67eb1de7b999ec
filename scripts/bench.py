"""Measures Sluice end to end beside psql and pgloader, on the Postgres that scripts/bench.sh started.

Each contender loads the same file into a fresh, empty demo.sales (primary key and a second unique key):

- sluice:   `sluice serve`, the file sent by curl, until the import is done
- psql:     \\copy into an UNLOGGED staging table, then INSERT … ON CONFLICT … DO UPDATE
- pgloader: LOAD CSV into the same kind of table, then the same INSERT

Rounds are interleaved, medians are given, and all have to leave the same rows. After that the peak
memory of the sluice process is read for a small and for a large file, each in a fresh process.
The result is printed, and written as markdown into bench-results/.
"""

import argparse
import datetime
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(os.environ["SLUICE_ROOT"])
BINARY = Path(os.environ.get("SLUICE_BIN", ROOT / ".build/release/sluice"))
# `make bench` looks at these: more than this means that the goal is missed.
GOAL_RATIO = 1.15
GOAL_RSS_MB = 120
GOAL_RSS_SPREAD = 0.15

COLUMNS = (
    "serial_number item_code store_id sale_date quantity unit_price discount customer_email paid sold_at"
).split()
STAGING = "demo.sales_staging"
NEW_STAGING = f"CREATE UNLOGGED TABLE {STAGING} (LIKE demo.sales)"
MERGE = f"""
INSERT INTO demo.sales AS target ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM {STAGING}
ON CONFLICT (serial_number) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[1:])}
WHERE ({", ".join(f"target.{c}" for c in COLUMNS[1:])})
  IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in COLUMNS[1:])})
"""


class Run(NamedTuple):
    """One contender, once."""

    seconds: float
    peak_rss_mb: float


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


def run_process(arguments: list[str], log: Path) -> Run:
    """Runs a client to its end. GNU time reads its memory: a child of ours would be charged with ours."""
    peak = log.with_suffix(".peak")
    with open(log, "ab") as output:
        began = time.monotonic()
        process = subprocess.run(
            ["/usr/bin/time", "--format=%M", f"--output={peak}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        seconds = time.monotonic() - began
    if process.returncode != 0:
        sys.exit(f"{arguments[0]} ended with {process.returncode}:\n{log.read_text(errors='replace')[-4000:]}")
    return Run(seconds, int(peak.read_text().split()[-1]) / 1024)


def run_psql(file: Path, work: Path) -> Run:
    copy = f"\\copy {STAGING} FROM '{file}' WITH (FORMAT csv, HEADER true)"
    script = work / "load.sql"
    script.write_text(f"{NEW_STAGING};\n{copy}\n{MERGE};\nDROP TABLE {STAGING};\n", encoding="utf-8")
    return run_process(
        ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(script)], work / "psql.log"
    )


def run_pgloader(file: Path, work: Path) -> Run:
    host, port = os.environ["PGHOST"], os.environ["PGPORT"]
    # An empty field is NULL; a quoted one stays the empty string.
    fields = ", ".join(COLUMNS)
    script = work / "load.pgloader"
    script.write_text(
        f"""
LOAD CSV
  FROM '{file}' WITH ENCODING UTF-8 ({fields})
  INTO postgresql://postgres@unix:{host}:{port}/postgres
  TARGET TABLE {STAGING} ({fields})
  WITH skip header = 1, fields terminated by ',', fields optionally enclosed by '"',
       fields escaped by double-quote
  SET client_encoding TO 'utf8'
  BEFORE LOAD DO $$ {NEW_STAGING} $$
  AFTER LOAD DO $$ {MERGE} $$, $$ DROP TABLE {STAGING} $$;
""",
        encoding="utf-8",
    )
    arguments = ["pgloader", "--no-ssl-cert-verification", "--root-dir", str(work / "pgloader"), str(script)]
    return run_process(arguments, work / "pgloader.log")


def get(url: str) -> dict:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sluice_server(work: Path) -> Iterator[tuple[int, str]]:
    """A fresh `sluice serve`; its process id and its address."""
    port = free_port()
    environment = os.environ | {
        "SLUICE_DATABASE_URL": os.environ["SLUICE_TEST_DATABASE_URL"],
        "SLUICE_DATA_DIR": str(work / "sluice"),
        "SLUICE_LISTEN": f"127.0.0.1:{port}",
        "SLUICE_LOG": "warning,json",
    }
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


def run_sluice(file: Path, work: Path) -> Run:
    with sluice_server(work) as (pid, address):
        began = time.monotonic()
        sent = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--noproxy", "*", "-F", f"file=@{file}"]
            + ["-F", "target=demo.sales", "-F", "force=true", f"{address}/imports"],
            capture_output=True,
            check=False,
        )
        if sent.returncode != 0:
            sys.exit(f"curl: {sent.stderr.decode()} {sent.stdout.decode()}")
        task_id = json.loads(sent.stdout)["task_id"]
        while True:
            found = get(f"{address}/imports/{task_id}")
            if found["status"] == "done":
                return Run(time.monotonic() - began, peak_rss_mb(pid))
            if found["status"] in ("failed", "cancelled"):
                sys.exit(f"the import ended {found['status']}: {found['error']}")
            time.sleep(0.05)


CONTENDERS = {"sluice": run_sluice, "psql": run_psql, "pgloader": run_pgloader}


def compare(rows: int, rounds: int, work: Path) -> dict[str, list[Run]]:
    """All contenders, in rounds; ends the program when they leave different rows."""
    file = fixture(rows)
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    digests: dict[str, str] = {}
    for number in range(rounds):
        for name, contender in CONTENDERS.items():
            new_table()
            run = contender(file, work)
            runs[name].append(run)
            digests[name] = digest()
            print(f"round {number + 1}: {name:9} {run.seconds:8.2f} s {run.peak_rss_mb:8.0f} MB", flush=True)
        if len(set(digests.values())) != 1 or not digests["psql"].startswith(f"{rows} "):
            sys.exit(f"the contenders left different rows: {digests}")
    return runs


def memory(sizes: list[int], work: Path) -> dict[int, Run]:
    """Sluice alone, once for each size, each in a fresh process."""
    found = {}
    for rows in sizes:
        file = fixture(rows)
        new_table()
        found[rows] = run_sluice(file, work)
        print(f"memory: {rows:>10,} rows {found[rows].seconds:8.2f} s {found[rows].peak_rss_mb:8.0f} MB", flush=True)
    return found


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
        f"- Postgres {psql('SHOW server_version')} with {os.environ.get('SLUICE_BENCH_SETTINGS', 'its defaults')}",
        f"- {first_line('psql', '--version')}; {first_line('pgloader', '--version')};"
        f" {first_line('swift', '--version')}",
    ]


def table_of_speed(rows: int, runs: dict[str, list[Run]]) -> list[str]:
    medians = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
    lines = [
        f"{rows:,} rows into an empty `demo.sales`, median of {len(runs['psql'])} interleaved rounds:",
        "",
        "| | seconds | rows a minute | ratio to psql | peak RSS, MB | all rounds, s |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, seconds in medians.items():
        each = runs[name]
        lines.append(
            f"| {name} | {seconds:.2f} | {rows / seconds * 60:,.0f} | {seconds / medians['psql']:.2f}"
            f" | {max(run.peak_rss_mb for run in each):.0f} | {', '.join(f'{run.seconds:.2f}' for run in each)} |"
        )
    return lines


def table_of_memory(found: dict[int, Run]) -> list[str]:
    lines = [
        "Sluice alone, each size in a fresh process:",
        "",
        "| rows | seconds | rows a minute | peak RSS, MB |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for rows, run in found.items():
        lines.append(f"| {rows:,} | {run.seconds:.2f} | {rows / run.seconds * 60:,.0f} | {run.peak_rss_mb:.0f} |")
    return lines


def verdicts(runs: dict[str, list[Run]], found: dict[int, Run]) -> list[tuple[bool, str]]:
    """Each goal: whether it is met, and how."""
    result = []
    if runs:
        medians = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
        ratio = medians["sluice"] / medians["psql"]
        result.append((ratio <= GOAL_RATIO, f"sluice takes {ratio:.2f} × psql, at most {GOAL_RATIO} × is the goal"))
    peaks = [run.peak_rss_mb for run in [*runs.get("sluice", []), *found.values()]]
    if peaks:
        top = max(peaks)
        result.append((top <= GOAL_RSS_MB, f"sluice needs {top:.0f} MB at most, {GOAL_RSS_MB} MB is the goal"))
    if len(found) > 1:
        small, large = (run.peak_rss_mb for run in (found[min(found)], found[max(found)]))
        spread = abs(large / small - 1)
        result.append(
            (
                spread <= GOAL_RSS_SPREAD,
                f"from {min(found):,} to {max(found):,} rows its memory changes by {large / small - 1:+.0%},"
                f" ± {GOAL_RSS_SPREAD:.0%} is the goal",
            )
        )
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures Sluice beside psql and pgloader.")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is needed meanwhile")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("SLUICE_BENCH_ROWS", "1000000")))
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("SLUICE_BENCH_ROUNDS", "3")))
    parser.add_argument("--memory", action="store_true", help="measure the memory only")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory out")
    arguments = parser.parse_args()
    quick = os.environ.get("SLUICE_BENCH_QUICK") == "1"

    runs = {} if arguments.memory else compare(arguments.rows, arguments.rounds, arguments.work)
    sizes = [100_000, 1_000_000 if quick else 10_000_000]
    found = {} if arguments.no_memory else memory(sizes, arguments.work)

    report = ["# Benchmark", "", *machine(), ""]
    if runs:
        report += [*table_of_speed(arguments.rows, runs), ""]
    if found:
        report += [*table_of_memory(found), ""]
    judged = verdicts(runs, found)
    report += [f"- {'met' if met else '**missed**'}: {text}" for met, text in judged]

    text = "\n".join(report) + "\n"
    folder = ROOT / "bench-results"
    folder.mkdir(exist_ok=True)
    name = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.md"
    for path in (folder / name, folder / "latest.md"):
        path.write_text(text, encoding="utf-8")
    print()
    print(text, end="")
    print(f"\nwritten to bench-results/{name}")
    return 0 if all(met for met, _ in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
