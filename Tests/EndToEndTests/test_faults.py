"""Rounds of imports and undos while processes, clocks, disks, the network and Postgres fail at random.

After each round the tables are what an independent script says, the counts add up, and nothing is left behind.

    SLUICE_FAULTS_SEED    where the rounds come from; a new one each time without it, named in pytest's header
    SLUICE_FAULTS_ROUNDS  how many (6)

The seed says what is drawn, not how the processes take turns: a round that failed may pass when it is told again.
"""

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from fault_kinds import Mischief, draw_plan
from fault_site import Site, new_site
from fault_story import Author, Load, Outcome, Row, Table

from conftest import FAULTS_SEED

from api import TERMINAL, Object, check_conserved
from faults import insert_rows
from program import eventually

ROUNDS = int(os.environ.get("SLUICE_FAULTS_ROUNDS", "6"))
# So many rounds in a row are played in one installation.
ROUNDS_OF_A_SITE = 3
SECONDS = 180


class Sites:
    """The installation at hand: a new one every few rounds, and after a failure."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._site: Site | None = None
        self._block = -1

    def site(self, number: int) -> Site:
        block = number // ROUNDS_OF_A_SITE
        if self._site is None or block != self._block:
            self.close()
            self._block = block
            # By turns.
            self._site = self._stack.enter_context(new_site(has_standby=block % 2 == 0))
        return self._site

    def close(self) -> None:
        self._site = None
        self._stack.close()


class Round:
    """One table, a few imports into it, and what takes them back."""

    def __init__(self, site: Site, chance: random.Random, number: int) -> None:
        self.site = site
        self.chance = chance
        self.author = Author(chance)
        self.table = Table(f"demo.round{number}", has_key=chance.random() < 0.7)
        # Those that can be taken back, each with the rows before it.
        self.done: list[tuple[str, list]] = []

    def play(self) -> None:
        site, chance = self.site, self.chance
        site.database.execute(self.table.definition)
        if chance.random() < 0.6:
            count = chance.choice([10, 5000, 50_000])
            self.table.rows = [(number, f"c{number}", number % 3, "none") for number in range(1, count + 1)]
            insert_rows(site.database, self.table.name, self.table.rows)
        for _ in range(chance.choice([2, 2, 3])):
            # A slow network makes more of what is under way.
            rate = chance.choice([0, 0, 1e6, 5e6])
            for proxy in site.proxies:
                proxy.rate = rate
            if self.done and chance.random() < 0.5:
                self.take_back()
            else:
                self.load(self.author.load(self.table))

    def check_what_is_left(self) -> None:
        site = self.site
        site.settle()
        site.check_nothing_is_left()
        eventually("no session is at work", lambda: not site.sessions_at_work(), seconds=60)

    @contextmanager
    def disturbed(self, *states: str) -> Iterator[None]:
        """What is done within is done while something fails: at once, or when the import has come to a state."""
        mischief = Mischief(self.site, self.chance, draw_plan(self.site, self.chance, ("", *states)))
        with mischief.at_work():
            yield
        print("    " + ("; ".join(mischief.struck) or "nothing happens"))

    # MARK: Imports

    def load(self, load: Load) -> None:
        outcome = self.table.load(load)
        if not load.is_rehearsed and load.options["commit"] == "atomic" and self.chance.random() < 0.15:
            self.call_off(load, outcome)
            return
        print(f"  loads {load}")
        while not self.is_through(load, outcome, str(uuid.uuid4())):
            print("  its attempts are exhausted: once more")
        self.table.rows = outcome.rows

    def call_off(self, load: Load, outcome: Outcome) -> None:
        """Where the cancel was taken, nothing is in; where it came too late, all is."""
        print(f"  loads, and calls off, {load}")
        with self.disturbed("parsing", "loading"):
            task_id = self.submit(load, str(uuid.uuid4()))
            time.sleep(self.chance.random() * self.chance.choice([0, 0.3, 1]))
            answer = self.site.api.call("DELETE", f"/imports/{task_id}")
            found = self.ended(task_id)
        print(f"    {answer.status_code}: {found['status']}")
        # The second where it is at its end, which may be the first answer that got lost.
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            assert found["status"] == "cancelled", found
        if found["status"] == "cancelled" or self.is_given_up(found):
            self.check_rows(self.table.rows)
            return
        self.check(found, outcome)
        self.note(found)
        self.table.rows = outcome.rows

    def is_through(self, load: Load, outcome: Outcome, key: str) -> bool:
        """Whether it came to an end of its own; only faults without an end bring it to another one."""
        before = self.table.rows
        with self.disturbed("parsing", "parsing", "loading"):
            found = self.ended(self.submit(load, key))
        if self.is_given_up(found):
            return False
        if load.is_rehearsed:
            self.check(found, replace(outcome, rows=before))
            if outcome.is_failed:
                return True
            with self.disturbed("loading"):
                self.ask(found["task_id"], "commit")
                found = self.ended(found["task_id"])
            if self.is_given_up(found):
                return False
        self.check(found, outcome)
        self.note(found)
        return True

    def is_given_up(self, found: Object) -> bool:
        """Whether faults without an end have ended it; batches that are in are taken back."""
        if (found["error"] or {}).get("code") != "attempts_exhausted":
            return False
        if found["undo"]["available"]:
            self.ask(found["task_id"], "undo")
            assert self.ended(found["task_id"])["status"] == "undone"
        self.check_rows(self.table.rows)
        return True

    def note(self, found: Object) -> None:
        """Keeps what can be taken back, with the rows that are there then."""
        if found["undo"]["available"]:
            self.done.append((found["task_id"], self.table.rows))

    def submit(self, load: Load, key: str) -> str:
        options = load.options | {"target": self.table.name} | ({"dry_run": "true"} if load.is_rehearsed else {})
        headers = {"Idempotency-Key": key}
        content = load.content()
        if self.chance.random() < 0.5:
            file = {"file": (f"rows.{load.format}", content, "application/octet-stream")}
            answer = self.site.api.call("POST", "/imports", files=file, data=options, headers=headers)
        else:
            headers["Content-Type"] = "application/octet-stream"
            body = Pieces(content, self.chance.choice([0, 0.05]))
            answer = self.site.api.call("POST", "/imports", params=options, headers=headers, data=body)
        # The first where an answer got lost.
        assert answer.status_code in (200, 202), answer.text
        return str(answer.json()["task_id"])

    def ask(self, task_id: str, call: str) -> None:
        answer = self.site.api.call("POST", f"/imports/{task_id}/{call}")
        assert answer.status_code in (200, 202), answer.text

    def ended(self, task_id: str) -> Object:
        def look() -> Object | None:
            assert self.site.problem is None, self.site.problem
            found = self.site.api.object(task_id)
            return found if found["status"] in TERMINAL and not found["undo"]["requested"] else None

        return eventually(f"import {task_id} ends", look, seconds=SECONDS)

    # MARK: Undo

    def take_back(self) -> None:
        """The last import that was not taken back yet."""
        task_id, before = self.done.pop()
        print(f"  takes {task_id} back")
        found: Object = {}
        while found.get("status") != "undone":
            with self.disturbed():
                self.ask(task_id, "undo")
                found = self.ended(task_id)
            error = found["undo"]["error"]
            assert error is None or error["code"] == "attempts_exhausted", found
        assert found["undo"]["left"] == 0, found
        self.table.rows = before
        self.check_rows(before)

    # MARK: Checks

    def check(self, found: Object, outcome: Outcome) -> None:
        assert found["status"] == ("failed" if outcome.is_failed else "done"), found
        self.check_rows(outcome.rows)
        if outcome.is_failed:
            assert found["error"]["code"] == "too_many_rejects", found
            return
        check_conserved(found)
        assert {name: found[f"rows_{name}"] for name in outcome.counts} == outcome.counts
        report = self.site.api.error_report(found["task_id"])
        assert Counter((int(line["row"]), line["column"], line["code"]) for line in report) == outcome.rejects
        print(f"    attempts: {found['attempt']}")

    def check_rows(self, expected: list[Row]) -> None:
        # The server may have died meanwhile.
        self.site.database.connect()
        rows = self.site.database.rows(f"SELECT id, code, n, note FROM {self.table.name}")
        found, wanted = Counter(rows), Counter(expected)
        assert found == wanted, (
            f"{len(rows)} rows of {len(expected)}; too many {list((found - wanted).elements())[:5]},"
            f" missing {list((wanted - found).elements())[:5]}"
        )


class Pieces:
    """A body that comes in pieces, as over a slow line; each try begins again."""

    def __init__(self, content: bytes, pause: float) -> None:
        self.content = content
        self.pause = pause

    def __iter__(self) -> Iterator[bytes]:
        size = max(1, len(self.content) // 10)
        for start in range(0, len(self.content), size):
            time.sleep(self.pause)
            yield self.content[start : start + size]


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    sites = Sites()
    yield sites
    sites.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_nothing_is_lost_and_nothing_comes_twice(sites: Sites, number: int) -> None:
    chance = random.Random(f"{FAULTS_SEED} {number}")
    print(f"SLUICE_FAULTS_SEED={FAULTS_SEED}, round {number}")
    site = sites.site(number)
    try:
        round = Round(site, chance, number)
        with site.tended():
            round.play()
            eventually("all run", site.are_running)
        round.check_what_is_left()
    except BaseException:
        print(f"problem: {site.problem}")
        for program in site.watched:
            print(f"--- {program.arguments[0]}:\n{program.tail()}")
        # Whatever is in disorder now is no fault of the next round.
        sites.close()
        raise
