"""A worker by itself: what it answers where an address is named, and that it answers nothing else."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from api import Api, check_problem
from conftest import House, HouseMaker
from program import Program, eventually, free_port

ROWS = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n1,A,1,2024-01-01,1,1.00\n"


@contextmanager
def working(house: House, *arguments: str, **settings: str) -> Iterator[Program]:
    worker = Program(["worker", *arguments], house.settings() | settings, house.folder / "worker.log")
    try:
        worker.start()
        eventually("it works", lambda: '"message":"working"' in worker.tail())
        yield worker
        worker.stop()
    finally:
        worker.discard()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def listening_sockets() -> set[str]:
    """The inodes of all TCP sockets of this machine that listen."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:] + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    return {fields[9] for fields in map(str.split, lines) if fields[3] == "0A"}


def sockets_of(pid: int) -> set[str]:
    """The inodes of the sockets that a process has open."""
    links = (os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir())
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:[")}


def test_a_worker_shows_its_metrics_where_an_address_is_named(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    port = free_port()
    with working(house, "--listen", f"127.0.0.1:{port}"):
        probe = Api(f"http://127.0.0.1:{port}")
        eventually("it answers", lambda: answers(probe.url))
        assert probe.get("/healthz")["status"] == "ok"

        house.api.load(ROWS)
        answer = probe.call("GET", "/metrics")
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
        checked = subprocess.run(["promtool", "check", "metrics"], input=answer.content, check=False)
        assert checked.returncode == 0
        assert re.search(r'^sluice_imports_total{[^}]*status="done"[^}]*} 1(\.0)?$', answer.text, re.M)
        assert "# TYPE sluice_imports_running gauge" in answer.text
        assert "sluice_build_info" in answer.text and "process_open_fds" in answer.text

        for path in ("/", "/imports", "/targets", "/readyz", "/openapi.json", "/ws"):
            check_problem(probe.call("GET", path), 404, "not_found")
        check_problem(probe.call("POST", "/imports"), 404, "not_found")
        check_problem(probe.call("GET", "/metrics", headers={"Host": "elsewhere.example"}), 403, "forbidden")


def test_a_worker_listens_by_the_variable_too(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    port = free_port()
    with working(house, SLUICE_LISTEN=f"127.0.0.1:{port}"):
        eventually("it answers", lambda: answers(f"http://127.0.0.1:{port}"))


def test_a_worker_without_an_address_listens_nowhere(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    with working(house) as worker:
        assert listening_sockets() & sockets_of(worker.pid) == set()
        records = [json.loads(line) for line in worker.tail().splitlines() if line.startswith("{")]
        assert "listening" not in {record["message"] for record in records}
        house.api.load(ROWS)


def test_a_worker_says_that_strangers_may_read_its_metrics(make_house: HouseMaker) -> None:
    house = make_house("--no-worker")
    port = free_port()
    with working(house, "--listen", f"0.0.0.0:{port}") as worker:
        eventually("it answers", lambda: answers(f"http://127.0.0.1:{port}"))
        assert "may read the metrics" in worker.tail()
