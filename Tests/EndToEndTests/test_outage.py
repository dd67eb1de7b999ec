"""Postgres is away for a while: callers are told so at once, and afterwards all goes on without anyone's help."""

import json
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from cluster import USER, Postgres

from api import Api, check_problem
from conftest import House, house_over
from database import Database
from program import eventually
from test_openapi import concrete
from test_websocket import hear, hear_until_end, say, watching

# Without a time-out, which takes ten seconds; less is left to a busy machine.
SOON = 8.0
# What needs no database.
ALONE = {"/healthz", "/metrics", "/openapi.json", "/", "/assets/{name}", "/ws"}
PRODUCT = b"item_code,name,list_price\nA,a,1.00\n"
SETTINGS = {"fsync": "off", "max_connections": "50"}


@contextmanager
def new_postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="outage", dir=os.environ["SLUICE_TEST_FOLDER"]))
    if USER:
        shutil.chown(folder, USER, USER)
    postgres = Postgres(folder, "pg")
    try:
        postgres.make()
        postgres.start(**SETTINGS)
        yield postgres
    finally:
        if postgres.is_running():
            postgres.kill()
        shutil.rmtree(folder)


@contextmanager
def house_beside(postgres: Postgres, folder: Path) -> Iterator[House]:
    database = Database(f"postgresql://postgres@/postgres?host={postgres.socket}&port={postgres.port}")
    try:
        database.make_demo()
        with house_over(database, folder, SLUICE_LEASE_SECONDS="2") as house:
            yield house
    finally:
        database.close()


def calls(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each call that needs the database, with what it takes to get that far."""
    needs: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "/imports"): {"data": b"x", "params": {"target": "demo.sales"}},
        ("POST", "/inspect"): {"data": b"a,b\n1,2\n", "params": {"target": "demo.sales"}},
        ("PUT", "/templates/{name}"): {"json": {"quote": "'"}},
    }
    found = []
    for path, item in document["paths"].items():
        for method in {"get", "post", "put", "delete", "patch", "head"} & item.keys():
            if path in ALONE | {"/readyz"} or set(item[method]["responses"]) <= {"501", "default"}:
                continue
            found.append((method.upper(), path, needs.get((method.upper(), path), {})))
    return sorted(found, key=str)


def is_answered_soon(api: Api, method: str, path: str, **arguments: Any) -> requests.Response:
    began = time.monotonic()
    answer = api.call(method, path, **arguments)
    assert time.monotonic() - began < SOON, f"{method} {path} took its time"
    return answer


def check_all_say_so(house: House) -> None:
    api = house.api
    told = calls(api.get("/openapi.json"))
    assert len(told) > 15, told
    later = 0
    for method, path, arguments in told:
        answer = is_answered_soon(api, method, concrete(path), **arguments)
        if answer.status_code == 501:
            later += 1
            continue
        check_problem(answer, 503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert len(told) - later > 15
    for path in ("/healthz", "/metrics", "/openapi.json", "/"):
        assert is_answered_soon(api, "GET", path).status_code == 200
    ready = is_answered_soon(api, "GET", "/readyz")
    assert ready.status_code == 503 and int(ready.headers["Retry-After"]) > 0
    parts = ready.json()["parts"]
    assert not parts["database"]["ready"] and not parts["schema"]["ready"] and parts["spool"]["ready"]
    # What the file says by itself needs nobody.
    assert is_answered_soon(api, "POST", "/inspect", data=b"a,b\n1,2\n").status_code == 200


def check_a_large_upload_is_not_begun(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /imports?target=demo.sales HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert b" 503 " in connection.makefile("rb").readline()
    assert len(list((house.folder / "data/spool").iterdir())) == 1


def test_while_the_database_is_away_callers_are_told_and_then_all_goes_on(tmp_path: Path, generated: Any) -> None:
    file = generated("sales-300k")
    with new_postgres() as postgres, house_beside(postgres, tmp_path) as house, watching(house) as client:
        say(client, op="subscribe", all=True)
        under_way = house.api.submit(file)
        eventually("it is under way", lambda: house.api.object(under_way)["rows_read"] > 0, every=0.01)
        postgres.kill()

        check_all_say_so(house)
        # Nor does it take longer when nobody has asked for a while: what was idle is dead.
        check_all_say_so(house)
        check_a_large_upload_is_not_begun(house)
        eventually("the listener knows", lambda: not listens(house))
        say(client, op="subscribe", imports=[str(uuid.uuid4())])
        told = hear(client)
        while told["type"] != "error":
            told = hear(client)
        assert told["code"] == "database_unavailable", told
        assert house.server.is_running()

        postgres.start(**SETTINGS)
        eventually("it is ready again", lambda: house.api.call("GET", "/readyz").status_code == 200, seconds=60)
        new = house.api.submit(PRODUCT, target="demo.products")
        # The client has been there all the time, and has not asked again.
        heard = [message["import"]["status"] for _, message in hear_until_end(client, new)]
        assert heard[0] == "queued" and heard[-1] == "done", heard

        found = house.api.wait(under_way, seconds=240)
        assert found["rows_inserted"] == found["rows_read"] == 300_000
        database = Database(house.database.url)
        database.copy_by_script(file)
        assert database.differences("demo.sales", "demo.sales_by_script") == 0
        eventually("its staging is gone", lambda: not database.staging_tables())
        database.close()


def listens(house: House) -> bool:
    answer = house.api.call("GET", "/readyz")
    return bool(json.loads(answer.text)["parts"]["listener"]["ready"])
