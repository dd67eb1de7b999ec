"""Writes the inputs that are no plain text: other encodings, compressed files, workbooks.

    python3 Fixtures/golden/inputs.py

The bytes are the same every time.
"""

import gzip
import io
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DAY = (2024, 1, 1, 0, 0, 0)

GERMAN = (
    "Auswertung der Bestellungen\r\nStand: 31.12.2024\r\n\r\n"
    "ID;Amount;Day;Name;Paid\r\n"
    "1;1.234,56;31.12.2024;Jürgen Müßig;t\r\n"
    '2;-7,5;02.01.2024;"Łódź; ""Zoë""";f\r\n'
    "3;12;29.02.2023;;\r\n"
    "4;1.000.000;1.3.2024;😀;t\r\n"
    "5;1,234,5;15.03.2024;x;t\r\n"
)

WESTERN = (
    "id;amount;day;name;paid\r\n"
    + "".join(f"{number};{number},50;{number + 10}.03.2024;Käufer „Größe“ für {number} €;t\r\n" for number in range(1, 6))
    + "6;6,50;32.03.2024;Straße;f\r\n"
)


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name, DAY), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = "http://schemas.openxmlformats.org/package/2006/relationships"
# Style number: the format of its cells.
STYLES = ["General", "0.00%", "yyyy-mm-dd", "dd/mm/yyyy hh:mm:ss", "hh:mm", "[h]:mm:ss", "#,##0.00 [$€-407]", "@"]


def workbook(sheets: list[tuple[str, str, str]], strings: list[str], date1904: bool = False) -> bytes:
    """Sheets as name, state and rows; a cell of type `s` is the number of a shared string."""
    formats = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(STYLES))
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(STYLES)))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="rId{n}"/>' for n, (name, state, _) in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="rIdA" Type="{LINKS}/styles" Target="styles.xml"/>'
    links += f'<Relationship Id="rIdB" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
    date = '<workbookPr date1904="1"/>' if date1904 else ""
    texts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PARTS}"><Relationship Id="r" Type="{LINKS}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{date}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PARTS}">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(f"<si>{one}</si>" for one in strings)}</sst>',
    }
    for n, (_, _, rows) in enumerate(sheets, 1):
        texts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{MAIN}">{rows}</worksheet>'
    return archive({name: text.encode() for name, text in texts.items()})


def header(*names: str) -> str:
    return '<row r="1">' + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in names) + "</row>"


# Row 2: everything as it should be. Row 3: what Excel makes of it: no padding, 15 digits, cached values.
# Row 4: error cells. Row 5: a merged cell, whose value stands in its first cell only. Row 6 is not there.
# Row 7: null words, a text where a number should be, rich text.
ROWS = (
    header("id", "article", "big", "amount", "rate", "day", "at", "clock", "spent", "paid", "total", "note")
    + '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c><c r="C2"><v>123456789012345</v></c>'
    '<c r="D2" s="6"><v>1234.56</v></c><c r="E2" s="1"><v>0.125</v></c><c r="F2" s="2"><v>45351</v></c>'
    '<c r="G2" s="3"><v>45351.75</v></c><c r="H2" s="4"><v>0.5</v></c><c r="I2" s="5"><v>1.5</v></c>'
    '<c r="J2" t="b"><v>1</v></c><c r="K2"><f>D2*2</f><v>2469.12</v></c><c r="L2" t="s"><v>1</v></c></row>'
    '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>7</v></c><c r="C3"><v>1.23456789012345E+14</v></c>'
    '<c r="D3"><v>1E5</v></c><c r="E3" s="1"><v>1</v></c><c r="F3" s="2"><v>1</v></c><c r="G3" s="3"><v>59.5</v></c>'
    '<c r="H3" s="4"><v>0.999988425925926</v></c><c r="I3" s="5"><v>0.0000115740740740741</v></c>'
    '<c r="J3" t="b"><v>0</v></c><c r="K3"><f>D3/3</f><v>0.1</v></c>'
    '<c r="L3" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>'
    '<row r="4"><c r="A4"><v>3</v></c><c r="D4" t="e"><v>#DIV/0!</v></c><c r="L4" t="e"><v>#N/A</v></c></row>'
    '<row r="5"><c r="A5"><v>4</v></c><c r="B5" t="s"><v>2</v></c></row>'
    '<row r="7"><c r="A7"><v>5</v></c><c r="B7" t="s"><v>3</v></c><c r="D7" t="s"><v>4</v></c>'
    '<c r="F7" t="s"><v>5</v></c><c r="K7" t="s"><v>3</v></c><c r="L7" s="7" t="s"><v>6</v></c></row>'
)
STRINGS = [
    "<t>00123</t>", '<t xml:space="preserve"> spaced &amp; &lt;tagged&gt; </t>', "<t>merged</t>", "<t>n/a</t>",
    "<t>12.50</t>", "<t>2024-02-29</t>", "<r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r><rPh sb='0' eb='1'><t>x</t></rPh>",
]  # fmt: skip

OF_1904 = (
    header("id", "day", "spent")
    + '<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="2"><v>0</v></c><c r="C2" s="5"><v>0.25</v></c></row>'
    '<row r="3"><c r="A3"><v>2</v></c><c r="B3" s="2"><v>43889</v></c><c r="C3" s="5"><v>100.5</v></c></row>'
)


def main() -> None:
    rows = f'<sheetData>{ROWS}</sheetData><mergeCells count="1"><mergeCell ref="B5:E5"/></mergeCells>'
    notes = f"<sheetData>{header('no', 'table')}</sheetData>"
    second = header("id", "name") + '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c></row>'
    lines = b'{"id": 1, "name": "a"}\n{"id": 2, "name": "b"}\n{"id": "x"}\n'
    table = "id,name\n1,ä\n2,b\n1000,\nx,c\n".encode()
    inputs = {
        "german-export-in-utf-16/input.csv": GERMAN.encode("utf-16"),
        "windows-1252-undetected-by-name/input.txt": WESTERN.encode("cp1252"),
        "shift-jis-as-told/input.csv": "id,city,note\n1,東京,ソ\\表\n2,大阪,\"a,b\"\n".encode("shift_jis") + b"3,\x82,x\n4,a,b\n",
        "excel-unicode-text/input.txt": GERMAN.split("\r\n\r\n")[1].replace(";", "\t").encode("utf-16"),
        "json-lines-in-gzip/input.bin": gzip.compress(lines, mtime=0),
        "csv-in-zip/input.zip": archive({"folder/export.csv": table, "__MACOSX/._export.csv": b"x"}),
        "workbook/input.xlsx": workbook([("Data", "visible", rows)], STRINGS),
        "workbook-of-1904-with-hidden-sheet/input.xlsx": workbook(
            [("Old", "hidden", notes), ("Data", "visible", f"<sheetData>{OF_1904}</sheetData>")], STRINGS, date1904=True
        ),
        "workbook-sheet-by-name/input.xlsx": workbook(
            [("Data", "visible", notes), ("Zweites Blatt", "visible", f"<sheetData>{second}</sheetData>")], ["<t>x</t>"]
        ),
    }
    for name, content in inputs.items():
        (HERE / name).write_bytes(content)


main()
