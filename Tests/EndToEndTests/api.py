"""A caller of the HTTP API who knows nothing but the contract."""

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import requests

TERMINAL = ("done", "failed", "cancelled", "undone")
STATES = ["queued", "parsing", "validated", "loading", "finalizing", "done"]

Object = dict[str, Any]


class Api:
    """Calls to one server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=60, **arguments)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that has to succeed."""
        answer = self.call("GET", path, params=query)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def send(
        self, file: Path | bytes, target: str = "demo.sales", name: str = "", **options: str
    ) -> requests.Response:
        """POST /imports as multipart, whatever the answer."""
        content = file if isinstance(file, bytes) else file.read_bytes()
        label = name or (file.name if isinstance(file, Path) else "rows.csv")
        return self.call(
            "POST", "/imports", files={"file": (label, content, "text/csv")}, data={"target": target, **options}
        )

    def submit(self, file: Path | bytes, target: str = "demo.sales", **options: str) -> str:
        """POST /imports of something new; the task id."""
        answer = self.send(file, target, **options)
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        return str(answer.json()["task_id"])

    def object(self, task_id: str) -> Object:
        return self.get(f"/imports/{task_id}")

    def wait(self, task_id: str, status: str = "done", seconds: float = 120) -> Object:
        """Waits for the import's end, which has to be the one named, with its rows conserved."""
        end = time.monotonic() + seconds
        while True:
            found = self.object(task_id)
            if found["status"] in TERMINAL:
                break
            assert time.monotonic() < end, f"not at its end within {seconds} s: {found}"
            time.sleep(0.05)
        assert found["status"] == status, found
        if status == "done":
            check_conserved(found)
        return found

    def settle(self, task_id: str, seconds: float = 60) -> Object:
        """Waits for all that is ever told of an import that is done."""
        end = time.monotonic() + seconds
        while not is_settled(found := self.wait(task_id)):
            assert time.monotonic() < end, f"not settled within {seconds} s: {found}"
            time.sleep(0.05)
        return found

    def load(self, file: Path | bytes, target: str = "demo.sales", **options: str) -> Object:
        """Submits, and waits for done."""
        return self.wait(self.submit(file, target, **options))

    def error_report(self, task_id: str) -> list[dict[str, str]]:
        """The rejects, out of the CSV report."""
        answer = self.call("GET", f"/imports/{task_id}/errors")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/csv"), answer.headers
        text = answer.content.decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        assert reader.fieldnames == ["row", "line", "column", "code", "message", "value", "raw"]
        return list(reader)


def check_conserved(found: Object) -> None:
    """Contract, section 2: conservation."""
    outcome = sum(
        found[f"rows_{part}"] for part in ("bad", "skipped", "inserted", "updated", "unchanged")
    )
    assert found["rows_read"] == outcome, found


def check_problem(answer: requests.Response, status: int, code: str | None = None) -> Object:
    """RFC 9457 with the contract's fields, and nothing of the inside."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json", answer.headers
    problem = answer.json()
    assert problem["status"] == status
    for field in ("type", "title", "detail", "code"):
        assert isinstance(problem[field], str) and problem[field], problem
    if code is not None:
        assert problem["code"] == code, problem
    inside = re.search(r"\b(SELECT|INSERT|UPDATE|FROM sluice)\b|\.swift|/tmp/|/home/|/root/", answer.text)
    assert inside is None, f"shows the inside: {answer.text}"
    return problem


def is_settled(done: Object) -> bool:
    """Whether the profile is complete: it comes a moment after the commit."""
    return any(step["name"] == "statistics" for step in done["profile"]["steps"])
