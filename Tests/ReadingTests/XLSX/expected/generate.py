"""Writes what openpyxl reads in each workbook of the corpus, as text files beside this script.

    python3 generate.py FOLDER_WITH_WORKBOOKS

One line for a row with a value: its number in the sheet, then its cells, with tabs between them. NULL is
nothing, a text begins with an apostrophe, an error with an exclamation mark; backslash, tab, line feed and
carriage return within a text are written as in C. Cells of no value at a row's end are left out. The first
visible worksheet is read. Texts have the escapes of ST_Xstring undone, which openpyxl leaves as they are.
What openpyxl stumbles over without need is mended in memory first: see `mended`.
"""

import datetime
import io
import pathlib
import sys
import warnings
import zipfile

import openpyxl
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.escape import unescape


def number(value):
    return repr(value)


def clock(value):
    text = value.strftime("%H:%M:%S")
    return text + (".%03d" % (value.microsecond // 1000) if value.microsecond else "")


def duration(value):
    milliseconds = round(value / datetime.timedelta(milliseconds=1))
    sign, milliseconds = ("-" if milliseconds < 0 else ""), abs(milliseconds)
    seconds, rest = divmod(milliseconds, 1000)
    text = "%s%02d:%02d:%02d" % (sign, seconds // 3600, seconds // 60 % 60, seconds % 60)
    return text + (".%03d" % rest if rest else "")


def shown(cell):
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return "!" + value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        if midnight and is_datetime(cell.number_format) == "date":
            return value.date().isoformat()
        return value.date().isoformat() + " " + clock(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return clock(value)
    if isinstance(value, datetime.timedelta):
        return duration(value)
    text = unescape(value)
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return "'" + text


def mended(path):
    """The names of the strict kind of files, empty styles, and a part whose case is not as told."""
    result = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".xml", ".rels")):
                content = content.replace(
                    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
                    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                ).replace(
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                ).replace(b' s=""', b"")
            new.writestr(name.replace("SharedStrings", "sharedStrings"), content)
    return result


def lines(path):
    book = openpyxl.load_workbook(mended(path), data_only=True)
    sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), book.worksheets[0])
    for row in sheet.iter_rows():
        cells = [shown(cell) for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            yield "\t".join([str(row[0].row)] + cells)


def main():
    warnings.simplefilter("ignore")
    here = pathlib.Path(__file__).parent
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xlsx")):
        try:
            text = "".join(line + "\n" for line in lines(path))
        except Exception as error:
            print(path.name, "is not read by openpyxl:", type(error).__name__, error)
            continue
        (here / (path.stem + ".tsv")).write_text(text, encoding="utf-8", newline="")


main()
