"""`sluice inspect` and `POST /inspect`: what a file is, by all its rows, and a table that takes it."""

import datetime
import gzip
import io
import json
import random
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api import Object, check_problem
from conftest import House
from program import BINARY, clean_environment

MIB = 1 << 20


def run(file: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BINARY), "inspect", str(file), *options],
        capture_output=True,
        text=True,
        env=clean_environment(**settings),
        check=False,
    )


def inspect(file: Path, *options: str, **settings: str) -> Object:
    done = run(file, "--json", *options, **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def types(found: Object) -> dict[str, str]:
    return {column["name"]: column["type"] for column in found["columns"]}


def column(found: Object, name: str) -> Object:
    return next(one for one in found["columns"] if one["name"] == name)


def write(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


GERMAN = (
    "Auswertung der Bestellungen\r\nStand: 31.12.2024\r\n\r\n"
    "Kunden-Nr.;Betrag (EUR);Datum;Name;PLZ;Bezahlt\r\n"
    "1;1.234,56;31.12.2024;Jürgen Müßig;01234;t\r\n"
    '2;7,50;02.01.2024;"Renée, Zoë";80331;f\r\n'
    "3;;;;;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_a_german_export(tmp_path: Path, encoding: str) -> None:
    found = inspect(write(tmp_path, GERMAN.encode(encoding)))

    assert types(found) == {
        "kunden_nr": "integer",
        "betrag_eur": "numeric(6,2)",
        "datum": "date",
        "name": "text",
        "plz": "text",
        "bezahlt": "boolean",
    }
    assert found["values"] == {"decimal": ",", "thousands": ".", "date_order": "dmy"}
    assert found["dialect"]["delimiter"] == ";" and found["dialect"]["skip_rows"] == 3
    assert (found["rows_read"], found["rows_bad"], found["complete"]) == (3, 0, True)
    assert [one["nullable"] for one in found["columns"]] == [False, True, True, True, True, True]
    assert "leading zeros" in column(found, "plz")["notes"][0]
    assert column(found, "name")["max_length"] == 12
    assert column(found, "name")["samples"] == ["Jürgen Müßig", "Renée, Zoë"]
    assert '"kunden_nr" integer NOT NULL' in found["proposal"]["ddl"]


def test_it_is_said_so_that_a_person_can_read_it(tmp_path: Path) -> None:
    done = run(write(tmp_path, GERMAN + "4;x\r\n", "Q3 Umsatz.csv"))

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith('CSV, UTF-8, delimiter ";", 3 lines above the table')
    assert lines[1].startswith('4 rows, 1 of them bad, decimal sign ","')
    table = [line for line in lines if re.match(r"  (header|Betrag|PLZ) [^:]*$", line)]
    assert len(table) == 3
    # Aligned: the types begin in one place.
    assert len({re.search(r"(?<=  )(type|numeric|text)", line).start() for line in table}) == 1
    assert any(line.startswith("  line 8: field_count: has 2 fields, the header has 6") for line in lines)
    assert 'CREATE TABLE "public"."q3_umsatz" (' in lines


def test_json(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"id": 1, "amount": 1234.5, "day": "2024-12-31", "paid": True, "extra": {"a": [1]}, "code": "007"},
        {"id": 2**40, "amount": 7, "day": "2024-01-02T10:00:00Z", "paid": False, "extra": None, "late": "x"},
    ]
    found = inspect(write(tmp_path, json.dumps(records)))

    assert found["format"] == "json" and found["dialect"] == {"form": "array"}
    assert types(found) == {
        "id": "bigint",
        "amount": "numeric(5,1)",
        "day": "timestamptz",
        "paid": "boolean",
        "extra": "jsonb",
        "code": "text",
        "late": "text",
    }
    assert column(found, "late")["nulls"] == 1


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ["Id", "Amount", "Day", "At", "Zip", "Ok"],
        [1, 12.5, datetime.date(2024, 12, 31), datetime.datetime(2024, 12, 31, 10, 30), "01234", True],
        [2, 7, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2), "80331", False],
    ]:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_xlsx(tmp_path: Path) -> None:
    found = inspect(write(tmp_path, workbook(), "book.xlsx"))

    assert found["format"] == "xlsx" and found["rows_read"] == 2
    assert types(found) == {
        "id": "integer",
        "amount": "numeric(3,1)",
        "day": "date",
        "at": "timestamp",
        "zip": "text",
        "ok": "boolean",
    }


def test_ambiguous_dates_are_said_and_not_guessed(tmp_path: Path) -> None:
    file = write(tmp_path, "id,day\n1,03/04/2024\n2,05/06/2024\n")
    found = inspect(file)

    assert types(found)["day"] == "text"
    assert "date_order" in column(found, "day")["notes"][0] and "03/04/2024" in column(found, "day")["notes"][0]
    assert found["values"] == {}
    assert types(inspect(file, "--date-order", "mdy"))["day"] == "date"


def test_the_last_row_of_a_long_file_counts(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}.50,2024-01-01\n" for n in range(100_000))
    good = inspect(write(tmp_path, "id,price,day\n" + rows))
    late = inspect(write(tmp_path, "id,price,day\n" + rows + "3000000000,on request,31.12.2024\n"))

    assert types(good) == {"id": "integer", "price": "numeric(7,2)", "day": "date"}
    assert late["rows_read"] == 100_001
    assert types(late) == {"id": "bigint", "price": "text", "day": "date"}
    note = column(late, "price")["notes"][0]
    assert "1 of 100001 values" in note and '"on request" in line 100002' in note


@pytest.mark.parametrize("name", ["german", "json", "xlsx", "awkward"])
def test_a_table_made_for_a_file_takes_all_its_rows(house: House, tmp_path: Path, name: str) -> None:
    content = {
        "german": GERMAN.encode("utf-16"),
        "json": b'{"id": 1, "v": 1e3, "t": "10:00"}\n{"id": 2, "v": 0.25, "t": null, "x": {"y": [1]}}\n',
        "xlsx": workbook(),
        # Names that are no names alone.
        "awkward": '"a ""b""; --",€,select,Select,,\n1,007,x,true,,\n2,08,,false,,\n'.encode(),
    }[name]
    file = write(tmp_path, content)
    url = house.database.url
    target = f"demo.made_{name}"
    key = {"german": "kunden_nr", "awkward": "a_b"}.get(name, "id")

    done = run(file, "--target", target, "--create", "--key", key, "--json", SLUICE_DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    options = {"mapping": json.dumps(found["proposal"]["mapping"])} if "mapping" in found["proposal"] else {}
    assert ("mapping" in options) == (name == "awkward")
    object = house.api.load(file, target, **options)

    assert object["rows_inserted"] == object["rows_read"] == found["rows_read"] > 0
    made = dict(
        house.database.rows(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0",
            target,
        )
    )
    told = {"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"}
    told["time"] = "time without time zone"
    # Columns without a name and without a value are none.
    filled = {one["name"]: one["type"] for one in found["columns"] if one["header"] or one["values"]}
    assert made == {column: told.get(kind, kind) for column, kind in filled.items()}
    assert len(filled) == len(found["columns"]) - (2 if name == "awkward" else 0)

    again = run(file, "--target", target, "--create", SLUICE_DATABASE_URL=url)
    assert again.returncode == 1 and f"{target} exists already" in again.stderr
    assert house.database.value(f"SELECT count(*) FROM {target}") == found["rows_read"]


def test_what_keeps_a_table_from_being_made(house: House, tmp_path: Path) -> None:
    file = write(tmp_path, "id\n1\n")
    url = house.database.url

    def refused(code: int, words: str, *options: str, **settings: str) -> None:
        done = run(file, *options, **settings)
        assert done.returncode == code and words in done.stderr, (done.returncode, done.stderr)

    refused(2, "--create needs --target", "--create")
    refused(2, "no name of a table", "--create", "--target", "nonsense")
    refused(2, "no option", "--nonsense")
    refused(1, "SLUICE_DATABASE_URL", "--target", "demo.new")
    refused(1, "there is no table demo.new", "--target", "demo.new", SLUICE_DATABASE_URL=url)
    refused(1, "no schema nowhere", "--create", "--target", "nowhere.new", SLUICE_DATABASE_URL=url)
    refused(1, "may be imported into", "--create", "--target", "sluice.new", SLUICE_DATABASE_URL=url)
    refused(
        1, "may be imported into", "--create", "--target", "demo.new", SLUICE_DATABASE_URL=url, SLUICE_TARGETS="x.*"
    )
    refused(1, "no column of the file", "--create", "--target", "demo.new", "--key", "no", SLUICE_DATABASE_URL=url)
    missing = run(tmp_path / "missing.csv")
    assert missing.returncode == 1 and "No such file" in missing.stderr
    assert house.database.value("SELECT to_regclass('demo.new') IS NULL")


TARGET = """
CREATE TABLE demo.shop (
  serial_number integer PRIMARY KEY, store_id integer NOT NULL, price numeric(4,2), sold date, label varchar(4),
  needed text NOT NULL
)
"""


def test_a_mapping_is_suggested(house: House, tmp_path: Path) -> None:
    house.database.execute(TARGET)
    file = write(
        tmp_path,
        "Serial Number,Store,Price,Sold,Label,Colour\n1,7,123.5,03/04/2024,longer,red\n2,x,,04/05/2024,ok,blue\n",
    )
    fit = inspect(file, "--target", "demo.shop", SLUICE_DATABASE_URL=house.database.url)["target"]

    assert fit["mapping"] == {
        "Serial Number": "serial_number",
        "Store": "store_id",
        "Price": "price",
        "Sold": "sold",
        "Label": "label",
        "Colour": None,
    }
    assert fit["key"] == ["serial_number"]
    reasons = {field["header"]: " ".join(field["reasons"]) for field in fit["fields"]}
    assert reasons["Serial Number"] == ""
    assert "another name" in reasons["Store"] and "is text" in reasons["Store"]
    assert "before the point" in reasons["Price"]
    assert "6 characters" in reasons["Label"]
    assert "no column" in reasons["Colour"]
    codes = {obstacle["code"]: obstacle["message"] for obstacle in fit["obstacles"]}
    assert "needed" in codes["missing_column"] and "03/04/2024" in codes["ambiguous_values"]

    text = run(file, "--target", "demo.shop", SLUICE_DATABASE_URL=house.database.url).stdout
    assert "Into demo.shop, key (serial_number)" in text and "In the way" in text


def test_a_suggested_mapping_does_what_it_says(house: House, tmp_path: Path) -> None:
    house.database.execute(TARGET)
    content = b"Serial Number,Store,Needed,Colour\n1,7,x,red\n2,8,y,blue\n"
    answer = house.api.call("POST", "/inspect", data=content, params={"target": "demo.shop"})
    fit = answer.json()["target"]
    assert fit["obstacles"] == []

    found = house.api.load(content, "demo.shop", mapping=json.dumps(fit["mapping"]))

    assert found["rows_inserted"] == 2
    assert house.database.rows("SELECT serial_number, store_id, needed FROM demo.shop ORDER BY 1") == [
        (1, 7, "x"),
        (2, 8, "y"),
    ]


def test_a_natural_key_is_held_against_what_it_looks_up(house: House) -> None:
    house.database.execute("CREATE TABLE demo.shops (id integer PRIMARY KEY, code varchar(8) UNIQUE NOT NULL)")
    house.database.execute("CREATE TABLE demo.visits (id integer PRIMARY KEY, shop integer REFERENCES demo.shops)")
    content = b"id,Shop\n1,north\n2,south\n"
    told = {"Shop": {"column": "shop", "lookup": "demo.shops.code"}}

    def fit(**options: str) -> Object:
        found = house.api.call("POST", "/inspect", data=content, params={"target": "demo.visits", **options})
        assert found.status_code == 200, found.text
        return found.json()["target"]

    assert "is text" in fit()["fields"][1]["reasons"][0]
    found = fit(mapping=json.dumps(told))
    assert found["fields"][1]["reasons"] == [] and found["obstacles"] == []
    assert found["mapping"] == {"id": "id"} | told


def test_a_missing_key_stands_in_the_way(house: House) -> None:
    house.database.execute(TARGET)
    house.database.execute("CREATE TABLE demo.keyless (a text)")

    def obstacles(content: bytes, target: str) -> set[str]:
        answer = house.api.call("POST", "/inspect", data=content, params={"target": target})
        return {obstacle["code"] for obstacle in answer.json()["target"]["obstacles"]}

    assert obstacles(b"store_id,needed\n1,x\n", "demo.shop") == {"missing_column", "no_key"}
    assert obstacles(b"a\n1\n", "demo.keyless") == {"no_key"}


# MARK: POST /inspect


def ask(house: House, content: bytes, status: int = 200, **options: str) -> Object:
    answer = house.api.call("POST", "/inspect", data=content, params=options)
    assert answer.status_code == status, answer.text
    return answer.json()


def long_csv(rows: int = 60_000) -> str:
    source = random.Random(1)
    lines = ["id,name,price,day\n"]
    for n in range(rows):
        name = f'"Name {n},\n""{source.random()}"""' if n % 3 == 0 else f"Jürgen {n}"
        lines.append(f"{n},{name},{source.randint(10**5, 10**6 - 1)}.25,2024-{n % 12 + 1:02}-{n % 28 + 1:02}\n")
    return "".join(lines)


LONG_TYPES = {"id": "integer", "name": "text", "price": "numeric(8,2)", "day": "date"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_the_first_mebibyte_of_a_long_file(shared_house: House, encoding: str) -> None:
    content = long_csv().encode(encoding)
    assert len(content) > 2 * MIB

    for cut in (MIB, MIB - 1, MIB - 17, MIB - 40):
        found = ask(shared_house, content[:cut], partial="true")
        assert types(found) == LONG_TYPES
        assert found["complete"] is False
        assert found["rows_bad"] == 0 and found["bad_rows"] == []
        # As many rows as stand whole in it.
        whole = content[:cut].decode(encoding, "ignore")
        assert whole.count("2024-") - 2 <= found["rows_read"] <= whole.count("2024-")
    assert ask(shared_house, content[:MIB])["complete"] is False


def test_a_start_of_a_compressed_file(shared_house: House) -> None:
    for level in (1, 9):
        content = gzip.compress(long_csv(200_000).encode(), level)
        assert len(content) > MIB
        found = ask(shared_house, content[:MIB])
        assert types(found) == LONG_TYPES and found["containers"] == ["gzip"]
        assert found["complete"] is False and found["rows_bad"] == 0
        # Nobody has to say that it is cut off: the stream tells.
        assert types(ask(shared_house, content[:300_001])) == LONG_TYPES
    whole = ask(shared_house, gzip.compress(b"a,b\n1,2\n"))
    assert whole["complete"] is True and whole["rows_read"] == 1


def test_a_stream_that_unfolds_a_thousandfold_ends_soon(shared_house: House) -> None:
    content = gzip.compress(b"a,b\n" + b"1,2\n" * (100 << 20 >> 2))
    assert len(content) < MIB
    found = ask(shared_house, content)
    assert found["complete"] is False and types(found) == {"a": "integer", "b": "integer"}


@pytest.mark.parametrize("form", ["lines", "array", "indented", "one line"])
def test_a_start_of_json(shared_house: House, form: str) -> None:
    records = [{"id": n, "name": f"Zoë {n}", "tags": [n, {"a": "}\n"}], "ok": n % 2 == 0} for n in range(30_000)]
    if form == "lines":
        text = "".join(json.dumps(record) + "\n" for record in records)
    elif form == "array":
        text = "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]"
    else:
        text = json.dumps(records, indent=1 if form == "indented" else None, ensure_ascii=False)
    content = text.encode()
    assert len(content) > MIB

    for cut in (MIB, MIB - 7, MIB - 33):
        found = ask(shared_house, content[:cut], partial="true")
        assert types(found) == {"id": "integer", "name": "text", "tags": "jsonb", "ok": "boolean"}
        assert found["rows_bad"] == 0 and found["rows_read"] > 5_000
        assert [one["nulls"] for one in found["columns"]] == [0, 0, 0, 0]


def test_a_workbook_has_to_be_whole(shared_house: House) -> None:
    content = workbook()
    found = ask(shared_house, content)
    assert found["format"] == "xlsx" and found["rows_read"] == 2 and found["complete"] is True
    answer = shared_house.api.call("POST", "/inspect", data=content[:-100], params={"partial": "true"})
    assert "sluice inspect" in check_problem(answer, 415, "unsupported_format")["hint"]


def test_a_form_and_its_options(shared_house: House) -> None:
    answer = shared_house.api.call(
        "POST",
        "/inspect",
        files={"file": ("Q3 sales.csv", b"a;b\n1;03/04/2024\n", "text/csv")},
        data={"date_order": "dmy", "target": "demo.sales"},
    )
    found = answer.json()
    assert types(found) == {"a": "integer", "b": "date"}
    assert found["proposal"]["table"] == "public.q3_sales"
    assert found["target"]["target"] == "demo.sales"


def test_an_unknown_time_zone_is_refused(shared_house: House) -> None:
    call = partial(shared_house.api.call, "POST", "/inspect", data=b"a\n2024-01-01 10:00\n")
    problem = check_problem(call(params={"timezone": "Moon/Tranquility"}), 422, "bad_option")
    assert "timezone" in problem["detail"]
    assert call(params={"timezone": "Europe/Berlin"}).status_code == 200


def test_more_than_a_mebibyte_is_too_large(shared_house: House) -> None:
    content = b"a,b\n" + b"1,2\n" * MIB
    for body in ({"data": content}, {"data": content[: MIB + 1]}, {"files": {"file": ("a.csv", content[: MIB + 1])}}):
        check_problem(shared_house.api.call("POST", "/inspect", **body), 413, "too_large")
    assert ask(shared_house, content[:MIB])["rows_read"] == MIB // 4 - 1


def test_bad_rows_of_a_whole_file_are_told(shared_house: House) -> None:
    found = ask(shared_house, b"a,b\n1,2\n3\n4,5,6\n7,8")
    assert (found["rows_read"], found["rows_bad"], found["complete"]) == (4, 2, True)
    assert [(row["line"], row["code"], row["raw"]) for row in found["bad_rows"]] == [
        (3, "field_count", "3"),
        (4, "field_count", "4,5,6"),
    ]
    for content in (b"", b"\n\n"):
        check_problem(shared_house.api.call("POST", "/inspect", data=content), 415, "unsupported_format")
