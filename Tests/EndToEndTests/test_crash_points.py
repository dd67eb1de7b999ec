"""The server or the worker is killed before and behind each commit that there is, and nothing is lost or done twice."""

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


import pytest
import requests

from api import TERMINAL, Object, check_conserved
from database import new_database
from faults import Fleet, insert_rows
from program import BINARY, clean_environment, eventually, free_port

# Each place in each scenario, and not only in the first that comes by it.
IS_FULL = os.environ.get("SLUICE_FAULTS") == "full"
# Places where nothing is written, and two that are passed by the clock.
READS = (
    *("ImportSnapshots.", "TargetRehearsal.", "ImportWarnings.", "RejectList.", "RejectStore.page:"),
    *(".isFull:", ".find:", ".fingerprint:", ".waitingByPriority:", ".heartbeat:", "ProgressPublisher."),
)

Rows = dict[int, tuple[str, int]]

BEFORE: Rows = {number: (f"row {number}", number) for number in range(1, 41)}
FILE: Rows = {number: (f"row {number}", number + (1000 if number > 30 else 0)) for number in range(21, 61)}
CONTENT = "id,name,n\n" + "".join(f"{number},{name},{n}\n" for number, (name, n) in FILE.items())
CONTENT += "61,row 61,many\n62,row 62,-1\n"
# The same with words that stand for the numbers.
IN_WORDS = re.sub(r",(\d+)$", r",number \1", CONTENT, flags=re.MULTILINE)
WORDS = """
    CREATE TABLE demo.words (n integer PRIMARY KEY, word text NOT NULL UNIQUE);
    INSERT INTO demo.words SELECT n, 'number ' || n FROM generate_series(1, 2000) AS n;
    ALTER TABLE demo.crash ADD FOREIGN KEY (n) REFERENCES demo.words
"""
# The same with a part of the table that all rows but the last two keep to.
IN_PARTS = re.sub(r"^(\d.*)", r"\1,1", CONTENT, flags=re.MULTILINE).replace("id,name,n", "id,name,n,part")
IN_PARTS = IN_PARTS.replace(",many,1", ",61,2").replace(",-1,1", ",62,2")
PARTS = "ALTER TABLE demo.crash ADD part integer NOT NULL DEFAULT 1, ADD UNIQUE (part, id)"
LOOKUP = json.dumps({"n": {"column": "n", "lookup": "demo.words.word"}})
COUNTS = {"read": 42, "bad": 2, "skipped": 0, "inserted": 20, "updated": 10, "unchanged": 10}


@dataclass(frozen=True)
class Scenario:
    """An import, and what becomes of it."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    # What follows: a call to an import that is done.
    call: str = ""
    status: str = "done"
    rows: Rows = field(default_factory=lambda: BEFORE | FILE)
    counts: dict[str, int] = field(default_factory=dict)
    # What is added to the table.
    script: str = ""
    content: str = CONTENT
    # Why the last two rows are refused, and for which column.
    codes: tuple[str, str] = ("type", "check")
    column: str = "n"
    # What happens while its merge waits for a lock: it is called off, or its worker has to go.
    meanwhile: str = ""


REPLACED = {"read": 42, "bad": 2, "skipped": 0, "inserted": 40, "updated": 0, "unchanged": 0}
SCENARIOS = [
    Scenario("upsert", counts=COUNTS),
    Scenario("batched", {"commit": "batched"}, counts=COUNTS),
    Scenario("replace", {"mode": "replace"}, rows=FILE, counts=REPLACED),
    Scenario("aborted", {"on_error": "abort"}, status="failed", rows=BEFORE),
    Scenario("dry run", {"dry_run": "true"}, rows=BEFORE),
    Scenario("carried out", {"dry_run": "true"}, call="commit", counts=COUNTS),
    Scenario("undo", call="undo", status="undone", rows=BEFORE),
    Scenario("undo of batches", {"commit": "batched"}, call="undo", status="undone", rows=BEFORE),
    Scenario("undo of replace", {"mode": "replace"}, call="undo", status="undone", rows=BEFORE),
    Scenario("cancelled", status="cancelled", rows=BEFORE, meanwhile="cancel"),
    Scenario("handed back", counts=COUNTS, meanwhile="hand back"),
    Scenario("lookup", {"mapping": LOOKUP}, script=WORDS, content=IN_WORDS, codes=("lookup_failed",) * 2, counts=COUNTS),
    Scenario("scope", {"key": "part,id", "scope": "part"}, script=PARTS, content=IN_PARTS, codes=("scope",) * 2,
             column="part", counts=COUNTS),
]


class Stage:
    """A table and a fleet; a scenario is played on them again and again."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet = fleet
        self.folder = folder
        self._tried: set[str] = set()

    def is_new(self, what: str) -> bool:
        """Whether this was not tried yet."""
        before = len(self._tried)
        self._tried.add(what)
        return len(self._tried) > before

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Leaves no worker to the next scenario."""
        try:
            yield
        finally:
            self.fleet.worker.discard()
            self.fleet.other.discard()

    def reset(self, scenario: Scenario) -> None:
        self.fleet.database.execute(
            "DROP TABLE IF EXISTS demo.crash, demo.words; CREATE TABLE demo.crash"
            " (id integer PRIMARY KEY, name text NOT NULL UNIQUE, n integer CHECK (n >= 0))"
        )
        insert_rows(self.fleet.database, "demo.crash", [(number, *row) for number, row in BEFORE.items()])
        if scenario.script:
            self.fleet.database.execute(scenario.script)

    def play(self, scenario: Scenario, victim: str = "", **settings: str) -> None:
        """Plays a scenario, the victim with settings of its own, and looks at what is left."""
        fleet = self.fleet
        crashes = fleet.crashes
        task_id = self.prepare(scenario)
        if victim == "server":
            fleet.server.stop()
            fleet.start(fleet.server, **settings)
        with fleet.tended():
            if scenario.meanwhile:
                self.interfere(scenario, settings if victim == "worker" else {})
            else:
                task_id = self.ask(scenario, task_id)
                fleet.start(fleet.worker, **(settings if victim == "worker" else {}))
                self.check(scenario, self.ended(task_id))
            if "SLUICE_CRASH_AT" in settings:
                # It may come by behind the import's end.
                eventually(f"the {victim} dies", lambda: fleet.crashes > crashes and fleet.are_running())
        fleet.worker.stop()
        if victim == "server" and settings:
            fleet.server.stop()
            fleet.server.start()
        fleet.check_nothing_is_left()

    def sleep(self, scenario: Scenario, place: str) -> None:
        """Plays a scenario whose worker sleeps at a place until another one is through with the import."""
        fleet = self.fleet
        task_id = self.ask(scenario, self.prepare(scenario))
        port = free_port()
        fleet.start(fleet.worker, SLUICE_STOP_AT=place, SLUICE_LISTEN=f"127.0.0.1:{port}")
        eventually(f"the worker sleeps at {place}", fleet.is_asleep)
        fleet.start(fleet.other)
        self.check(scenario, self.ended(task_id))
        fleet.worker.process.send_signal(signal.SIGCONT)
        eventually("it has given up", lambda: self.runs_nothing(port))
        fleet.worker.stop()
        self.check(scenario, self.ended(task_id))
        fleet.other.stop()
        fleet.check_nothing_is_left()

    def runs_nothing(self, port: int) -> bool:
        metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        return "\nsluice_imports_running 0\n" in metrics

    def prepare(self, scenario: Scenario) -> str:
        """Makes the table, and the import that is to be called for."""
        self.reset(scenario)
        if not scenario.call:
            return ""
        self.fleet.start(self.fleet.worker)
        task_id = self.submit(scenario)
        self.ended(task_id)
        self.fleet.worker.stop()
        return task_id

    def ask(self, scenario: Scenario, task_id: str) -> str:
        """Sends what the worker is to do."""
        if not scenario.call:
            return self.submit(scenario)
        answer = self.fleet.api.call("POST", f"/imports/{task_id}/{scenario.call}")
        assert answer.status_code in (200, 202), answer.text
        return task_id

    def submit(self, scenario: Scenario) -> str:
        content = scenario.content.encode()
        return self.fleet.api.submit(content, "demo.crash", force="true", **scenario.options)

    def ended(self, task_id: str) -> Object:
        def look() -> Object | None:
            found = self.fleet.api.object(task_id)
            return found if found["status"] in TERMINAL and not found["undo"]["requested"] else None

        return eventually(f"import {task_id} ends", look, seconds=60)

    def interfere(self, scenario: Scenario, settings: dict[str, str]) -> None:
        fleet = self.fleet
        with fleet.database.connection.transaction():
            fleet.database.execute("LOCK TABLE demo.crash IN ACCESS EXCLUSIVE MODE")
            task_id = self.submit(scenario)
            fleet.start(fleet.worker, **settings)
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'demo.crash'::regclass"

            def merge_waits() -> bool:
                return fleet.api.object(task_id)["status"] == "loading" and bool(fleet.database.value(waits))

            eventually("its merge waits", merge_waits, seconds=60)
            if scenario.meanwhile == "cancel":
                answer = fleet.api.call("DELETE", f"/imports/{task_id}")
                # The second where the answer got lost, and the worker was quicker than the next try.
                assert answer.status_code in (200, 409), answer.text
                assert self.ended(task_id)["status"] == "cancelled"
            else:
                fleet.replace_worker()
        self.check(scenario, self.ended(task_id))

    def check(self, scenario: Scenario, found: Object) -> None:
        database = self.fleet.database
        assert found["status"] == scenario.status, found
        rows = {number: (name, n) for number, name, n in database.rows("SELECT id, name, n FROM demo.crash")}
        assert rows == scenario.rows
        assert database.value("SELECT count(*) FROM demo.crash") == len(scenario.rows)
        if scenario.counts:
            assert {name: found[f"rows_{name}"] for name in COUNTS} == scenario.counts
            check_conserved(found)
        if scenario.status == "done":
            report = self.fleet.api.error_report(found["task_id"])
            found_rejects = [(line["row"], line["column"], line["code"]) for line in report]
            column = scenario.column
            assert found_rejects == [("41", column, scenario.codes[0]), ("42", column, scenario.codes[1])]
        history = database.value("SELECT history FROM sluice.imports WHERE id = %s", found["task_id"])
        assert isinstance(history, list)
        assert [entry["name"] for entry in history].count(scenario.status) == (2 if scenario.call == "commit" else 1)

    def places(self, scenario: Scenario, victim: str) -> list[str]:
        """Where a process comes by that plays its part in a scenario, in this order; each time where all are tried."""
        trace = self.folder / "trace"
        trace.unlink(missing_ok=True)
        self.play(scenario, victim, SLUICE_CRASH_TRACE=str(trace))
        passed: Counter[str] = Counter()
        for name in trace.read_text(encoding="ascii").split():
            # The server comes by the worker's places when it sweeps, if there is anything.
            is_sweep = victim == "server" and name.startswith(("Merging/", "Staging/", "Spool/SpoolStore."))
            # Who fails breaks the look around off, which goes on beside: it comes that far, or not.
            is_chance = scenario.status == "failed" and ".warn:" in name
            if not (is_sweep or is_chance) and not any(part in name for part in READS):
                passed[name] += 1
        # A worker looks for work now and then.
        clocked = (".claimOnce:", ".endExpiredSessions:")
        times = {name: count if IS_FULL and not any(part in name for part in clocked) else 1
                 for name, count in passed.items()}
        return [f"{name}*{turn}" for name, count in times.items() for turn in range(1, count + 1)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("crash")
    with new_database() as database:
        fleet = Fleet(database, folder)
        migrated = subprocess.run(
            [str(BINARY), "migrate"], env=clean_environment(**fleet.settings), capture_output=True, check=False
        )
        assert migrated.returncode == 0, migrated.stderr
        try:
            fleet.server.start()
            yield Stage(fleet, folder)
            fleet.server.stop()
        finally:
            fleet.discard()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("victim", ["worker", "server"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_death_at_a_commit_loses_nothing_and_does_nothing_twice(
    stage: Stage, scenario: Scenario, victim: str
) -> None:
    for place in stage.places(scenario, victim):
        if IS_FULL or stage.is_new(f"{place} death"):
            print(f"{scenario.name}: {victim} dies at {place}")
            with stage.cleared():
                stage.play(scenario, victim, SLUICE_CRASH_AT=place)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "scenario", [scenario for scenario in SCENARIOS if not scenario.meanwhile], ids=lambda scenario: scenario.name
)
def test_who_wakes_up_when_another_has_done_the_work_writes_nothing(stage: Stage, scenario: Scenario) -> None:
    for place in stage.places(scenario, "worker"):
        if IS_FULL or stage.is_new(f"{place} sleep"):
            print(f"{scenario.name}: worker sleeps at {place}")
            with stage.cleared():
                stage.sleep(scenario, place)
