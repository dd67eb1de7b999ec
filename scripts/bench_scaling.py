"""How imports grow: the start, the rows a second by size, two at once, and what undo costs."""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_common import (
    COLUMNS,
    Run,
    Section,
    Verdict,
    fixture,
    listening,
    psql,
    run_import,
    run_sluice,
    send,
    sluice_server,
    wait_for_end,
)
from bench_contenders import copy, run_script
from bench_prepared import EMPTY, Prepared
from bench_transfer import NEW_STAGING, STAGING

# The goals: seconds of an import of one row; how far rows a second may be from their median; rows a second of two
# imports at once as a multiple of those of one; what images cost of an import without them.
GOAL_START = 0.100
GOAL_GROWTH = 0.15
GOAL_TWO = 1.5
GOAL_IMAGES = 0.10

SECOND = "demo.sales_two"
# So many imports before the start of one is measured: by then, the sessions know the statements that each import needs.
WARM_UP = 10
# Imports of files of less than the whole, in each round.
SHORT_RUNS = 15

NAMES = ", ".join(COLUMNS)
INSERT = f"INSERT INTO demo.sales ({NAMES}) SELECT {NAMES} FROM {STAGING};"
MERGE_BY_HAND = [
    "BEGIN;",
    # As the merge does, so that what it keeps is all that differs.
    "SET LOCAL wal_compression = lz4;",
    "ALTER TABLE demo.sales DROP CONSTRAINT sales_pkey;",
    "ALTER TABLE demo.sales DROP CONSTRAINT sales_item_code_store_id_sale_date_key;",
    INSERT,
    "ALTER TABLE demo.sales ADD PRIMARY KEY (serial_number);",
    "ALTER TABLE demo.sales ADD UNIQUE (item_code, store_id, sale_date);",
    "COMMIT;",
]
# With fewer rows, indexes stay where they are.
LEAST_TO_INDEX = 10_000


def starts(prepared: Prepared, rounds: int, work: Path, imports: int) -> list[Run]:
    """Imports of one row into an empty table, each by a server that has run so many of them before."""
    file = one_row(prepared)
    runs = []
    for _ in range(rounds):
        with prepared.copy_of(EMPTY), sluice_server(work) as server:
            warm_up(server, file, imports)
            runs.append(run_import(server, file))
        print(f"start     after {imports:2}: {runs[-1].seconds:8.3f} s", flush=True)
    return runs


def warm_up(server: tuple[int, str], file: Path, imports: int) -> None:
    for _ in range(imports):
        run_import(server, file)
        psql("TRUNCATE demo.sales")


def one_row(prepared: Prepared) -> Path:
    file = prepared.work / "one.csv"
    with open(prepared.file, encoding="utf-8", newline="") as all_rows:
        file.write_text(all_rows.readline() + all_rows.readline(), encoding="utf-8", newline="")
    return file


def start(prepared: Prepared, rounds: int, work: Path) -> Section:
    """What an import takes that has nearly nothing to do, by a server that has just started and by one that has run."""
    runs = {
        "by a server that has just started": starts(prepared, rounds, work, 0),
        "by one that has run": starts(prepared, rounds, work, WARM_UP),
    }
    medians = {by: statistics.median(run.seconds for run in each) for by, each in runs.items()}
    said = ", ".join(f"{seconds * 1000:.0f} ms {by}" for by, seconds in medians.items())
    goal = f"less than {GOAL_START * 1000:.0f} ms is the goal"
    return Section(
        [f"One row, from sending it to the end: {said}; medians of {rounds}."],
        [
            Verdict(seconds < GOAL_START, f"a file of one row takes {seconds * 1000:.0f} ms {by}, {goal}")
            for by, seconds in medians.items()
        ],
        {"start": {by: [run._asdict() for run in each] for by, each in runs.items()}},
    )


def growth(prepared: Prepared, rounds: int, work: Path) -> Section:
    """Rows a second by the size of the file, beyond the start: of Sluice, and of a script of the same steps.

    What both have in common is Postgres's and the machine's: memory that a large table outgrows, and what only many
    rows make up for.
    """
    sizes = [prepared.rows // 100, prepared.rows // 10, prepared.rows, prepared.rows * 10]
    files = {1: one_row(prepared)} | {rows: fixture(rows) for rows in sizes}
    runs: dict[int, list[Run]] = {rows: [] for rows in files}
    by_hand: dict[int, list[Run]] = {rows: [] for rows in files}
    # One database for all rounds: a file system is slow to make files where hundreds were removed a moment ago.
    with prepared.copy_of(EMPTY):
        # A server that has never written so much makes segments of WAL, which takes twice as long as to use them again.
        with sluice_server(work) as server:
            run_import(server, files[sizes[-1]])
            empty_again(sizes[-1])
        for number in range(rounds):
            # What the largest have left to write is not for the smallest to wait for.
            os.sync()
            with sluice_server(work) as server:
                warm_up(server, files[1], WARM_UP)
                # A moment of the machine's is much of what is short: that goes in turns, so that it is no size's alone.
                short = [rows for rows in files if rows < prepared.rows]
                for rows in short * SHORT_RUNS + [rows for rows in files if rows >= prepared.rows]:
                    runs[rows].append(run_import(server, files[rows]))
                    empty_again(rows)
                    by_hand[rows].append(run_script(all_by_hand(files[rows], rows), work))
                    empty_again(rows)
            for rows in files:
                own, script = runs[rows][-1].seconds, by_hand[rows][-1].seconds
                print(f"growth    round {number + 1}: {rows:10,} {own:8.3f} s, by hand {script:8.3f} s", flush=True)
    rates, rates_by_hand = beyond_start(runs), beyond_start(by_hand)
    middle, middle_by_hand = (statistics.median(each.values()) for each in (rates, rates_by_hand))
    fixed = statistics.median(run.seconds for run in runs[1])
    lines = [
        f"Rows into an empty table, beyond a start of {fixed * 1000:.0f} ms, and by a psql script of the same steps;"
        f" medians of {rounds}, up to {sizes[1]:,} rows of {rounds * SHORT_RUNS}:",
        "",
        "| rows | seconds | rows a second beyond the start | of their median | by hand | of their median | peak RSS, MB |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows, rate in rates.items():
        seconds = statistics.median(run.seconds for run in runs[rows])
        peak = max(run.peak_rss_mb for run in runs[rows])
        lines.append(
            f"| {rows:,} | {seconds:.2f} | {rate:,.0f} | {rate / middle:.2f} | {rates_by_hand[rows]:,.0f}"
            f" | {rates_by_hand[rows] / middle_by_hand:.2f} | {peak:.0f} |"
        )
    worst, worst_by_hand = furthest(rates), furthest(rates_by_hand)
    text = (
        f"rows a second are within {worst:.0%} of their median from {sizes[0]:,} to {sizes[-1]:,} rows,"
        f" those of the script within {worst_by_hand:.0%}"
    )
    verdict = Verdict(worst <= GOAL_GROWTH, f"{text}; {GOAL_GROWTH:.0%} is the goal")
    figures = {
        by: {str(rows): [run._asdict() for run in each] for rows, each in all_runs.items()}
        for by, all_runs in {"sluice": runs, "by hand": by_hand}.items()
    }
    return Section(lines, [verdict], {"growth": figures})


def beyond_start(runs: dict[int, list[Run]]) -> dict[int, float]:
    """Rows a second by the number of rows, without what one row takes."""
    medians = {rows: statistics.median(run.seconds for run in each) for rows, each in runs.items()}
    return {rows: rows / max(seconds - medians[1], 1e-9) for rows, seconds in medians.items() if rows > 1}


def furthest(rates: dict[int, float]) -> float:
    """How far the one furthest from the median is, as a share of it."""
    middle = statistics.median(rates.values())
    return max(abs(rate / middle - 1) for rate in rates.values())


def empty_again(rows: int) -> None:
    """Looks whether all rows came, and leaves neither them nor work for the server."""
    found = psql("SELECT count(*) FROM demo.sales")
    assert found == str(rows), found
    psql("TRUNCATE demo.sales", "CHECKPOINT")


def busy_seconds() -> float:
    """What all processors have worked so far, for whomever on this machine."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    user, nice, system, _, _, irq, softirq = (int(field) for field in fields[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def at_once(prepared: Prepared, work: Path, targets: list[str]) -> tuple[float, float]:
    """Seconds of imports into some tables, by a server that runs two at once, and of processors meanwhile."""
    with prepared.copy_of(EMPTY):
        psql(f"CREATE TABLE {SECOND} (LIKE demo.sales INCLUDING ALL)")
        with sluice_server(work, SLUICE_CONCURRENCY="2") as (_, address), ThreadPoolExecutor(len(targets)) as threads:

            def run(target: str) -> None:
                with listening(address) as connection:
                    wait_for_end(connection, send(address, prepared.file, target=target))

            began, busy = time.monotonic(), busy_seconds()
            list(threads.map(run, targets))
            seconds, busy = time.monotonic() - began, busy_seconds() - busy
        rows = [psql(f"SELECT count(*) FROM {target}") for target in targets]
        assert rows == [str(prepared.rows)] * len(targets), rows
        return seconds, busy


def two_workers(prepared: Prepared, rounds: int, work: Path) -> Section:
    """Two files at once into two tables, beside one file.

    No more can be reached than the processors leave idle beside one import, which has two sessions by itself.
    """
    times: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for number in range(rounds):
        for count, each in times.items():
            each.append(at_once(prepared, work, ["demo.sales", SECOND][:count]))
            print(f"two       round {number + 1}: {count} at once {each[-1][0]:8.3f} s", flush=True)
    one, two = (statistics.median(seconds for seconds, _ in each) for each in times.values())
    factor = 2 * one / two
    cores = os.cpu_count() or 1
    busy = statistics.median(worked / seconds for seconds, worked in times[1])
    limit = f"one keeps {busy:.2f} of {cores} processors busy, which allows {cores / busy:.2f} ×"
    lines = [
        f"{prepared.rows:,} rows into one table: {one:.2f} s; into each of two tables at once: {two:.2f} s,"
        f" {factor:.2f} × the rows a second; {limit}; medians of {rounds}."
    ]
    text = f"two at once reach {factor:.2f} × the rows a second of one, {GOAL_TWO} × is the goal; {limit}"
    return Section(lines, [Verdict(factor >= GOAL_TWO, text)], {"two": times})


def load_by_hand(prepared: Prepared, work: Path) -> float:
    """Seconds of INSERT … SELECT out of staging into an empty table without its indexes, which are built behind it."""
    with prepared.copy_of(EMPTY):
        psql(f"{NEW_STAGING}", copy(STAGING, prepared.file))
        return run_script(MERGE_BY_HAND, work).seconds


def all_by_hand(file: Path, rows: int) -> list[str]:
    """The steps of an import into an empty table, as a script."""
    merge = MERGE_BY_HAND if rows >= LEAST_TO_INDEX else [INSERT]
    return [f"{NEW_STAGING};", copy(STAGING, file), *merge, f"DROP TABLE {STAGING};"]


def images(prepared: Prepared, rounds: int, work: Path) -> Section:
    """What it costs an import that only inserts to keep what takes it back.

    Images are written in the merge, and have no step of their own: it is held against a script that does the same
    without them.
    """
    costs, merges, inserts = [], [], []
    for number in range(rounds):
        with prepared.copy_of(EMPTY):
            run = run_sluice(prepared.file, work)
        inserts.append(load_by_hand(prepared, work))
        assert run.told is not None
        merges.append(sum(step["seconds"] for step in run.told["profile"]["steps"] if step["name"] == "merge"))
        without = run.seconds - merges[-1] + inserts[-1]
        costs.append(run.seconds / without - 1)
        print(f"images    round {number + 1}: merge {merges[-1]:.3f} s, by hand {inserts[-1]:.3f} s", flush=True)
    cost = statistics.median(costs)
    lines = [
        f"{prepared.rows:,} new rows: the merge, which keeps what takes them back, takes"
        f" {statistics.median(merges):.2f} s, a script that does the same without {statistics.median(inserts):.2f} s:"
        f" {cost:+.1%} of the whole import; medians of {rounds}."
    ]
    text = f"images cost an import that only inserts {cost:+.1%}, at most {GOAL_IMAGES:.0%} is the goal"
    figures = {"cost": costs, "merge": merges, "insert": inserts}
    return Section(lines, [Verdict(cost <= GOAL_IMAGES, text)], {"images": figures})
