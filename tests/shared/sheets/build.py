"""Files as people make them, for the tests."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from shared.sheets import Sheet, read


def csv_of(*rows: Sequence[str], divider: str = ";", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=divider, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_of(*rows: Sequence[Any], sheets: Sequence[tuple[str, Sequence[Sequence[Any]]]] = ()) -> bytes:
    """A workbook with these rows; `sheets` come after it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        as_date = book.add_format({"num_format": "dd-mm-yyyy"})
        for name, content in (("Lijst", rows), *sheets):
            page = book.add_worksheet(name)
            for r, row in enumerate(content):
                for c, cell in enumerate(row):
                    if hasattr(cell, "isoformat"):
                        page.write_datetime(r, c, cell, as_date)
                    elif isinstance(cell, str):
                        page.write_string(r, c, cell)
                    elif cell is not None:
                        page.write(r, c, cell)
    return out.getvalue()


def ods_of(*rows: Sequence[Any], repeat_rows: int = 1, repeat_cells: int = 1, manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet; the last row and its last cell stand for so many."""
    body = []
    for n, row in enumerate(rows, 1):
        last = n == len(rows)
        cells = "".join(
            f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeat_cells if last and c == len(row) else 1}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
            for c, cell in enumerate(row, 1)
        )
        body.append(
            f'<table:table-row table:number-rows-repeated="{repeat_rows if last else 1}">{cells}</table:table-row>'
        )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Blad1">{"".join(body)}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}">{manifest}</manifest:file-entry></manifest:manifest>',
        )
    return out.getvalue()


def changed(archive: bytes, name: str, content: bytes | None, *, old: bytes = b"", new: bytes = b"") -> bytes:
    """The archive with one file replaced, added, or mended by replacing text in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry.filename, source.read(entry))
            elif content is None:
                target.writestr(name, source.read(entry).replace(old, new))
        if content is not None:
            target.writestr(name, content)
    return out.getvalue()


def one_row(headings: Sequence[str], cells: Sequence[str], **more: Any) -> Sheet:
    """A CSV with a number and a name, and these columns."""
    return read(csv_of(["Nummer", "Naam", *headings], ["1", "Noaberhulp", *cells]), "a.csv", **more)


def data(sheet: Sheet) -> list[dict[str, Any]]:
    return [dict(row.data) for row in sheet.rows]


def codes(sheet: Sheet) -> list[str]:
    return [fault.problem.code for row in sheet.rows for fault in row.problems]
