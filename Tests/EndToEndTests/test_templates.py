"""Saved options of imports."""

import json
from typing import Any

import pytest

from api import check_problem
from conftest import House

HEADER = "Nummer;Artikel;Filiale;Datum;Menge;Preis;Bemerkung"
OPTIONS: dict[str, Any] = {
    "target": "demo.sales",
    "delimiter": ";",
    "duplicates": "first",
    "null": ["-", "n/a"],
    "key": ["serial_number"],
    "max_rejects": 5,
    "mapping": {
        "Nummer": "serial_number",
        "Artikel": "item_code",
        "Filiale": "store_id",
        "Datum": "sale_date",
        "Menge": "quantity",
        "Preis": "unit_price",
        "Bemerkung": None,
    },
}


def save(house: House, name: str, options: Any, status: int = 201) -> Any:
    answer = house.api.call("PUT", f"/templates/{name}", json=options)
    assert answer.status_code == status, answer.text
    return answer.json()


def german(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def send(house: House, file: bytes, **options: str) -> Any:
    return house.api.call("POST", "/imports", files={"file": ("a.csv", file, "text/csv")}, data=options)


def test_a_template_is_kept_replaced_listed_and_removed(house: House) -> None:
    made = save(house, "sales-DE_1.csv", OPTIONS)
    assert made["name"] == "sales-DE_1.csv" and made["options"] == OPTIONS
    assert house.api.get("/templates/sales-DE_1.csv") == made

    replaced = save(house, "sales-DE_1.csv", {"target": "demo.sales"}, 200)
    assert replaced["options"] == {"target": "demo.sales"}
    assert replaced["created_at"] == made["created_at"] and replaced["updated_at"] > made["updated_at"]

    for name in ("b", "B", "a"):
        save(house, name, {})
    first = house.api.get("/templates", limit=3)
    rest = house.api.get("/templates", limit=3, cursor=first["next"])
    assert [item["name"] for item in first["items"] + rest["items"]] == ["B", "a", "b", "sales-DE_1.csv"]
    assert rest["next"] is None

    assert house.api.call("DELETE", "/templates/b").status_code == 204
    check_problem(house.api.call("GET", "/templates/b"), 404, "not_found")
    check_problem(house.api.call("DELETE", "/templates/b"), 404, "not_found")


def test_an_import_takes_the_options_of_its_template(house: House) -> None:
    save(house, "german", OPTIONS)
    file = german("1;A;1;2024-01-01;1;1.00;x", "1;B;1;2024-01-01;1;1.00;x", "2;C;1;2024-01-01;-;1.00;x")

    answer = send(house, file, template="german")

    assert answer.status_code == 202, answer.text
    found = house.api.wait(answer.json()["task_id"])
    assert (found["rows_inserted"], found["rows_skipped"], found["rows_bad"]) == (1, 1, 1)
    assert found["source"]["dialect"]["delimiter"] == ";"
    assert house.database.rows("SELECT serial_number, item_code FROM demo.sales") == [(1, "A")]
    # All the same by query, and by all options in their own names: one import.
    by_query = house.api.call(
        "POST", "/imports", data=file, params={"template": "german"}, headers={"Content-Type": "text/csv"}
    )
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in OPTIONS.items()}
    for again in (by_query, send(house, file, **given)):
        assert again.status_code == 200 and again.json()["task_id"] == answer.json()["task_id"], again.text


@pytest.mark.parametrize("template_comes_first", [True, False])
def test_what_the_request_gives_wins(house: House, template_comes_first: bool) -> None:
    save(house, "german", OPTIONS | {"target": "demo.nowhere", "max_rejects": 0})
    named = [("template", "german")]
    given = [("target", "demo.sales"), ("duplicates", "last"), ("null", "?"), ("max_rejects", "2")]
    fields = named + given if template_comes_first else given + named
    file = german("1;A;1;2024-01-01;1;1.00;x", "1;B;1;2024-01-01;1;1.00;x", "2;C;1;2024-01-01;-;1.00;x")
    parts = [(name, (None, value)) for name, value in fields] + [("file", ("a.csv", file, "text/csv"))]

    answer = house.api.call("POST", "/imports", files=parts)

    assert answer.status_code == 202, answer.text
    found = house.api.wait(answer.json()["task_id"])
    assert (found["rows_inserted"], found["rows_skipped"], found["rows_bad"]) == (1, 1, 1)
    # `-` is no NULL any more.
    assert house.api.error_report(found["task_id"])[0]["code"] == "type"
    assert house.database.rows("SELECT item_code FROM demo.sales") == [("B",)]


def test_another_template_of_the_same_name_makes_another_request(house: House) -> None:
    file = german("1;A;1;2024-01-01;1;1.00;x")
    save(house, "t", OPTIONS)
    first = send(house, file, template="t").json()["task_id"]
    house.api.wait(first)
    save(house, "t", OPTIONS | {"duplicates": "last"}, 200)
    second = send(house, file, template="t")
    assert second.status_code == 202 and second.json()["task_id"] != first


def test_a_template_that_is_not_there_is_named(house: House) -> None:
    for answer in (send(house, german(), target="demo.sales", template="nobody"), send(house, german(), template="a b")):
        problem = check_problem(answer, 422, "bad_option")
        assert "`template`" in problem["detail"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"nonsense": "1"}, "nonsense"),
        ({"duplicates": "most"}, "duplicates"),
        ({"max_rejects": -1}, "max_rejects"),
        ({"max_rejects": 1.5}, "max_rejects"),
        ({"max_reject_ratio": "half"}, "max_reject_ratio"),
        ({"mapping": {"a": 1}}, "mapping"),
        ({"mapping": ["a"]}, "mapping"),
        ({"key": []}, "key"),
        ({"null": {"a": "b"}}, "null"),
        ({"delimiter": None}, "delimiter"),
        ({"null": "a\0"}, "null"),
        ({"mapping": {"a\0": "b"}}, "mapping"),
        ({"force": True}, "force"),
        ({"template": "other"}, "template"),
    ],
)
def test_a_template_is_checked_as_an_import_is(shared_house: House, options: dict[str, Any], named: str) -> None:
    answer = shared_house.api.call("PUT", "/templates/checked", json=options)
    problem = check_problem(answer, 422, "bad_option")
    assert f"`{named}`" in problem["detail"], problem
    check_problem(shared_house.api.call("GET", "/templates/checked"), 404, "not_found")


@pytest.mark.parametrize("name", ["a b", "a%2Fb", "%C3%A9", "a" * 65, "%2E%2E", "a%00b", "%2E"])
def test_a_name_is_short_and_plain(shared_house: House, name: str) -> None:
    answer = shared_house.api.call("PUT", f"/templates/{name}", json={})
    assert answer.status_code in (400, 404, 405), f"{answer.status_code} {answer.text}"
    check_problem(answer, answer.status_code)
    assert shared_house.api.get("/templates")["items"] == []


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"text"', b"\xff", b"[" * 60_000])
def test_what_is_no_object_is_no_template(shared_house: House, body: bytes) -> None:
    check_problem(shared_house.api.call("PUT", "/templates/wrong", data=body), 400, "bad_request")


def test_there_are_only_so_many_templates(house: House) -> None:
    house.database.execute(
        "INSERT INTO sluice.templates (name, options) SELECT 't' || n, '{}' FROM generate_series(1, 999) n"
    )
    save(house, "last", {})
    check_problem(house.api.call("PUT", "/templates/more", json={}), 409, "too_many_templates")
    save(house, "last", {"quote": "'"}, 200)
    big = house.api.call("PUT", "/templates/last", json={"mapping": {"a" * 70_000: "b"}})
    check_problem(big, 413, "too_large")
