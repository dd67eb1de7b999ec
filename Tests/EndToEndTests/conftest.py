"""Fixtures: a database and a server of its own for a test, or for all tests of a file."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import Api
from database import Database, new_database
from program import BINARY, ROOT, Program, Server, clean_environment


# Where the rounds of test_faults come from.
FAULTS_SEED = os.environ.get("SLUICE_FAULTS_SEED") or str(random.SystemRandom().randrange(10**9))


def pytest_report_header() -> str:
    return f"SLUICE_FAULTS_SEED={FAULTS_SEED}"


@dataclass
class House:
    """A database, a server, and a caller."""

    database: Database
    server: Server
    api: Api
    folder: Path

    def settings(self) -> dict[str, str]:
        """What another process of the same installation needs."""
        return {name: value for name, value in self.server.environment.items() if name != "SLUICE_LISTEN"}


@contextmanager
def house_over(database: Database, folder: Path, *arguments: str, **settings: str) -> Iterator[House]:
    """A server over a database; it has to end in good order."""
    environment = {
        "SLUICE_DATABASE_URL": database.url,
        "SLUICE_DATA_DIR": str(folder / "data"),
        "SLUICE_LOG": "debug,json",
    }
    server = Server(list(arguments), environment | settings, folder / "serve.log")
    try:
        migrate = [str(BINARY), "migrate"]
        migrated = subprocess.run(
            migrate, env=clean_environment(**environment), capture_output=True, text=True, check=False
        )
        assert migrated.returncode == 0, migrated.stderr
        server.start()
        yield House(database, server, Api(server.url), folder)
        server.stop()
    except BaseException:
        # Within a test, it is gone before the test has failed.
        print(server.tail())
        raise
    finally:
        server.discard()


@contextmanager
def new_house(folder: Path, *arguments: str, **settings: str) -> Iterator[House]:
    """The same over a database of its own."""
    with new_database() as database, house_over(database, folder, *arguments, **settings) as house:
        yield house


HouseMaker = Callable[..., House]


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[HouseMaker]:
    """Makes a house with arguments of `serve` and settings: make_house("--no-worker", SLUICE_QUEUE_LIMIT="1")."""
    with ExitStack() as stack:
        count = 0

        def make(*arguments: str, **settings: str) -> House:
            nonlocal count
            count += 1
            folder = tmp_path / f"house{count}"
            folder.mkdir()
            return stack.enter_context(new_house(folder, *arguments, **settings))

        yield make


@pytest.fixture
def house(make_house: HouseMaker) -> House:
    """A house for one test."""
    return make_house()


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for the tests of one file that do not disturb each other."""
    with new_house(tmp_path_factory.mktemp("shared")) as house:
        yield house


@pytest.fixture(scope="session")
def generated() -> Callable[[str], Path]:
    """The path of a generated file, made when it is not there: generated("sales-100k")."""

    def path(name: str) -> Path:
        subprocess.run([ROOT / "scripts/fixtures.sh", name], check=True)
        return ROOT / f"Fixtures/generated/{name}.csv"

    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Shows the logs of the programs that run while a test fails."""
    report = yield
    if report.failed:
        for program in Program.living:
            report.sections.append((f"sluice {' '.join(program.arguments)}", program.tail()))
    return report
