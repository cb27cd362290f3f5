"""CSV as spreadsheets and people make it: any of the usual dividers and encodings, with or without `sep=`."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from .cells import cleaned
from .model import MOST_COLUMNS, MOST_ROWS, SheetFault
from .table import MOST_TITLE_ROWS, Table, tidy, too_many_columns, too_many_rows, unreadable

DIVIDERS = ";,\t|"
"""In the order of preference where nothing tells them apart."""
_END = "\ue000the end of the file\ue000"
_SEP = re.compile(r"^\ufeff?\"?sep=(.)\"?\r?\n?$", re.IGNORECASE)
_UNUSED_IN_CP1252 = re.compile(b"[\x81\x8d\x8f\x90\x9d]")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def read(content: bytes, recognised: Callable[[Sequence[str]], int]) -> Table:
    """The rows of a CSV file. `recognised` tells how many headings it knows in a row: the divider that shows most, is it.

    Raises SheetFault.
    """
    text = decoded(content)
    first = io.StringIO(text, newline="").readline(20)
    if m := _SEP.match(first):
        return _rows(text[len(first) :], m[1])
    return _rows(text, _divider(text, recognised))


def decoded(content: bytes) -> str:
    """The text. Without a mark it is UTF-8 if it can be, else what Windows writes in the Netherlands (cp1252)."""
    if codec := _UTF16.get(content[:2]) or _silent_utf16(content):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError as error:
            raise unreadable("geen tekst", "no text") from error
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            if _UNUSED_IN_CP1252.search(content):
                raise unreadable("geen tekst", "no text") from error
            text = content.decode("cp1252")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise unreadable("geen tekst", "no text")
    return text


def _silent_utf16(content: bytes) -> str | None:
    """UTF-16 without a mark: in western text every other byte is nought."""
    head = content[:400]
    odd, even = head[1::2], head[::2]
    if len(head) >= 8 and odd.count(0) > 0.7 * len(odd):
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 8 and even.count(0) > 0.7 * len(even) else None


def _divider(text: str, recognised: Callable[[Sequence[str]], int]) -> str:
    def score(divider: str) -> tuple[int, int]:
        try:
            rows = [row for _, row in zip(range(MOST_TITLE_ROWS), _records(text, divider), strict=False)]
        except SheetFault:  # a whole row is one long cell, to a divider that it does not have
            return 0, 0
        return max((recognised(row) for row in rows), default=0), max((len(row) for row in rows), default=0)

    scores = {divider: score(divider) for divider in DIVIDERS}
    return max(DIVIDERS, key=lambda divider: scores[divider])


def _rows(text: str, divider: str) -> Table:
    rows = []
    number, record = 0, [""]
    for number, record in enumerate(_records(text + f"\n{_END}", divider), 1):
        if record == [_END]:
            break
        if len(record) > MOST_COLUMNS and any(record[MOST_COLUMNS:]):
            raise too_many_columns()
        cells = tidy([cleaned(cell) for cell in record])
        if cells:
            rows.append((number, cells))
        if len(rows) > MOST_ROWS + MOST_TITLE_ROWS:
            raise too_many_rows()
    if record != [_END]:
        raise unreadable(
            f"een aanhalingsteken in rij {number} wordt niet gesloten", f"a quote in row {number} is never closed"
        )
    return Table(rows)


def _records(text: str, divider: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    except csv.Error as error:  # a field of more than 128 kB: usually a quote that is never closed
        raise unreadable(
            "een aanhalingsteken wordt niet gesloten, of een cel is te lang",
            "a quote is never closed, or a cell is too long",
        ) from error
