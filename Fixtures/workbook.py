"""Makes an Excel workbook of a sales file: texts shared, as Excel writes them, dates as numbers with a format.

    python3 Fixtures/workbook.py SOURCE.csv TARGET.xlsx

Each address has the number of its row before it, so that there are nearly as many different texts as rows, which
is hard for who reads them. The sheet is written as it comes; only the table of shared texts is in memory. The
same source gives the same parts in the archive.
"""

import csv
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

EPOCH = date(1899, 12, 30)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
BLOCK = 1 << 20

# Styles: 0 as it is, 1 a date, 2 a date with a time to the millisecond.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss.000"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
SMALL_PARTS = {
    "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": STYLES,
}

# What the columns of demo.sales are in a sheet, in their order.
KINDS = ["number", "text", "number", "date", "number", "number", "number", "text", "boolean", "moment"]
ADDRESS = 7


class SharedTexts:
    """Each text once, with its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.uses = 0

    def number(self, text: str) -> int:
        self.uses += 1
        return self.numbers.setdefault(text, len(self.numbers))

    def part(self) -> Iterator[str]:
        yield f'{HEAD}<sst xmlns="{MAIN}" count="{self.uses}" uniqueCount="{len(self.numbers)}">'
        for text in self.numbers:
            yield f'<si><t xml:space="preserve">{escape(text)}</t></si>'
        yield "</sst>"


def serial(text: str) -> str:
    """A time of UTC as days since the epoch of Excel."""
    moment = datetime.fromisoformat(text).replace(tzinfo=None)
    past = moment - datetime.combine(EPOCH, datetime.min.time())
    return repr(past / timedelta(days=1))


def cell(place: str, kind: str, value: str, texts: SharedTexts) -> str:
    if kind == "text":
        return f'<c r="{place}" t="s"><v>{texts.number(value)}</v></c>'
    if value == "":
        return ""
    if kind == "number":
        return f'<c r="{place}"><v>{value}</v></c>'
    if kind == "boolean":
        return f'<c r="{place}" t="b"><v>{1 if value == "true" else 0}</v></c>'
    if kind == "date":
        return f'<c r="{place}" s="1"><v>{(date.fromisoformat(value) - EPOCH).days}</v></c>'
    return f'<c r="{place}" s="2"><v>{serial(value)}</v></c>'


def sheet(source: Path, texts: SharedTexts) -> Iterator[str]:
    letters = "ABCDEFGHIJ"
    yield f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'
    with open(source, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            kinds = KINDS if number > 1 else ["text"] * len(row)
            if number > 1 and row[ADDRESS]:
                row[ADDRESS] = f"{row[0]}.{row[ADDRESS]}"
            cells = zip(letters, kinds, row, strict=True)
            yield (
                f'<row r="{number}">'
                + "".join(cell(f"{letter}{number}", kind, value, texts) for letter, kind, value in cells)
                + "</row>"
            )
    yield "</sheetData></worksheet>"


def write(archive: zipfile.ZipFile, name: str, pieces: Iterator[str]) -> None:
    with archive.open(name, "w", force_zip64=True) as part:
        block: list[str] = []
        size = 0
        for piece in pieces:
            block.append(piece)
            size += len(piece)
            if size >= BLOCK:
                part.write("".join(block).encode())
                block, size = [], 0
        part.write("".join(block).encode())


def main() -> None:
    source, target = (Path(word) for word in sys.argv[1:])
    texts = SharedTexts()
    unfinished = target.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in SMALL_PARTS.items():
            archive.writestr(name, content)
        write(archive, "xl/worksheets/sheet1.xml", sheet(source, texts))
        write(archive, "xl/sharedStrings.xml", texts.part())
    unfinished.rename(target)


if __name__ == "__main__":
    main()
