"""What can happen to an installation, and when: faults by name."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from fault_proxy import Proxy
from fault_site import Site, has_disks

from faults import LEASE_SECONDS

Fault = Callable[[Site, random.Random], None]
LEASE = float(LEASE_SECONDS)


def kill_workers(site: Site, _: random.Random) -> None:
    for program in (site.worker, site.other):
        site.kill(program)


def kill_all(site: Site, _: random.Random) -> None:
    for program in site.watched:
        site.kill(program)


def promote_or_restart(site: Site, chance: random.Random) -> None:
    if site.has_standby:
        site.promote()
    else:
        site.restart_postgres(chance.uniform(0, 1))


def in_the_network(act: Callable[[Proxy, random.Random], None]) -> Fault:
    """Something that happens for a while to one of the programs, or to all."""

    def fault(site: Site, chance: random.Random) -> None:
        who = chance.choice([None, *site.lines])
        proxies = list(site.lines[who].values()) if who else site.proxies
        for proxy in proxies:
            act(proxy, chance)
        time.sleep(chance.choice([0.2, 1, LEASE + 1.5]))
        for proxy in proxies:
            proxy.heal()

    return fault


def slow_down(proxy: Proxy, chance: random.Random) -> None:
    proxy.delay = chance.choice([0.02, 0.2, 0.6])


def fill_spool(site: Site, chance: random.Random) -> None:
    site.fill(site.spool, chance.uniform(0.2, 2))


def fill_tablespace(site: Site, chance: random.Random) -> None:
    assert site.tablespace
    site.fill(site.tablespace, chance.uniform(0.2, 2))


def jump(site: Site, chance: random.Random) -> None:
    who = chance.choice(list(site.clocks))
    site.clocks[who].set(chance.choice([-90_000, -3600, -30, 30, 3600, 90_000, 400_000]))


def jump_of_postgres(site: Site, chance: random.Random) -> None:
    """Onward only: what was to last for a second would last until the old time has come again."""
    site.postgres_clock.set(site.postgres_clock.seconds + chance.choice([5, 60, 1800]))


FAULTS: dict[str, Fault] = {
    "kill worker": lambda site, chance: site.kill(site.busy(chance)),
    "kill both workers": kill_workers,
    "kill server": lambda site, _: site.kill(site.server),
    "kill all": kill_all,
    "end worker": lambda site, chance: site.end(site.busy(chance)),
    "worker sleeps": lambda site, chance: site.sleep(site.busy(chance), LEASE + chance.uniform(0.5, 2)),
    "server sleeps": lambda site, chance: site.sleep(site.server, chance.uniform(0.2, 2)),
    "postgres stops": lambda site, chance: site.restart_postgres(chance.uniform(0, 2)),
    "sessions end": lambda site, _: site.end_sessions(),
    "connections cut": in_the_network(lambda proxy, _: proxy.cut()),
    "network stalls": in_the_network(lambda proxy, _: proxy.stall()),
    "network slow": in_the_network(slow_down),
    "half closed": in_the_network(Proxy.half_close),
    "clock jumps": jump,
    "postgres clock jumps": jump_of_postgres,
    "standby promoted": promote_or_restart,
    "spool full": fill_spool,
    "tablespace full": fill_tablespace,
}


def faults_of(site: Site) -> list[str]:
    """What can happen here."""
    return [
        name
        for name in FAULTS
        if not (name == "standby promoted" and len(site.servers) == 1)
        and not (name == "spool full" and not has_disks())
        and not (name == "tablespace full" and site.tablespace is None)
    ]


class Mischief:
    """Faults that strike at their moments while something is under way."""

    def __init__(self, site: Site, chance: random.Random, plan: list[tuple[str, str, float]]) -> None:
        self.site = site
        # Its own, since others draw at the same time.
        self.chance = random.Random(chance.random())
        # Each by its name, the state of the newest import that it waits for, and seconds after that.
        self.plan = plan
        self.struck: list[str] = []
        self.problem: BaseException | None = None
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
        if self.problem:
            raise self.problem

    def _run(self) -> None:
        try:
            for name, state, delay in self.plan:
                while state and not self._over.is_set() and self._state() != state:
                    self._over.wait(0.01)
                # What comes too late strikes all the same: the end has its last steps, too.
                self._over.wait(delay)
                is_late = " (late)" if self._over.is_set() else ""
                FAULTS[name](self.site, self.chance)
                self.struck.append(name + is_late)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the round is
            self.problem = error

    def _state(self) -> str | None:
        try:
            with psycopg.connect(self.site.database.url) as connection:
                row = connection.execute("SELECT status FROM sluice.imports ORDER BY created_at DESC LIMIT 1").fetchone()
                return str(row[0]) if row else None
        except psycopg.Error:
            return None


def draw_plan(site: Site, chance: random.Random, states: tuple[str, ...]) -> list[tuple[str, str, float]]:
    count = chance.choices([0, 1, 2, 3], [1, 6, 3, 1])[0]
    names = faults_of(site)
    return [
        (
            chance.choice(names),
            chance.choice(states),
            chance.choice([0, 0.02, 0.1, 0.3, 1]) * chance.random(),
        )
        for _ in range(count)
    ]
