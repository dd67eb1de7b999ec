"""Mends a file of rejected rows (`format=source`) that Fixtures/generate.py had spoilt.

Each kind of bad row keeps its serial number, and by that the generator says how the row should be.
"""

import csv
import io

import generate


def mend(source: bytes, seed: int = 1, newline_share: float = 0.001) -> bytes:
    """The file with all rows mended, `_errors` and all, as a person would send it back."""
    rows = list(csv.reader(io.StringIO(source.decode("utf-8"), newline="")))
    header = rows[0]
    assert header == [*generate.HEADER.split(","), "_errors"], header
    tables = generate.Tables(seed)
    mended = [",".join(header)]
    for row in rows[1:]:
        assert row[-1], f"a rejected row without its reason: {row}"
        index = int(row[0]) - generate.FIRST_SERIAL
        reason = '"' + row[-1].replace('"', '""') + '"'
        mended.append(generate.good_row(index, seed, newline_share, tables) + "," + reason)
    return ("\n".join(mended) + "\n").encode()
