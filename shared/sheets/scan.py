"""The XML of worksheets gone through before a spreadsheet library sees it: how many cells it would set room aside for.

Two cells in opposite corners make a reader keep all cells between them; one text can be shown by a million cells.
"""

from collections.abc import Mapping
from xml.parsers import expat

from shared.events.problems import problem

from .model import MOST_COLUMNS, MOST_ROWS, SheetFault
from .table import MOST_TITLE_ROWS, damaged, too_many_columns, too_many_rows

MOST_CELLS = 2_000_000
"""Of all worksheets together, counting the empty ones between the first and the last."""
MOST_TEXT = 60_000_000
"""Characters of all cells together, each time that a shared text is used."""


class Visitor:
    """What `parse` tells, part by part; subclasses do something with some of it."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...
    def text(self, data: str) -> None: ...
    def end(self, name: str) -> None: ...


class Worksheet(Visitor):
    """A worksheet of an .xlsx: how far its filled cells reach, how much text they show, and which formulas failed."""

    def __init__(self, shared: list[int]) -> None:
        self.rows = self.columns = self.characters = 0
        self.errors: set[tuple[int, int]] = set()
        self._shared = shared
        self._row = self._column = 0
        self._kind, self._text, self._in_value = "n", "", False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self._row, self._column = _number(attributes.get("r"), self._row + 1), 0
        elif name == "c":
            row, column = _reference(attributes.get("r", ""))
            self._row, self._column = row or self._row, column or self._column + 1
            self._kind = attributes.get("t", "n")
        elif name in ("v", "t"):
            self._in_value, self._text = True, ""
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
            _fits(self.rows, self.columns)
            if self._kind == "e":
                self.errors.add((self._row, self._column - 1))

    def text(self, data: str) -> None:
        if self._in_value:
            self.characters += len(data)
            if self._kind == "s" and len(self._text) < 12:
                self._text += data

    def end(self, name: str) -> None:
        if name == "v" and self._kind == "s":
            index = _number(self._text, -1)
            self.characters += self._shared[index] if 0 <= index < len(self._shared) else 0
        if name in ("v", "t"):
            self._in_value = False
            _within(self.characters, MOST_TEXT)


class SharedTexts(Visitor):
    """The length of each text that cells of an .xlsx share."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if name == "si":
            self.lengths.append(0)

    def text(self, data: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(data)


class OpenDocument(Visitor):
    """The sheets of an .ods, in which one cell or row may stand for a million."""

    def __init__(self) -> None:
        self._cells_before = self._characters = 0
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._rows = self._last = self._widest = 0
        self._begin_row(1)

    def _begin_row(self, repeat: int) -> None:
        self._repeat, self._cell, self._column, self._filled, self._row_characters = repeat, 1, 0, 0, 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            self._begin_sheet()
        elif name == "table-row":
            self._begin_row(_number(attributes.get("number-rows-repeated"), 1))
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = _number(attributes.get("number-columns-repeated"), 1)
            self._column += self._cell
            if "value-type" in attributes:
                self._filled = self._column

    def text(self, data: str) -> None:
        if self._column:
            self._filled = self._column
            self._row_characters += len(data) * self._cell
            _within(self._row_characters, MOST_TEXT)

    def end(self, name: str) -> None:
        if name == "table":
            self._cells_before += self._last * self._widest
        elif name == "table-row":
            self._rows += self._repeat
            self._characters += self._row_characters * self._repeat
            if self._filled:
                self._last, self._widest = self._rows, max(self._widest, self._filled)
                _fits(self._last, self._widest)
            _within(self._characters, MOST_TEXT)
            _within(self._cells_before + self._last * self._widest, MOST_CELLS)


def excel(files: Mapping[str, bytes]) -> dict[str, Worksheet]:
    """Every worksheet of an .xlsx, wherever it lies, by its file name. Raises SheetFault when reading it would take too much."""
    texts = SharedTexts()
    if content := files.get("xl/sharedstrings.xml"):
        parse(content, texts)
    found, cells = {}, 0
    for name, content in files.items():
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise damaged()
        if b"worksheet" in content and not name.endswith((".rels", ".bin")) and name != "[content_types].xml":
            found[name] = Worksheet(texts.lengths)
            parse(content, found[name])
            cells += found[name].rows * found[name].columns
            _within(cells, MOST_CELLS)
    return found


def parse(content: bytes, visitor: Visitor) -> None:
    """Takes a visitor through XML; names are without their namespaces. Raises SheetFault for what is no XML or declares
    entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise damaged()

    def started(name: str, attributes: dict[str, str]) -> None:
        visitor.start(name.rpartition(" ")[2], {k.rpartition(" ")[2]: v for k, v in attributes.items()})

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = started
    parser.CharacterDataHandler = visitor.text
    parser.EndElementHandler = lambda name: visitor.end(name.rpartition(" ")[2])
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # LookupError: an encoding that nobody knows
        raise damaged() from error


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else default


def _reference(text: str) -> tuple[int, int]:
    """ "AB12" as (12, 28); noughts where it says nothing."""
    letters = text.rstrip("0123456789")
    column = 0
    for letter in letters[:7].upper():
        column = column * 26 + max(0, ord(letter) - ord("A") + 1)
    return _number(text[len(letters) :], 0), column


def _fits(rows: int, columns: int) -> None:
    if rows > MOST_ROWS + MOST_TITLE_ROWS:
        raise too_many_rows()
    if columns > MOST_COLUMNS:
        raise too_many_columns()


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise SheetFault(problem("file-unpacks"))
