"""A table of every type: what Postgres takes arrives as Postgres reads it, and what it refuses is a reject."""

from pathlib import Path

import pytest
from conftest import House
from type_samples import SAMPLES, TYPES, Sample

TABLE = "demo.every_type"
COLUMNS = [(f"c{number:02}", sample) for number, sample in enumerate(SAMPLES)]
# Types that take any text, but for a zero byte.
UNBREAKABLE = {"varchar", "bpchar", '"char"', "name", "citext", "refcursor", "xid", "cid", "xid8"}
# Pseudo-types, and those that no column can have or no text can be read into.
WITHOUT_VALUES = {
    "pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary", "gtsvector",
}


def cell(text: str | None) -> str:
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def line(number: int, cells: list[str | None]) -> str:
    return ",".join([str(number), *map(cell, cells)]) + "\n"


def may_be_null(sample: Sample) -> bool:
    return all(text is not None for text, _, _ in sample.bad)


def good_rows() -> list[list[str | None]]:
    """Each text of each type once; NULL behind a type's last one."""
    depth = max(len(sample.good) for sample in SAMPLES) + 1
    return [
        [
            sample.good[index] if index < len(sample.good) else None if may_be_null(sample) else sample.good[0]
            for _, sample in COLUMNS
        ]
        for index in range(depth)
    ]


@pytest.fixture
def every_type(house: House) -> House:
    house.database.execute(TYPES)
    columns = ", ".join(f"{name} {sample.type}" for name, sample in COLUMNS)
    house.database.execute(f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, {columns})")
    return house


def test_no_type_of_postgres_is_left_out(every_type: House) -> None:
    found = every_type.database.rows(
        "SELECT DISTINCT coalesce(element.typname, type.typname) FROM pg_type AS type"
        " LEFT JOIN pg_type AS element ON element.typarray = type.oid"
        " WHERE type.typtype <> 'p' AND coalesce(element.typtype, '') <> 'p' AND type.typrelid = 0"
        " AND coalesce(element.typrelid, 0) = 0 AND type.typnamespace = 'pg_catalog'::regnamespace"
    )
    tried = every_type.database.rows(
        "SELECT DISTINCT coalesce(element.typname, type.typname) FROM pg_attribute AS a"
        " JOIN pg_type AS type ON type.oid = a.atttypid"
        " LEFT JOIN pg_type AS element ON element.typarray = type.oid"
        f" WHERE a.attrelid = '{TABLE}'::regclass AND a.attnum > 0"
    )
    assert {name for (name,) in found} - {name for (name,) in tried} == WITHOUT_VALUES
    for _, sample in COLUMNS:
        assert sample.bad or sample.type in UNBREAKABLE, sample


def test_each_value_is_what_postgres_reads_and_each_fault_is_told(every_type: House, tmp_path: Path) -> None:
    header = ",".join(["id", *(name for name, _ in COLUMNS)]) + "\n"
    rows = [(number, cells) for number, cells in enumerate(good_rows(), 1)]
    good = header + "".join(line(number, cells) for number, cells in rows)
    base = [sample.good[0] for _, sample in COLUMNS]
    expected: list[tuple[int, int, str, str, str]] = []
    file = good
    for place, (name, sample) in enumerate(COLUMNS):
        for text, code, words in sample.bad:
            number = len(rows) + len(expected) + 1
            expected.append((number, file.count("\n") + 1, name, code, words))
            file += line(number, [*base[:place], text, *base[place + 1 :]])

    alone = tmp_path / "good.csv"
    alone.write_text(good, encoding="utf-8", newline="")
    every_type.database.copy_by_script(alone, "demo.twin", TABLE)
    found = every_type.api.load(file.encode(), TABLE)

    report = every_type.api.error_report(found["task_id"])
    wrong = []
    for number, at, name, code, words in expected:
        told = [
            (int(row["line"]), row["column"], row["code"], row["message"])
            for row in report
            if int(row["row"]) == number
        ]
        if [one[:3] for one in told] != [(at, name, code)] or words not in told[0][3]:
            wrong.append(f"{dict(COLUMNS)[name].type}: {(at, name, code, words)}, not {told}")
    assert not wrong, "\n".join(wrong)
    assert len(report) == len(expected), [row for row in report if int(row["row"]) <= len(rows)]
    assert (found["rows_bad"], found["rows_inserted"]) == (len(expected), len(rows))

    check_same(every_type)

    again = every_type.api.load(file.encode(), TABLE, force="true")
    assert (again["rows_unchanged"], again["rows_updated"]) == (len(rows), 0)


def check_same(house: House) -> None:
    """Each value is the very one that COPY makes of the text, its binary form included."""
    wrong = []
    for name, sample in COLUMNS:
        # A query that was sent in binary has unused bytes of its own.
        differs = "a.{0} IS DISTINCT FROM b.{0}"
        if sample.type != "tsquery":
            differs = "ROW(a.{0})::record *<> ROW(b.{0})::record"
        different = house.database.rows(
            f"SELECT id, a.{name}::text, b.{name}::text FROM {TABLE} AS a JOIN demo.twin AS b USING (id)"
            f" WHERE {differs.format(name)}"
        )
        wrong += [f"{sample.type}: {row}" for row in different]
    assert not wrong, "\n".join(wrong)
    assert house.database.value(f"SELECT count(*) FROM {TABLE}") == house.database.value("SELECT count(*) FROM demo.twin")
