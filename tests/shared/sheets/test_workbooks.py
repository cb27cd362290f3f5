"""Excel and OpenDocument: cells as they are, nothing run, and nothing unpacked that is too large."""

import io
import struct
import tracemalloc
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from shared.sheets import SheetFault, read

from .build import changed, data, ods_of, xlsx_of
from .pace import growth

HEADINGS = ["Nummer", "Naam", "Postcode", "Leden", "Opgericht", "Lid sinds", "KvK", "Telefoon"]


def _refused(content: bytes) -> list[str]:
    with pytest.raises(SheetFault) as caught:
        read(content, "a.xlsx")
    return [p.code for p in caught.value.problems]


def test_cells_keep_what_they_are() -> None:
    """Numbers, dates and text; zeros that Excel took from a telephone or Chamber of Commerce number are put back."""
    row = [17, "Noaberhulp", 3705, 1500.0, date(2019, 12, 31), datetime(2019, 12, 31), 1234567, 612345678]
    assert data(read(xlsx_of(HEADINGS, row), "a.xlsx")) == [
        {
            "externalId": "17",
            "name": "Noaberhulp",
            "postcode": "3705",
            "numbers": {"members": 1500},
            "founded": 2019,
            "memberSince": "2019-12-31",
            "kvkNumber": "01234567",
            "contact": {"phone": "0612345678"},
        }
    ]


def test_a_number_that_excel_made_a_date_of_is_told() -> None:
    """An id like 1-2 is a date before anybody notices."""
    sheet = read(xlsx_of(["Nummer", "Naam"], [date(2026, 2, 1), "Aa"]), "a.xlsx")
    assert sheet.rows[0].data["externalId"] == "01-02-2026"
    assert [f.problem.code for f in sheet.rows[0].warnings] == ["became-date"]


def test_the_sheet_with_the_headings_is_read_and_the_others_are_named() -> None:
    """Whichever comes first; hidden ones do not count."""
    content = xlsx_of(
        ["Toelichting"], ["Vul het volgende blad in"], sheets=[("Leden", [["", ""], ["Nummer", "Naam"], [1, "Aa"]])]
    )
    sheet = read(content, "a.xlsx")
    assert [(r.number, r.data["name"]) for r in sheet.rows] == [(3, "Aa")]
    assert [(n.code, n.value) for n in sheet.notes] == [("unread-sheet", "Lijst")]
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Lijst"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert read(out.getvalue(), "a.xlsx").notes == ()


def test_workbooks_of_other_programs_are_read() -> None:
    """As openpyxl writes them (text in the cells), and OpenDocument."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["Nummer", "Naam", "Lid sinds"], [1, "Aa", date(2020, 5, 6)]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert data(read(out.getvalue(), "a.xlsx")) == [{"externalId": "1", "name": "Aa", "memberSince": "2020-05-06"}]
    assert data(read(ods_of(["Nummer", "Naam"], ["1", "Aa"]), "a.ods")) == [{"externalId": "1", "name": "Aa"}]


def test_what_a_formula_last_showed_is_read_and_its_fault_is_told() -> None:
    """Nothing is computed."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Nummer", "Naam", "Plaats"])
        page.write_row(1, 0, [1])
        page.write_formula(1, 1, '=HYPERLINK("http://x","Aa")', None, "Aa")
        page.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    [row] = read(out.getvalue(), "a.xlsx").rows
    assert row.data == {"externalId": "1", "name": "Aa"}
    assert [(f.cell, f.problem.code) for f in row.warnings] == [("C2", "formula-error")]


def test_macros_are_not_run_and_that_is_said() -> None:
    """Only the cells are read."""
    content = changed(xlsx_of(["Nummer", "Naam"], [1, "Aa"]), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Auto_Open")
    sheet = read(content, "a.xlsm")
    assert data(sheet) == [{"externalId": "1", "name": "Aa"}]
    assert [n.code for n in sheet.notes] == ["macros"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"), "file-password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "file-kind"),
        (ods_of(["Nummer", "Naam"], ["1", "Aa"], manifest="<manifest:encryption-data/>"), "file-password"),
        (b"PK\x03\x04" + bytes(200), "file-unreadable"),
        (changed(xlsx_of(["a"]), "xl/workbook.xml", b"<workbook"), "file-unreadable"),
        (changed(xlsx_of(["a"]), "content.xml", b"<a/>"), "file-unreadable"),
        (xlsx_of(), "file-empty"),
        (xlsx_of(["x", "y"], [1, 2]), "no-headings"),
    ],
)
def test_what_is_no_open_workbook_is_refused(content: bytes, code: str) -> None:
    """With what to do: save it without a password, save it as .xlsx."""
    assert _refused(content) == [code]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """By the sizes that it declares, and by what it is once unpacked when those are a lie."""
    zeros = changed(xlsx_of(["Nummer", "Naam"], [1, "Aa"]), "xl/media/x.bin", bytes(50_000_000))
    assert _refused(zeros) == ["file-unpacks"]
    lying = bytearray(zeros)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := lying.find(signature, at + 1)) >= 0:
            if struct.unpack_from("<I", lying, at + offset)[0] == 50_000_000:
                struct.pack_into("<I", lying, at + offset, 1000)
    tracemalloc.start()
    try:
        assert _refused(bytes(lying)) == ["file-unpacks"]
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "cell", ['<c r="XFD1048576"><v>1</v></c>', '<c r="B30000"><v>1</v></c>', '<c r="ZZZ3"><is><t>x</t></is></c>']
)
def test_a_cell_far_away_takes_no_room(cell: str) -> None:
    """Two cells in opposite corners would make all cells between them."""
    row = f'<row r="3">{cell}</row></sheetData>'.encode()
    content = changed(
        xlsx_of(["Nummer", "Naam"], [1, "Aa"]), "xl/worksheets/sheet1.xml", None, old=b"</sheetData>", new=row
    )
    assert _refused(content) == ["file-too-large"]
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(moved, "w") as target:
        for entry in source.infolist():
            body = source.read(entry).replace(b"worksheets/sheet1.xml", b"elsewhere/Sheet1.dat")
            target.writestr(entry.filename.replace("worksheets/sheet1.xml", "elsewhere/sheet1.DAT"), body)
    assert _refused(moved.getvalue()) == ["file-too-large"]


def test_a_text_shown_a_million_times_is_refused() -> None:
    """Shared texts take room once in the file, and each time in memory."""
    rows = "".join(f'<row r="{n}">' + "<c t='s'><v>0</v></c>" * 100 + "</row>" for n in range(1, 60))
    content = changed(xlsx_of(["Nummer", "Naam"], [1, "Aa"]), "xl/worksheets/sheet1.xml", None, old=b"</sheetData>", new=rows.encode() + b"</sheetData>")  # fmt: skip
    long = b"<sst><si><t>" + b"x" * 30_000 + b"</t></si></sst>"
    assert _refused(changed(content, "xl/sharedStrings.xml", long)) == ["file-unpacks"]


@pytest.mark.parametrize(("rows", "cells"), [(1_000_000, 1), (1, 1_000_000), (15_000, 400)])
def test_repeated_cells_of_opendocument_are_counted(rows: int, cells: int) -> None:
    """One element may stand for a million cells."""
    content = ods_of(["Nummer", "Naam"], ["1", "Aa"], repeat_rows=rows, repeat_cells=cells)
    with pytest.raises(SheetFault) as caught:
        read(content, "a.ods")
    assert {p.code for p in caught.value.problems} <= {"file-too-large", "file-unpacks"}


def test_entities_are_not_expanded() -> None:
    """A billion laughs."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>'
    assert _refused(changed(xlsx_of(["a"]), "xl/worksheets/sheet1.xml", laughs)) == ["file-unreadable"]


def test_the_largest_list_there_may_be_takes_no_longer_than_it_is_long() -> None:
    """Twenty thousand rows, all of them read."""

    def book(rows: int) -> bytes:
        cells = ["3705 XX", "Zeist", "zorg; welzijn", 1500]
        headings = ["Nummer", "Naam", "Postcode", "Gemeente", "Thema's", "Leden"]
        return xlsx_of(headings, *([n, f"Initiatief {n}", *cells] for n in range(rows)))

    books = {rows: book(rows) for rows in (2_000, 20_000)}

    def read_all(rows: int) -> None:
        assert len(list(read(books[rows], "a.xlsx").good)) == rows

    assert growth(read_all, 2_000, 20_000) < 2 * 10
