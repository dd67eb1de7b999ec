"""`sluice cat`: whatever the file was, its rows come out as plain CSV in UTF-8."""

import csv
import gzip
import io
import json
import random
import subprocess
from pathlib import Path

import pytest
from program import BINARY, ROOT, clean_environment

LETTERS = "abcxyzÄöüßéñčłŻ0123456789 .-/_:"
HARD = [",", ";", "\t", "|", '"', "'", "\n", "\r\n", "''", '""', "  ", "\\"]


def cat(file: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(BINARY), "cat", str(file), *options], capture_output=True, env=clean_environment(), check=False
    )


def rows(output: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(output.decode(), newline="")))


def random_table(source: random.Random, encoding: str) -> list[list[str]]:
    """A header and rows of texts that the encoding can write."""
    width = source.randint(2, 6)
    letters = [one for one in LETTERS if one.encode(encoding, "ignore")]

    def cell() -> str:
        parts = [source.choice(letters) for _ in range(source.randint(0, 12))]
        if source.random() < 0.3:
            parts.insert(source.randint(0, len(parts)), source.choice(HARD))
        return "".join(parts)

    header = [f"name {column}" for column in range(width)]
    return [header, *([cell() for _ in range(width)] for _ in range(source.randint(1, 60)))]


@pytest.mark.parametrize("seed", range(40))
def test_random_tables_in_random_dialects_come_back_equal(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    encoding = source.choice(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "iso8859-2", "utf-16-be"])
    delimiter = source.choice([",", ";", "\t", "|", "^"])
    quote = source.choice(['"', "'"])
    escape = source.choice([None, "\\"])
    table = random_table(source, encoding)
    file = tmp_path / "table.txt"
    with open(file, "w", encoding=encoding, newline="") as text:
        writer = csv.writer(
            text,
            delimiter=delimiter,
            quotechar=quote,
            doublequote=escape is None,
            escapechar=escape,
            quoting=source.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
            lineterminator=source.choice(["\n", "\r\n"]),
        )
        writer.writerows(table)
    options = ["--delimiter", delimiter, "--quote", quote, "--encoding", encoding.removesuffix("-sig")]
    options += ["--header", "true", "--skip-rows", "0", "--format", "csv"]
    if escape:
        options += ["--escape", escape]
    answer = cat(file, *options)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == b""
    assert rows(answer.stdout) == [row for row in table if row != [""]]


GERMAN = "Umsätze der Filialen\nStand: 31.12.2024\n\nNr;Betrag;Datum;Käufer\n" + "".join(
    f"{number};{number}.234,56;{number % 28 + 1:02}.12.2024;Jürgen Müßig\n" for number in range(1, 40)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_german_export_is_read_without_an_option(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(GERMAN.encode(encoding))
    answer = cat(file)
    assert answer.returncode == 0
    assert b"3 lines before the table" in answer.stderr
    table = rows(answer.stdout)
    assert table[0] == ["Nr", "Betrag", "Datum", "Käufer"]
    assert table[1] == ["1", "1.234,56", "02.12.2024", "Jürgen Müßig"]
    assert len(table) == 40


def test_bad_rows_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(b"a,b\n1,2\n3\n4,5\n")
    answer = cat(file)
    assert (answer.returncode, answer.stdout) == (0, b"a,b\n1,2\n4,5\n")
    assert b"line 3: field_count: has 1 field, the header has 2: 3" in answer.stderr
    strict = cat(file, "--strict")
    assert (strict.returncode, strict.stdout) == (1, b"a,b\n1,2\n")


def test_a_few_broken_bytes_do_not_change_the_encoding_of_the_rest() -> None:
    answer = cat(ROOT / "Fixtures/sales-tiny.csv")
    assert "Müller".encode() in answer.stdout


def test_json_and_what_is_compressed_are_known_by_their_content(tmp_path: Path) -> None:
    records = [{"a": 1, "b": "x,y"}, {"b": None, "a": 2.5, "c": {"d": [1]}}]
    lines = "\n".join(json.dumps(one) for one in records).encode()
    expected = [["a", "b", "c"], ["1", "x,y", ""], ["2.5", "", '{"d": [1]}']]
    for name, content in (
        ("lines.bin", lines),
        ("array.csv", json.dumps(records).encode()),
        ("packed.txt", gzip.compress(lines)),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        assert rows(cat(file).stdout) == expected


def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)[:-30])
    for answer in (cat(file), cat(tmp_path / "none.csv"), cat(tmp_path)):
        assert answer.returncode == 1
        assert answer.stderr.startswith(b"sluice: ") and answer.stderr.count(b"\n") == 1


def test_quotes_within_fields_and_around_others_are_a_question(tmp_path: Path) -> None:
    file = tmp_path / "pipes.csv"
    pipes = "".join(f'{number},pipe 5" steel\n' for number in range(20_000))
    file.write_text("id,name\n" + pipes)
    assert cat(file).stdout.count(b'"pipe 5"" steel"\n') == 20_000

    file.write_text("id,name\n" + pipes + '20000,"Smith, John"\n')
    answer = cat(file)
    assert answer.returncode == 1 and answer.stdout == b""
    assert b"option quote" in answer.stderr
    told = cat(file, "--quote", "none")
    assert len(rows(told.stdout)) - 1 == 20_000 and b"field_count" in told.stderr


def test_a_row_that_begins_like_a_remark_is_a_row(tmp_path: Path) -> None:
    file = tmp_path / "remark.csv"
    file.write_text("# made by x\nid,name\n1,a\n#2,b\n3,c\n")
    assert cat(file).stdout == b"id,name\n1,a\n#2,b\n3,c\n"
    file.write_text("# made by x\nid,name\n1,a\n# a remark, really, it is\n3,c\n")
    assert cat(file).stdout == b"id,name\n1,a\n3,c\n"
