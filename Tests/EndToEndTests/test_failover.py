"""The primary dies, a standby is promoted, and imports go on without anyone's help."""

import os
from pathlib import Path
from typing import Any

import pytest
from cluster import primary_and_standby

from conftest import house_over
from database import Database
from faults import PatientApi
from program import eventually

ROWS = int(os.environ.get("SLUICE_FAILOVER_ROWS", "1000000"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("status", ["parsing", "loading"])
def test_an_import_survives_the_promotion_of_a_standby(tmp_path: Path, generated: Any, status: str) -> None:
    file = generated("sales-1m" if ROWS == 1_000_000 else f"sales-{ROWS}")
    with primary_and_standby() as (primary, standby):
        hosts, ports = f"{primary.socket},{standby.socket}", f"{primary.port},{standby.port}"
        url = f"postgresql://postgres@/postgres?host={hosts}&port={ports}&target_session_attrs=read-write"
        database = Database(url)
        database.make_demo()
        try:
            with house_over(database, tmp_path, SLUICE_LEASE_SECONDS="2") as house:
                api = PatientApi(house.server.url)
                task_id = api.submit(file)
                eventually(f"it is {status}", lambda: is_in(api, task_id, status), every=0.005)
                primary.kill()
                standby.promote()

                found = api.wait(task_id, seconds=240)

                print(f"attempts: {found['attempt']}")
                assert found["rows_inserted"] == found["rows_read"] == ROWS
                database.connect()
                database.copy_by_script(file)
                assert database.differences("demo.sales", "demo.sales_by_script") == 0
                assert database.value("SELECT pg_is_in_recovery()") is False
                eventually("its staging is gone", lambda: not database.staging_tables())
        finally:
            database.close()


def is_in(api: PatientApi, task_id: str, status: str) -> bool:
    found = api.object(task_id)
    assert found["status"] != "done", "too late"
    return bool(found["status"] == status and (status != "parsing" or found["rows_read"] > ROWS / 10))
