"""Any file people really have goes into a typed table, or is answered with one clear error."""

import datetime
import gzip
import io
import json
import zipfile
from typing import Any

import openpyxl
import psycopg
import pytest

from api import Object
from conftest import House, HouseMaker
from program import Program, eventually

ORDERS = """
CREATE TABLE demo.orders (
  id integer PRIMARY KEY, amount numeric(12,2), day date, name text, paid boolean, extra jsonb
)
"""

@pytest.fixture
def orders(house: House) -> House:
    house.database.execute(ORDERS)
    return house


def held(house: House, columns: str = "id, amount, day, name, paid") -> list[list[str]]:
    """What the table has, as Postgres writes it; NULL as nothing."""
    cells = ", ".join(f"coalesce({name}::text, '')" for name in columns.split(", "))
    return [list(row) for row in house.database.rows(f"SELECT {cells} FROM demo.orders ORDER BY id")]


EXPECTED = [
    ["1", "1234.56", "2024-12-31", "Jürgen Müßig", "true"],
    ["2", "7.50", "2024-01-02", "Renée, Zoë", "false"],
    ["3", "", "", "", ""],
]


def load(house: House, content: bytes, name: str = "file", **options: str) -> Object:
    answer = house.api.send(content, "demo.orders", name, **options)
    assert answer.status_code == 202, answer.text
    return house.api.wait(answer.json()["task_id"])


GERMAN = (
    "Auswertung der Bestellungen\r\nStand: 31.12.2024\r\n\r\n"
    "ID;Amount;Day;Name;Paid\r\n"
    "1;1.234,56;31.12.2024;Jürgen Müßig;t\r\n"
    '2;7,50;02.01.2024;"Renée, Zoë";f\r\n'
    "3;;;;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8", "utf-8-sig", "utf-32"])
def test_a_german_export_goes_in_without_an_option(orders: House, encoding: str) -> None:
    found = load(orders, GERMAN.encode(encoding))

    assert held(orders) == EXPECTED
    assert found["rows_read"] == found["rows_inserted"] == 3
    source = found["source"]
    assert source["format"] == "csv"
    assert source["dialect"]["delimiter"] == ";" and source["dialect"]["skip_rows"] == 3
    assert source["reading"]["values"] == {"decimal": ",", "thousands": ".", "date_order": "dmy"}
    assert source["encoding"].lower().startswith(encoding[:6].removesuffix("-"))


def test_an_ambiguous_date_is_no_guess(orders: House) -> None:
    file = b"id,day\n1,03/04/2024\n2,05/06/2024\n"

    failed = orders.api.wait(orders.api.submit(file, "demo.orders"), "failed")

    assert failed["error"]["code"] == "ambiguous_values"
    assert "day" in failed["error"]["message"] and "date_order" in failed["error"]["hint"]
    assert held(orders) == []
    load(orders, file, date_order="dmy")
    assert held(orders, "id, day") == [["1", "2024-04-03"], ["2", "2024-06-05"]]
    load(orders, file, date_order="mdy")
    assert held(orders, "id, day") == [["1", "2024-03-04"], ["2", "2024-05-06"]]


def records() -> list[dict[str, Any]]:
    return [
        {"id": 1, "amount": 1234.56, "day": "2024-12-31", "name": "Jürgen Müßig", "paid": True},
        {"id": 2, "amount": "7.50", "day": "2024-01-02", "name": "Renée, Zoë", "paid": False},
        {"id": 3, "amount": None},
    ]


@pytest.mark.parametrize("form", ["lines", "concatenated", "array"])
def test_json_goes_in(orders: House, form: str) -> None:
    texts = [json.dumps(record, indent=2 if form == "concatenated" else None) for record in records()]
    content = "[" + ",\n".join(texts) + "]" if form == "array" else "\n".join(texts) + "\n"

    found = load(orders, content.encode())

    assert held(orders) == EXPECTED
    assert found["source"]["format"] == "json" and found["source"]["dialect"] == {"form": form}


def test_nested_values_go_into_json_columns_or_where_the_mapping_says(orders: House) -> None:
    record = {"id": 9, "extra": {"a": [1, {"b": None}]}, "buyer": {"name": "Ada", "age": 36}}

    load(orders, json.dumps(record).encode(), mapping=json.dumps({"buyer.name": "name"}))

    assert held(orders, "id, name, extra") == [["9", "Ada", '{"a": [1, {"b": null}]}']]


def test_numbers_of_json_stay_exact_whatever_the_signs_of_its_texts(orders: House) -> None:
    lines = b'{"id": 1, "amount": 1.234}\n{"id": 2, "amount": "1.234,5"}\n'

    load(orders, lines, decimal=",", thousands=".")

    assert held(orders, "id, amount") == [["1", "1.23"], ["2", "1234.50"]]


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["nothing", "here"])
    sheet = book.create_sheet("Orders")
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_sheet_goes_in(orders: House) -> None:
    content = workbook(
        [
            ["ID", "Amount", "Day", "Name", "Paid"],
            [1, 1234.56, datetime.date(2024, 12, 31), "Jürgen Müßig", True],
            [2, 7.5, datetime.date(2024, 1, 2), "Renée, Zoë", False],
            [3, None, None, None, None],
        ]
    )

    found = load(orders, content, "orders.csv", sheet="orders")

    assert held(orders) == EXPECTED
    assert found["source"]["format"] == "xlsx"
    assert found["source"]["dialect"] == {"header": True, "sheet": 2, "skip_rows": 0}
    assert found["bytes_done"] == found["bytes_total"] == len(content)


def test_errors_in_cells_come_back_as_csv_to_be_mended(orders: House) -> None:
    content = workbook([["id", "amount", "name"], [1, "#DIV/0!", "a"], [2, 2.5, "b;c"], ["x", 3, 'say "d"']])

    found = load(orders, content, sheet="2")

    assert found["rows_bad"] == 2 and held(orders, "id, amount") == [["2", "2.50"]]
    report = orders.api.error_report(found["task_id"])
    assert [(row["row"], row["line"], row["column"]) for row in report] == [("1", "2", "amount"), ("3", "4", "id")]
    source = orders.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"}).content
    mended = source.replace(b"#DIV/0!", b"1.5").replace(b"x,3", b"3,3")
    again = load(orders, mended)
    assert again["rows_inserted"] == 2
    assert held(orders, "id, name") == [["1", "a"], ["2", "b;c"], ["3", 'say "d"']]


def test_rejected_records_come_back_as_records(orders: House) -> None:
    lines = b'{"id": 1, "day": "2024-02-30"}\n{"id": 2,, "day": null}\n{"id": 3, "name": "c"}\n{"id":"x"}\n'

    found = load(orders, lines)

    assert found["rows_bad"] == 3
    answer = orders.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    rejected = [json.loads(line) for line in answer.text.splitlines()]
    assert [set(record) for record in rejected] == [{"id", "day", "_errors"}, {"_raw", "_errors"}, {"id", "_errors"}]
    assert rejected[1]["_raw"] == '{"id": 2,, "day": null}'
    rejected[0]["day"] = "2024-02-29"
    rejected[2]["id"] = 4
    load(orders, "\n".join(json.dumps(rejected[index]) for index in (0, 2)).encode())
    assert held(orders, "id, day") == [["1", "2024-02-29"], ["3", ""], ["4", ""]]


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_what_is_wrapped_is_unwrapped(orders: House, kind: str) -> None:
    if kind == "gzip":
        content = gzip.compress(GERMAN.encode("cp1252"))
    else:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/export.txt", GERMAN.encode("cp1252"))
        content = file.getvalue()

    found = load(orders, content, encoding="windows-1252")

    assert held(orders) == EXPECTED
    assert found["source"]["reading"]["containers"] == [kind]
    assert found["bytes_done"] == found["bytes_total"] == len(content)


@pytest.mark.parametrize("header", ["", "false"])
def test_a_file_without_a_header_goes_in_by_its_places(orders: House, header: str) -> None:
    rows = b'1,1234.56,2024-12-31,a,t,"{}"\n2,x,2024-01-02,b,f,"[]"\n3,7,2024-01-02,c,f,1\n'

    found = load(orders, rows, **({"header": header} if header else {}))

    assert held(orders, "id, amount, name") == [["1", "1234.56", "a"], ["3", "7.00", "c"]]
    assert found["source"]["dialect"]["header"] is False
    source = orders.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"}).content
    assert source.startswith(b"id,amount,day,name,paid,extra,_errors\r\n")
    load(orders, source.replace(b"2,x,", b"2,5,"))
    assert held(orders, "id, amount") == [["1", "1234.56"], ["2", "5.00"], ["3", "7.00"]]


def test_columns_without_a_name_are_left_out_where_they_are_empty(orders: House) -> None:
    load(orders, b"id,name,,\n1,a,,\n2,b,,\n")
    assert held(orders, "id, name") == [["1", "a"], ["2", "b"]]

    lost = b"id,name,\n3,c,\n4,d,x\n"
    failed = orders.api.wait(orders.api.submit(lost, "demo.orders"), "failed")
    assert failed["error"]["code"] == "unknown_column" and "line 3" in failed["error"]["message"]
    load(orders, lost, mapping='{"": null}')
    assert held(orders, "id, name")[2:] == [["3", "c"], ["4", "d"]]


def test_a_formula_that_was_not_computed_costs_its_row_and_no_value(orders: House) -> None:
    found = load(orders, workbook([["id", "amount"], [1, "=1+1"], [2, 3]]), sheet="2")

    assert held(orders, "id, amount") == [["2", "3.00"]]
    report = orders.api.error_report(found["task_id"])
    assert [(row["row"], row["column"], row["value"]) for row in report] == [("1", "amount", "#NOT_COMPUTED!")]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "no text"),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", "PDF"),
        (b"", "empty"),
        (b'{"id":' + b"[" * 600 + b"]" * 600 + b"}", "JSON records"),
        (gzip.compress(gzip.compress(b"id\n1\n")), "gzip"),
        (gzip.compress(b"id\n" + b"1\n" * 1000)[:-20], "cut off"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(orders: House, content: bytes, word: str) -> None:
    answer = orders.api.send(content, "demo.orders")

    assert answer.status_code == 415 and answer.json()["code"] == "unsupported_format"
    assert word in answer.json()["detail"], answer.text


def test_a_zero_byte_costs_its_row(orders: House) -> None:
    found = load(orders, b"id,name\n1,a\x00b\n2,c\n")

    assert found["source"]["encoding"] == "UTF-8"
    assert held(orders, "id, name") == [["2", "c"]]
    assert [row["row"] for row in orders.api.error_report(found["task_id"])] == ["1"]


def test_records_may_be_sent_again_and_again(orders: House) -> None:
    content = b'{"id": 1, "amount": "x"}\n{"id": 2, "amount": "y"}\n'
    for _ in range(3):
        found = load(orders, content, force="true")
        assert found["rows_bad"] == 2 and found["rows_read"] == 2
        content = orders.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"}).content
        assert content.count(b"_errors") == 2


def test_the_reasons_go_into_no_column_that_only_resembles_their_name(house: House) -> None:
    house.database.execute("CREATE TABLE demo.orders (id integer PRIMARY KEY, amount numeric, errors text)")

    load(house, b"id,amount,_errors\n1,2,was bad\n")

    assert held(house, "id, amount, errors") == [["1", "2", ""]]


def test_a_report_where_nothing_is_quoted_can_be_sent_again(orders: House) -> None:
    found = load(orders, b'id,name,amount\n1,5" nail,x\n2,37.8"N,2\n')

    assert found["source"]["dialect"]["quote"] == "none" and found["rows_bad"] == 1
    source = orders.api.call("GET", f"/imports/{found['task_id']}/errors", params={"format": "source"}).content
    assert source.startswith(b'id,name,amount,_errors\r\n1,5" nail,x,amount: ')
    load(orders, source.replace(b",x,", b",1,"))
    assert held(orders, "id, name, amount") == [["1", '5" nail', "1.00"], ["2", '37.8"N', "2.00"]]


def test_a_first_row_that_names_nothing_is_answered_with_what_may_be_wrong(orders: House) -> None:
    answer = orders.api.send(b"Nummer,Betrag\n1,2\n", "demo.orders")

    assert answer.status_code == 422 and answer.json()["code"] == "unknown_column"
    assert "`header`" in answer.json()["hint"] and "Nummer" in answer.json()["detail"]


def test_too_few_fields_without_a_header_are_refused(orders: House) -> None:
    answer = orders.api.send(b"1,2\n3,4\n", "demo.orders", header="false")

    assert answer.status_code == 422 and answer.json()["code"] == "unknown_column"
    assert "mapping" in answer.json()["hint"]


def test_values_are_read_as_told(orders: House) -> None:
    rows = "id|amount|day|paid|name\n1|€ 1'234.50|45657|ja| a \n2|n/a|45658|nein|  \n".encode()

    load(
        orders, rows, thousands="'", currency="€", excel_serial="true", true_words="ja", false_words="nein",
        null="n/a", trim="true",
    )

    assert held(orders) == [
        ["1", "1234.50", "2024-12-31", "a", "true"],
        ["2", "", "2025-01-01", "", "false"],
    ]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("format", "parquet"),
        ("encoding", "klingon"),
        ("delimiter", "123456789"),
        ("quote", "ab"),
        ("escape", "ab"),
        ("decimal", ";"),
        ("date_order", "ydm"),
        ("date_format", "QQ"),
        ("skip_rows", "-1"),
        ("header", "maybe"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_its_name(orders: House, option: str, value: str) -> None:
    answer = orders.api.send(b"id\n1\n", "demo.orders", **{option: value})

    assert answer.status_code == 422 and answer.json()["code"] == "bad_option"
    assert f"`{option}`" in answer.json()["detail"]


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(orders: House) -> None:
    answer = orders.api.send(workbook([["id"], [1]]), "demo.orders", sheet="Sales")

    assert answer.status_code == 415
    assert "Notes" in answer.json()["hint"] and "Orders" in answer.json()["hint"]


def rewritten(content: bytes, parts: dict[str, bytes]) -> bytes:
    """A workbook with other texts for some of its parts, or with more of them."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *parts}:
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "rows",
    [b"<row>" + b" " * (24 << 20) + b"</row>", b"<row><c/><c/><c/><c/></row>" * (1 << 20)],
    ids=["spaces", "empty cells"],
)
def test_a_sheet_that_inflates_beyond_reason_is_refused_with_a_hint(orders: House, rows: bytes) -> None:
    head = b'<worksheet><sheetData><row><c t="inlineStr"><is><t>id</t></is></c></row>'
    sheet = head + rows + b"</sheetData></worksheet>"
    content = rewritten(workbook([["id"]]), {SHEET: sheet})
    assert len(sheet) > 200 * len(content)

    answer = orders.api.send(content, "demo.orders", sheet="1")

    assert answer.status_code == 415 and answer.json()["code"] == "unsupported_format"
    assert "inflates" in answer.json()["detail"] and answer.json()["hint"]
    assert held(orders) == []


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_nested_entities_are_refused_with_a_hint(orders: House, part: str) -> None:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    document = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><x>&e11;</x>'.encode()
    parts = {part: document}
    if part == "xl/sharedStrings.xml":
        kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        parts[SHEET] = b'<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
        parts["xl/_rels/workbook.xml.rels"] = (
            f'<Relationships><Relationship Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId9" Type="{kinds}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        ).encode()
    if part == "[Content_Types].xml":
        # It is read only where nothing else tells which part is the workbook.
        parts["_rels/.rels"] = b"<Relationships/>"
    content = rewritten(workbook([["id"], [1]]), parts)

    answer = orders.api.send(content, "demo.orders", sheet="1")

    assert answer.status_code == 415 and answer.json()["code"] == "unsupported_format"
    assert "entities" in answer.json()["detail"] and answer.json()["hint"]


@pytest.mark.parametrize("kind", ["gzip", "xlsx", "json"])
def test_an_import_goes_on_where_it_was_killed(make_house: HouseMaker, kind: str) -> None:
    house = make_house("--no-worker")
    house.database.execute(ORDERS)
    rows = 60_000
    lines = (f"{number},name {number}\n" for number in range(1, rows + 1))
    if kind == "gzip":
        content = gzip.compress(("id,name\n" + "".join(lines)).encode("utf-16"), 1)
    elif kind == "xlsx":
        content = workbook([["id", "name"], *([number, f"name {number}"] for number in range(1, rows + 1))])
    else:
        content = "".join(json.dumps({"id": number, "name": "x"}) + "\n" for number in range(1, rows + 1)).encode()
    task_id = house.api.submit(content, "demo.orders", **({"sheet": "2"} if kind == "xlsx" else {}))
    settings = house.settings() | {"SLUICE_LEASE_SECONDS": "4"}
    first = Program(["worker"], settings, house.folder / "first.log")
    second = Program(["worker"], settings, house.folder / "second.log")
    count = "SELECT count(*) FROM sluice.chunks WHERE import_id = %s"
    try:
        # However quick it is, it cannot end before it is killed.
        with psycopg.connect(house.database.url) as lock:
            lock.execute("LOCK TABLE demo.orders IN SHARE MODE")
            first.start()
            eventually("a chunk", lambda: house.database.value(count, task_id) or None, every=0.002)
            first.kill()
        second.start()
        found = house.api.wait(task_id)
        second.stop()
    finally:
        first.discard()
        second.discard()

    assert found["rows_inserted"] == rows and found["attempt"] == 2, found
    assert house.database.value("SELECT sum(id) FROM demo.orders") == rows * (rows + 1) // 2
