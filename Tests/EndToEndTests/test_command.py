"""The command: import, migrate, demo; exit codes, and what stays behind."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from conftest import House
from database import Database, new_database
from program import BINARY, ROOT, Program, clean_environment, eventually, free_port


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end, without a terminal."""
    return subprocess.run(
        [str(BINARY), *arguments],
        env=clean_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def import_file(house: House, file: Path | str, *options: str) -> subprocess.CompletedProcess[str]:
    return run("import", str(file), "--target", "demo.sales", "--server", house.server.url, *options)


# sluice import


def test_import_prints_plain_lines_without_a_terminal(house: House, generated: Any) -> None:
    done = import_file(house, generated("sales-10k"))

    assert done.returncode == 0, done.stderr
    assert "\r" not in done.stdout + done.stderr and "\x1b" not in done.stdout + done.stderr
    assert "done" in done.stdout + done.stderr
    assert house.database.value("SELECT count(*) FROM demo.sales") == 10_000


def test_import_prints_the_final_object_as_json(house: House, generated: Any) -> None:
    done = import_file(house, generated("sales-10k"), "--json")

    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["status"] == "done" and printed["rows_inserted"] == 10_000
    # The profile goes on for a moment.
    settled = house.api.settle(printed["task_id"])
    assert {**settled, "profile": printed["profile"]} == printed


def test_import_shows_a_bar_on_a_terminal(house: House, generated: Any) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), "import", str(generated("sales-100k")), "--target", "demo.sales"]
        + ["--server", house.server.url],
        env=clean_environment(TERM="xterm-256color"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.1)
        if ready:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # Linux's word for the other end being closed
                break
    os.close(ours)
    assert process.wait(10) == 0, shown
    assert b"%" in shown and (b"\x1b[" in shown or shown.count(b"\r") > shown.count(b"\r\n")), shown


@pytest.mark.parametrize(
    ("options", "code"), [((), 0), (("--fail-on-rejects",), 3)], ids=["without", "with --fail-on-rejects"]
)
def test_rejects_count_when_asked(house: House, options: tuple[str, ...], code: int) -> None:
    done = import_file(house, ROOT / "Fixtures/sales-tiny.csv", *options)
    assert done.returncode == code, done.stderr
    assert "14" in done.stdout + done.stderr


def test_import_that_fails_ends_with_1(house: House, tmp_path: Path) -> None:
    tiny = str(ROOT / "Fixtures/sales-tiny.csv")
    nowhere = run("import", tiny, "--target", "demo.nowhere", "--server", house.server.url)
    assert nowhere.returncode == 1 and "demo.nowhere" in nowhere.stderr
    assert import_file(house, tmp_path / "no-such-file.csv").returncode == 1
    nobody = run("import", tiny, "--target", "demo.sales", "--server", f"http://127.0.0.1:{free_port()}")
    assert nobody.returncode == 1 and nobody.stderr.strip()


def test_import_says_that_it_was_imported_before(house: House, generated: Any) -> None:
    first = import_file(house, generated("sales-10k"))
    again = import_file(house, generated("sales-10k"))
    forced = import_file(house, generated("sales-10k"), "--force")

    assert first.returncode == again.returncode == forced.returncode == 0
    assert "imported before" in again.stderr and "--force" in again.stderr
    assert "imported before" not in first.stderr + forced.stderr


def test_import_writes_a_link_that_leads_somewhere(house: House) -> None:
    server = house.server.url + "/"
    done = run("import", str(ROOT / "Fixtures/sales-tiny.csv"), "--target", "demo.sales", "--server", server)
    assert done.returncode == 0, done.stderr
    link = done.stderr.split("rejected rows: ")[1].split()[0]
    assert link.startswith(house.server.url + "/imports/")
    assert requests.get(link, timeout=10).status_code == 200


class SlowServer:
    """Takes a file, and answers only when it is told to."""

    TASK = "01990000-0000-7000-8000-000000000001"

    def __init__(self, cancel_status: int = 200, replayed: bool = False) -> None:
        self.received = threading.Event()
        self.may_answer = threading.Event()
        self.cancelled: list[str] = []
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                slow.received.set()
                slow.may_answer.wait(60)
                self.reply(202, {"task_id": slow.TASK, "replayed": replayed})

            def do_GET(self) -> None:
                self.reply(503, {"detail": "not now"})

            def do_DELETE(self) -> None:
                slow.cancelled.append(self.path)
                self.reply(cancel_status, {"detail": "it has ended"})

            def reply(self, status: int, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "SlowServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self.server.shutdown()


@contextmanager
def importing(server: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [str(BINARY), "import", str(ROOT / "Fixtures/sales-tiny.csv"), "--target", "demo.sales", "--server", server],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("status", "words"), [(200, "is cancelled"), (409, "had ended")], ids=["in time", "too late"])
def test_ctrl_c_behind_the_last_byte_cancels_what_was_begun(status: int, words: str) -> None:
    with SlowServer(status) as slow, importing(slow.url) as process:
        assert slow.received.wait(30)
        process.send_signal(signal.SIGINT)
        time.sleep(1.5)  # libcurl looks at a cancellation once a second
        assert process.poll() is None, "it did not wait for the answer"
        slow.may_answer.set()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert slow.cancelled == [f"/imports/{slow.TASK}"]
        assert slow.TASK in said and words in said


def test_ctrl_c_leaves_an_import_alone_that_somebody_else_began() -> None:
    with SlowServer(replayed=True) as slow, importing(slow.url) as process:
        assert slow.received.wait(30)
        process.send_signal(signal.SIGINT)
        slow.may_answer.set()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert slow.cancelled == [] and "left alone" in said


def test_a_second_ctrl_c_ends_at_once() -> None:
    with SlowServer() as slow, importing(slow.url) as process:
        assert slow.received.wait(30)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "interrupted" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert slow.cancelled == []


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_it_says_why_the_database_cannot_be_reached(command: str, tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://someone:geheim@127.0.0.1:{port}/nowhere"
    done = run(command, SLUICE_DATABASE_URL=url, SLUICE_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert "Connection refused" in done.stderr and str(port) in done.stderr
    assert "geheim" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("import",), ("import", "file.csv"), ("nonsense",), ("serve", "--nonsense"), ("migrate", "--to", "x")],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_how(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2, done
    assert done.stderr.strip() and done.stdout == ""


def test_help_ends_with_0_and_names_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("serve", "worker", "migrate", "import", "demo"):
        assert command in done.stdout


# sluice migrate


def schema_tables(database: Database) -> list[str]:
    return [
        name for (name,) in database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'sluice' ORDER BY 1")
    ]


def test_migrate_up_down_and_only_in_words(tmp_path: Path) -> None:
    with new_database(with_demo=False) as database:
        settings = {"SLUICE_DATABASE_URL": database.url, "SLUICE_DATA_DIR": str(tmp_path)}

        planned = run("migrate", "--dry-run", **settings)
        assert planned.returncode == 0, planned.stderr
        assert planned.stdout.strip()
        assert "imports" not in schema_tables(database)

        assert run("migrate", **settings).returncode == 0
        assert {"imports", "chunks", "rejects", "schema_migrations"} <= set(schema_tables(database))
        newest = database.value("SELECT max(version) FROM sluice.schema_migrations")
        assert run("migrate", **settings).returncode == 0, "a second time has nothing to do"

        assert run("migrate", "--to", "0", **settings).returncode == 0
        assert "imports" not in schema_tables(database)
        assert run("migrate", "--to", str(newest), **settings).returncode == 0
        assert "imports" in schema_tables(database)
        assert run("migrate", "--to", "9999", **settings).returncode != 0


def test_serve_refuses_a_schema_from_the_future(house: House) -> None:
    house.database.execute(
        "INSERT INTO sluice.schema_migrations (version, name, checksum) VALUES (9999, 'future', 'x')"
    )
    done = run("serve", **(house.settings() | {"SLUICE_LISTEN": f"127.0.0.1:{free_port()}"}))
    assert done.returncode == 1, done
    assert "9999" in done.stdout + done.stderr
    house.database.execute("DELETE FROM sluice.schema_migrations WHERE version = 9999")


def test_a_migration_that_was_changed_is_refused(house: House) -> None:
    checksum = house.database.value("SELECT checksum FROM sluice.schema_migrations WHERE version = 1")
    house.database.execute("UPDATE sluice.schema_migrations SET checksum = 'other' WHERE version = 1")
    assert run("migrate", **house.settings()).returncode == 1
    house.database.connection.execute(
        b"UPDATE sluice.schema_migrations SET checksum = %s WHERE version = 1", [checksum]
    )


# sluice demo


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A data folder that the user postgres can get to, as whom the embedded cluster runs when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=os.environ.get("SLUICE_TEST_FOLDER")))
    folder.chmod(0o755)
    yield folder / "data"
    for file in folder.rglob("postmaster.pid"):
        # Only after a test that failed: SIGQUIT is Postgres's immediate shutdown.
        os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
    shutil.rmtree(folder)


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and int(process.name) != os.getpid():
            found.append(line)
    return found


@contextmanager
def new_demo(data: Path, log: Path, folder: Path | None = None) -> Iterator[tuple[Program, str]]:
    """The demo on a port of its own, not started yet, and its address."""
    port = free_port()
    environment = {"SLUICE_DATA_DIR": str(data), "SLUICE_LISTEN": f"127.0.0.1:{port}"}
    demo = Program(["demo"], environment, log, folder)
    try:
        yield demo, f"http://127.0.0.1:{port}"
    finally:
        demo.discard()


def has_imported(demo: Program, url: str) -> bool:
    assert demo.is_running(), demo.tail()
    try:
        answer = requests.get(f"{url}/imports", params={"status": "done"}, timeout=5)
    except requests.ConnectionError:
        return False
    return answer.status_code == 200 and bool(answer.json()["items"])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_demo_serves_the_fixture_and_leaves_no_process(
    ending: signal.Signals, data_folder: Path, tmp_path: Path
) -> None:
    with new_demo(data_folder, tmp_path / "demo.log") as (demo, url):
        for _ in range(2):  # a second start finds what the first one left
            demo.start()
            eventually("the demo has imported its fixture", lambda: has_imported(demo, url), seconds=60)
            eventually("it prints the dashboard's address", lambda: url in demo.tail(), seconds=10)
            demo.stop(ending, codes=(0, 130) if ending == signal.SIGINT else (0,))
            assert processes_of(data_folder) == []


def test_a_demo_of_an_older_version_goes_up_by_itself(data_folder: Path, tmp_path: Path) -> None:
    with new_demo(data_folder, tmp_path / "demo.log") as (demo, url):
        demo.start()
        eventually("the demo has imported its fixture", lambda: has_imported(demo, url), seconds=60)
        # The fifth line of this file is where the socket lies.
        socket = next(data_folder.rglob("postmaster.pid")).read_text().split("\n")[4]
        older = f"host={socket} port=5432 user=postgres dbname=postgres"
        down = run("migrate", "--to", "2", SLUICE_DATABASE_URL=older)
        assert down.returncode == 0 and "went down: 3" in down.stdout, down.stderr
        demo.stop()
        demo.start()
        eventually("the demo serves again", lambda: has_imported(demo, url), seconds=60)
        assert run("migrate", SLUICE_DATABASE_URL=older).stdout == "nothing to do\n"
        demo.stop()


def test_demo_in_a_folder_that_the_user_of_postgres_cannot_enter(data_folder: Path, tmp_path: Path) -> None:
    closed = data_folder.parent
    closed.chmod(0o700)
    # Named from within: from a working folder that is open already one comes further than from the root.
    with new_demo(Path(data_folder.name), tmp_path / "demo.log", closed) as (demo, url):
        demo.start()
        eventually("the demo has imported its fixture", lambda: has_imported(demo, url), seconds=60)
        cluster = (data_folder / "cluster/postgres").resolve(strict=True)
        assert (closed in cluster.parents) == (os.geteuid() != 0)
        demo.stop()
        assert processes_of(cluster) == []
        shutil.rmtree(cluster)


def test_a_killed_demo_starts_again(data_folder: Path, tmp_path: Path) -> None:
    with new_demo(data_folder, tmp_path / "demo.log") as (demo, url):
        for end in (demo.kill, demo.stop):
            demo.start()
            eventually("the demo has imported its fixture", lambda: has_imported(demo, url), seconds=60)
            end()
        assert processes_of(data_folder) == []


def test_a_cluster_that_was_cut_off_with_us_starts_again(data_folder: Path, tmp_path: Path) -> None:
    with new_demo(data_folder, tmp_path / "demo.log") as (demo, url):
        demo.start()
        eventually("the demo has imported its fixture", lambda: has_imported(demo, url), seconds=60)
        postmaster = next(data_folder.rglob("postmaster.pid"))
        server = int(postmaster.read_text().split()[0])
        os.kill(server, 9)
        demo.kill()
        # The number in the file that is left may be somebody else's by now.
        text = postmaster.read_text().split("\n")
        postmaster.write_text("\n".join([str(os.getpid()), *text[1:]]))
        eventually("all of Postgres is gone", lambda: processes_of(data_folder) == [])
        demo.start()
        eventually("the demo serves again", lambda: has_imported(demo, url), seconds=60)
        demo.stop()
