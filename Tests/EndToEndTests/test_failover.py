"""The primary dies, a standby is promoted, and imports go on without anyone's help."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cluster import primary_and_standby

from database import Database
from faults import PatientApi
from program import BINARY, ROOT, Server, clean_environment, eventually

ROWS = int(os.environ.get("SLUICE_FAILOVER_ROWS", "1000000"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("status", ["parsing", "loading"])
def test_an_import_survives_the_promotion_of_a_standby(tmp_path: Path, generated: Any, status: str) -> None:
    file = generated("sales-1m" if ROWS == 1_000_000 else f"sales-{ROWS}")
    with primary_and_standby() as (primary, standby):
        hosts, ports = f"{primary.socket},{standby.socket}", f"{primary.port},{standby.port}"
        url = f"postgresql://postgres@/postgres?host={hosts}&port={ports}&target_session_attrs=read-write"
        settings = {
            "SLUICE_DATABASE_URL": url,
            "SLUICE_DATA_DIR": str(tmp_path / "data"),
            "SLUICE_LOG": "debug,json",
            "SLUICE_LEASE_SECONDS": "2",
        }
        database = Database(url)
        database.execute((ROOT / "Fixtures/demo-schema.sql").read_text(encoding="utf-8"))
        subprocess.run([str(BINARY), "migrate"], env=clean_environment(**settings), check=True)
        server = Server([], settings, tmp_path / "serve.log")
        try:
            server.start()
            api = PatientApi(server.url)
            task_id = api.submit(file)
            eventually(f"it is {status}", lambda: is_in(api, task_id, status), every=0.005)
            primary.kill()
            standby.promote()

            found = api.wait(task_id, seconds=240)

            print(f"attempts: {found['attempt']}")
            assert found["rows_inserted"] == found["rows_read"] == ROWS
            after = Database(url)
            after.copy_by_script(file)
            assert after.differences("demo.sales", "demo.sales_by_script") == 0
            assert after.value("SELECT pg_is_in_recovery()") is False
            eventually("its staging is gone", lambda: not after.staging_tables())
            after.close()
            server.stop()
        except BaseException:
            print(server.tail())
            raise
        finally:
            server.discard()
            database.close()


def is_in(api: PatientApi, task_id: str, status: str) -> bool:
    found = api.object(task_id)
    assert found["status"] != "done", "too late"
    return bool(found["status"] == status and (status != "parsing" or found["rows_read"] > ROWS / 10))
