"""openapi.json, the code and the answers say the same."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from websockets.sync.client import connect

from api import TERMINAL, check_problem
from conftest import House, HouseMaker
from program import ROOT, eventually

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch", "head")

# Contract, section 2: the table of calls. A path's parameters may have any name.
CONTRACT = """
POST /imports
GET /imports
GET /imports/{}
GET /imports/{}/status
GET /imports/{}/errors
GET /imports/{}/diff
GET /imports/{}/events
POST /imports/{}/commit
POST /imports/{}/retry
POST /imports/{}/undo
DELETE /imports/{}
GET /targets
GET /targets/{}
POST /inspect
GET /templates
GET /templates/{}
PUT /templates/{}
DELETE /templates/{}
GET /stats
POST /uploads
HEAD /uploads/{}
PATCH /uploads/{}
DELETE /uploads/{}
GET /ws
GET /healthz
GET /readyz
GET /metrics
GET /openapi.json
GET /
""".split("\n")[1:-1]

NOBODY = "00000000-0000-7000-8000-000000000000"

# A handshake that is in order.
SHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}

GOOD = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n1,A,1,2024-01-01,1,1.00\n"
BAD = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n2,A,2,2024-02-30,x,1.00\n3,B,3\n"


def anonymous(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def routes_of_the_code() -> set[str]:
    """`GET /imports/{}` and so on, as the sources of the service add them to the router."""
    found: set[str] = set()
    for folder in ("API", "Dashboard"):
        for file in (ROOT / "Sources/Service" / folder).rglob("*.swift"):
            text = file.read_text(encoding="utf-8")
            for method, path in re.findall(r'\.(get|post|put|patch|delete|head),\s*"(/[^"]*)"', text):
                found.add(f"{method.upper()} {anonymous(path)}")
            for path in re.findall(r'\.webSocket\(\s*"(/[^"]*)"', text):
                found.add(f"GET {anonymous(path)}")
    return found


def concrete(path: str) -> str:
    """A path with its parameters filled in."""
    examples = {"/targets/{name}": "/targets/demo.sales", "/assets/{name}": "/assets/main.js"}
    return examples.get(path) or path.replace("{id}", NOBODY).replace("{name}", "any")


class Checker:
    """Holds answers against the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:openapi", resource)

    def resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            found: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def check_value(self, schema: dict[str, Any], value: Any) -> None:
        pointed = json.loads(json.dumps(schema).replace('"#/', '"urn:openapi#/'))
        validator = Draft202012Validator(pointed, registry=self.registry, format_checker=FormatChecker())
        faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(value)]
        assert faults == []

    def check(self, method: str, path: str, answer: requests.Response) -> Any:
        """The answer is one that the document describes for this call; returns its JSON."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        described = self.resolve(responses.get(str(answer.status_code), responses["default"]))
        for name in described.get("headers", {}):
            if name not in ("Content-Disposition", "Retry-After"):
                assert name in answer.headers, f"{method} {path} {answer.status_code}: no {name}"
        if not described.get("content"):
            assert answer.content == b""
            return None
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in described["content"], f"{method} {path} {answer.status_code}: {kind}"
        if not kind.endswith("json"):
            return None
        value = answer.json()
        self.check_value(described["content"][kind]["schema"], value)
        return value


@pytest.fixture(scope="module")
def document() -> Document:
    return json.loads((ROOT / "Sources/Service/API/openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checker(document: Document) -> Checker:
    return Checker(document)


def test_the_document_is_valid(document: Document) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_nothing_in_it_points_nowhere_or_is_left_over(document: Document, checker: Checker) -> None:
    text = json.dumps(document)
    used = set(re.findall(r'"#/components/(\w+)/([^"]+)"', text))
    there = {(kind, name) for kind, parts in document["components"].items() for name in parts}
    assert used <= there
    told_in_words = {("schemas", "WebSocketRequest"), ("schemas", "WebSocketMessage")}
    assert there - used == told_in_words


def test_the_server_serves_it(shared_house: House, document: Document) -> None:
    answer = shared_house.api.call("GET", "/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == document


def test_every_call_of_the_contract_is_in_it(document: Document) -> None:
    documented = {f"{method} {anonymous(path)}" for method, path, _ in operations(document)}
    assert set(CONTRACT) - documented == set()


def test_it_has_every_route_of_the_code_and_no_other(document: Document) -> None:
    documented = {f"{method} {anonymous(path)}" for method, path, _ in operations(document)}
    assert documented == routes_of_the_code()


def test_the_server_allows_the_methods_that_it_names(shared_house: House, document: Document) -> None:
    for path, item in document["paths"].items():
        documented = {method.upper() for method in METHODS if method in item} | {"OPTIONS"}
        documented |= {"HEAD"} if "GET" in documented else set()
        answer = shared_house.api.call("OPTIONS", concrete(path))
        assert answer.status_code == 204, path
        assert set(answer.headers["Allow"].split(", ")) == documented, path


def test_later_calls_say_that_they_come_later(shared_house: House, document: Document, checker: Checker) -> None:
    later = [(method, path) for method, path, operation in operations(document) if operation["tags"] == ["later"]]
    assert later
    for method, path in later:
        answer = shared_house.api.call(method, concrete(path))
        assert answer.status_code == 501, (method, path)
        if method != "HEAD":
            checker.check(method, path, answer)
            check_problem(answer, 501, "not_implemented")


def test_it_names_every_option_of_the_code(shared_house: House, document: Document) -> None:
    problem = check_problem(shared_house.api.send(GOOD, nonsense="1"), 422, "bad_option")
    known = set(problem["hint"].removeprefix("known options: ").split(", "))
    operation = document["paths"]["/imports"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    in_query = {
        reference["$ref"].split("/option_")[1]
        for reference in operation["parameters"]
        if "/option_" in reference["$ref"]
    }
    assert set(form) - {"file"} == in_query
    assert in_query < known
    for name in known - in_query:
        assert f"`{name}`" in operation["description"], name
        check_problem(shared_house.api.send(GOOD, **{name: "1"}), 422, "bad_option")


def test_the_defaults_that_it_names_are_taken(shared_house: House, document: Document) -> None:
    form = document["paths"]["/imports"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    named = {name: schema["default"] for name, schema in form["properties"].items() if "default" in schema}
    options = {name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items()}
    plain = shared_house.api.send(GOOD).json()
    explicit = shared_house.api.send(GOOD, **options)
    # One request by content, target and options: then the defaults are what is said of them.
    assert explicit.status_code == 200, explicit.text
    assert explicit.json()["task_id"] == plain["task_id"]


def test_imports_are_as_it_says(house: House, checker: Checker) -> None:
    def call(method: str, path: str, *, id: str = "", **arguments: Any) -> Any:
        answer = house.api.call(method, path.replace("{id}", id), **arguments)
        return checker.check(method, path, answer)

    form = {"files": {"file": ("a.csv", BAD)}, "data": {"target": "demo.sales"}}
    task_id = call("POST", "/imports", **form)["task_id"]
    assert call("GET", "/imports/{id}", id=task_id)["task_id"] == task_id
    house.api.wait(task_id)
    assert call("POST", "/imports", **form)["replayed"] is True

    done = call("GET", "/imports/{id}", id=task_id)
    assert done["rows_bad"] == 2
    assert call("GET", "/imports/{id}/status", id=task_id) == done
    rejects = call("GET", "/imports/{id}/errors", id=task_id, params={"format": "json"})
    assert {reject["row"] for reject in rejects["items"]} == {1, 2}
    for format in ("csv", "source"):
        call("GET", "/imports/{id}/errors", id=task_id, params={"format": format, "neutralise": "false"})

    strict = {"files": {"file": ("b.csv", BAD)}, "data": {"target": "demo.sales", "on_error": "abort"}}
    failed = call("POST", "/imports", **strict)["task_id"]
    house.api.wait(failed, "failed")
    assert call("GET", "/imports/{id}", id=failed)["error"]["code"] == "too_many_rejects"

    raw = house.api.call(
        "POST", "/imports", data=GOOD, params={"target": "demo.sales"}, headers={"Content-Type": "text/csv"}
    )
    house.api.wait(checker.check("POST", "/imports", raw)["task_id"])

    first = call("GET", "/imports", params={"limit": 1})
    assert first["next"] is not None
    rest = call("GET", "/imports", params={"cursor": first["next"]})
    assert rest["next"] is None and len(rest["items"]) == 2
    assert len(call("GET", "/stats")["by_target"]) == 1


def test_dry_runs_are_as_it_says(house: House, checker: Checker) -> None:
    def call(method: str, path: str, **arguments: Any) -> Any:
        answer = house.api.call(method, path.replace("{id}", task_id), **arguments)
        return answer.status_code, checker.check(method, path, answer)

    house.api.load(GOOD)
    changed = GOOD.replace(b"2024-01-01,1", b"2024-01-01,2") + b"9,B,1,2024-01-01,1,1.00\n"
    form = {"files": {"file": ("a.csv", changed)}, "data": {"target": "demo.sales", "dry_run": "true"}}
    task_id = checker.check("POST", "/imports", house.api.call("POST", "/imports", **form))["task_id"]
    house.api.wait(task_id)
    assert call("GET", "/imports/{id}")[1]["dry_run"] is True
    status, diff = call("GET", "/imports/{id}/diff", params={"limit": 1})
    assert status == 200 and diff["counts"]["updated"] == 1 and len(diff["samples"]["inserted"]) == 1
    house.database.execute("DELETE FROM demo.sales")
    assert call("POST", "/imports/{id}/commit")[0] == 202
    house.api.wait(task_id)
    assert call("POST", "/imports/{id}/commit")[0] == 200
    assert "target_changed" in [warning["code"] for warning in call("GET", "/imports/{id}")[1]["warnings"]]


def test_an_undo_is_as_it_says(house: House, checker: Checker) -> None:
    def call(method: str, **arguments: Any) -> tuple[int, Any]:
        answer = house.api.call(method, f"/imports/{task_id}/undo", **arguments)
        return answer.status_code, checker.check(method, "/imports/{id}/undo", answer)

    task_id = house.api.load(GOOD)["task_id"]
    house.database.execute("UPDATE demo.sales SET quantity = 5")
    assert call("GET")[1]["items"] == []
    assert call("POST")[0] == 202
    eventually("it is undone", lambda: house.api.object(task_id)["status"] == "undone")
    assert call("POST")[0] == 200
    assert [item["reason"] for item in call("GET", params={"limit": 1})[1]["items"]] == ["changed"]
    checker.check("GET", "/imports/{id}", house.api.call("GET", f"/imports/{task_id}"))
    task_id = house.api.submit(BAD, on_error="abort")
    house.api.wait(task_id, "failed")
    assert call("POST")[0] == 409


def test_inspections_are_as_it_says(shared_house: House, checker: Checker) -> None:
    bodies: list[dict[str, Any]] = [
        {"data": BAD, "params": {"target": "demo.sales", "partial": "true"}},
        {"data": BAD, "headers": {"Content-Type": "text/csv"}},
        {"files": {"file": ("a.csv", "a;b;a\n1,5;03/04/2024;\n".encode("utf-16"))}},
        {"data": b'{"a": {"b": 1}}\n'},
    ]
    for body in bodies:
        answer = shared_house.api.call("POST", "/inspect", **body)
        assert answer.status_code == 200, answer.text
        checker.check("POST", "/inspect", answer)


def test_templates_are_as_it_says(house: House, checker: Checker) -> None:
    def call(method: str, path: str, *, name: str = "", **arguments: Any) -> Any:
        answer = house.api.call(method, path.replace("{name}", name), **arguments)
        return answer.status_code, checker.check(method, path, answer)

    options = {"target": "demo.sales", "null": ["-"], "max_reject_ratio": 0.5, "mapping": {"Ort": None}}
    checker.check_value(checker.document["components"]["schemas"]["TemplateOptions"], options)
    status, made = call("PUT", "/templates/{name}", name="one", json=options)
    assert (status, made["options"]) == (201, options)
    assert call("PUT", "/templates/{name}", name="two", json={})[0] == 201
    assert call("PUT", "/templates/{name}", name="two", json={"quote": "'"})[0] == 200
    assert call("GET", "/templates/{name}", name="one") == (200, made)
    assert call("GET", "/templates", params={"limit": 1}) == (200, {"items": [made], "next": "one"})
    rest = call("GET", "/templates", params={"cursor": "one"})[1]
    assert [item["name"] for item in rest["items"]] == ["two"] and rest["next"] is None
    assert call("DELETE", "/templates/{name}", name="two") == (204, None)


def test_a_cancelled_import_is_as_it_says(make_house: HouseMaker, checker: Checker) -> None:
    house = make_house("--no-worker", SLUICE_QUEUE_LIMIT="1")
    task_id = house.api.submit(GOOD)
    full = house.api.send(BAD)
    assert full.status_code == 429 and int(full.headers["Retry-After"]) >= 1
    checker.check("POST", "/imports", full)
    answer = house.api.call("DELETE", f"/imports/{task_id}")
    assert checker.check("DELETE", "/imports/{id}", answer)["status"] == "cancelled"
    checker.check("GET", "/stats", house.api.call("GET", "/stats"))


@pytest.mark.parametrize("path", ["/targets", "/stats", "/healthz", "/readyz", "/metrics", "/openapi.json", "/"])
def test_an_answer_is_as_it_says(shared_house: House, checker: Checker, path: str) -> None:
    answer = shared_house.api.call("GET", path)
    assert answer.status_code == 200
    checker.check("GET", path, answer)


def test_each_target_is_as_it_says(shared_house: House, checker: Checker) -> None:
    targets = shared_house.api.get("/targets")["items"]
    assert "demo.sales" in {target["target"] for target in targets}
    for target in targets:
        answer = shared_house.api.call("GET", f"/targets/{target['target']}")
        details = checker.check("GET", "/targets/{name}", answer)
        assert details["columns"] == target["columns"]


@pytest.mark.parametrize(
    ("method", "path", "asked", "arguments", "status"),
    [
        ("GET", "/imports", "/imports?limit=0", {}, 400),
        ("GET", "/imports", "/imports?status=nonsense", {}, 400),
        ("GET", "/imports", "/imports?nonsense=1", {}, 400),
        ("GET", "/imports/{id}", f"/imports/{NOBODY}", {}, 404),
        ("GET", "/imports/{id}/status", "/imports/nonsense/status", {}, 404),
        ("GET", "/imports/{id}/errors", f"/imports/{NOBODY}/errors", {}, 404),
        ("GET", "/imports/{id}/errors", f"/imports/{NOBODY}/errors?format=nonsense", {}, 400),
        ("GET", "/imports/{id}/errors", f"/imports/{NOBODY}/errors?neutralise=nonsense", {}, 400),
        ("GET", "/imports/{id}/diff", f"/imports/{NOBODY}/diff", {}, 404),
        ("GET", "/imports/{id}/diff", f"/imports/{NOBODY}/diff?limit=201", {}, 400),
        ("POST", "/imports/{id}/commit", f"/imports/{NOBODY}/commit", {}, 404),
        ("POST", "/imports/{id}/commit", f"/imports/{NOBODY}/commit", {"headers": {"Origin": "https://a.org"}}, 403),
        ("GET", "/templates", "/templates?limit=0", {}, 400),
        ("GET", "/templates", "/templates?cursor=*", {}, 400),
        ("GET", "/templates", "/templates?nonsense=1", {}, 400),
        ("GET", "/templates/{name}", "/templates/nobody", {}, 404),
        ("DELETE", "/templates/{name}", "/templates/nobody", {}, 404),
        ("DELETE", "/templates/{name}", "/templates/a", {"headers": {"Origin": "https://example.org"}}, 403),
        ("PUT", "/templates/{name}", "/templates/a", {"json": {}, "headers": {"Origin": "https://example.org"}}, 403),
        ("PUT", "/templates/{name}", "/templates/a*b", {"json": {}}, 400),
        ("PUT", "/templates/{name}", "/templates/a", {"data": b"[]"}, 400),
        ("PUT", "/templates/{name}", "/templates/a", {"data": b" " * 65_537}, 413),
        ("PUT", "/templates/{name}", "/templates/a", {"json": {"nonsense": 1}}, 422),
        ("DELETE", "/imports/{id}", f"/imports/{NOBODY}", {}, 404),
        ("POST", "/imports/{id}/undo", f"/imports/{NOBODY}/undo", {}, 404),
        ("POST", "/imports/{id}/undo", f"/imports/{NOBODY}/undo", {"headers": {"Origin": "https://example.org"}}, 403),
        ("GET", "/imports/{id}/undo", f"/imports/{NOBODY}/undo", {}, 404),
        ("GET", "/imports/{id}/undo", f"/imports/{NOBODY}/undo?limit=0", {}, 400),
        ("DELETE", "/imports/{id}", f"/imports/{NOBODY}", {"headers": {"Origin": "https://example.org"}}, 403),
        ("POST", "/imports", "/imports", {"files": {"file": GOOD}, "headers": {"Origin": "https://example.org"}}, 403),
        ("GET", "/ws", "/ws", {"headers": SHAKE | {"Origin": "https://example.org"}}, 403),
        ("GET", "/targets/{name}", "/targets/demo.nonsense", {}, 404),
        ("GET", "/assets/{name}", "/assets/nonsense", {}, 404),
        ("GET", "/ws", "/ws", {}, 426),
        ("POST", "/imports", "/imports", {"data": GOOD, "headers": {"Content-Type": "text/csv"}}, 422),
        ("POST", "/imports", "/imports", {"data": GOOD, "headers": {"Content-Type": "image/png"}}, 415),
        ("POST", "/imports", "/imports", {"json": {"url": "https://example.org/"}}, 501),
        ("POST", "/imports", "/imports", {"files": {"file": GOOD}, "data": {"target": "demo.nonsense"}}, 422),
        ("POST", "/imports", "/imports", {"files": {"other": (None, "x")}}, 422),
        ("POST", "/imports", "/imports", {"files": {"target": (None, "demo.sales")}}, 400),
        ("POST", "/inspect", "/inspect", {"files": {"partial": (None, "true")}}, 400),
        ("POST", "/inspect", "/inspect", {"files": {"file": GOOD}, "headers": {"Origin": "https://example.org"}}, 403),
        ("POST", "/inspect", "/inspect", {"data": b"a" * ((1 << 20) + 1)}, 413),
        ("POST", "/inspect", "/inspect", {"data": b"\x00\x01\x02"}, 415),
        ("POST", "/inspect", "/inspect?target=demo.nonsense", {"data": GOOD}, 422),
        ("POST", "/inspect", "/inspect?partial=perhaps", {"data": GOOD}, 422),
        ("POST", "/inspect", "/inspect", {"json": {"upload_id": "x"}}, 501),
    ],
)
def test_a_problem_is_as_it_says(
    shared_house: House, checker: Checker, method: str, path: str, asked: str, arguments: dict[str, Any], status: int
) -> None:
    answer = shared_house.api.call(method, asked, **arguments)
    assert answer.status_code == status, answer.text
    documented = checker.document["paths"][path][method.lower()]["responses"]
    assert str(status) in documented, f"{method} {path} may answer {status}, and that is not written down"
    checker.check(method, path, answer)
    check_problem(answer, status)


def test_a_finished_import_cannot_be_cancelled(shared_house: House, checker: Checker) -> None:
    task_id = shared_house.api.load(GOOD, force="true")["task_id"]
    answer = shared_house.api.call("DELETE", f"/imports/{task_id}")
    checker.check("DELETE", "/imports/{id}", answer)
    check_problem(answer, 409, "already_finished")


def test_an_import_that_is_no_dry_run_has_no_diff(shared_house: House, checker: Checker) -> None:
    task_id = shared_house.api.load(GOOD, force="true")["task_id"]
    for method, name in (("GET", "diff"), ("POST", "commit")):
        answer = shared_house.api.call(method, f"/imports/{task_id}/{name}")
        checker.check(method, f"/imports/{{id}}/{name}", answer)
        check_problem(answer, 409, "not_a_dry_run")


def test_messages_of_the_websocket_are_as_it_says(house: House, checker: Checker) -> None:
    schemas = checker.document["components"]["schemas"]
    requests_: list[dict[str, Any]] = [
        {"op": "subscribe", "imports": [NOBODY]},
        {"op": "subscribe", "all": True, "since": {"epoch": "another", "seq": 0}},
        {"op": "unsubscribe", "imports": [NOBODY]},
    ]
    seen: set[str] = set()
    with connect(house.server.url.replace("http://", "ws://") + "/ws", proxy=None) as socket:
        for request in requests_:
            checker.check_value(schemas["WebSocketRequest"], request)
            socket.send(json.dumps(request))
        task_id = house.api.submit(GOOD)
        socket.send(json.dumps({"op": "subscribe", "imports": [task_id]}))
        status = ""
        while status not in TERMINAL or "snapshot" not in seen:
            message = json.loads(socket.recv(timeout=30))
            checker.check_value(schemas["WebSocketMessage"], message)
            seen.add(message["type"])
            status = message["import"]["status"] if "import" in message else status
    assert seen == {"snapshot", "progress", "error"}
