"""Any file of valid rows gives its events back; any bytes at all give a sheet or a SheetFault."""

import csv
import io
import random
import time
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.events.base import _NOT_IN_PROSE
from shared.events.codelists import codelist
from shared.events.partner import InitiativeReported
from shared.sheets import SheetFault, read, refused_as_csv, refused_as_xlsx
from shared.sheets.columns import COLUMNS, Spec
from shared.sheets.recognising import recognise

from .build import csv_of, xlsx_of

PATIENT = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
BOUND_S = 10.0
"""Of the processor, for this thread."""

_line = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"]), min_size=2, max_size=40)
    .map(str.strip)
    .filter(lambda t: len(t) >= 2 and not _NOT_IN_PROSE.search(t) and not t.startswith("'") and not t.startswith('="'))
)
_number = st.integers(0, 10_000_000)


def _codes(name: str) -> Any:
    return st.lists(st.sampled_from(list(codelist(name))), max_size=4, unique=True)


@st.composite
def reports(draw: Any) -> dict[str, Any]:
    """Valid data of an initiative, as the contract has it."""

    def maybe(strategy: "st.SearchStrategy[Any]") -> Any:
        return draw(st.none() | strategy)

    said = {
        "externalId": draw(_line),
        "name": draw(_line),
        "otherNames": draw(st.lists(_line.filter(lambda t: not set(t) & set(";|•*")), max_size=3)),
        "kind": maybe(st.sampled_from(list(codelist("kind")))),
        "phase": maybe(st.sampled_from(list(codelist("phase")))),
        "legalForm": maybe(st.sampled_from(list(codelist("legal-form")))),
        "kvkNumber": maybe(st.from_regex(r"[0-9]{8}", fullmatch=True).filter(str.isascii)),
        "founded": maybe(st.integers(1800, 2100)),
        "place": maybe(_line),
        "postcode": maybe(st.from_regex(r"[1-9][0-9]{3}( ?[A-Za-z]{2})?", fullmatch=True).filter(str.isascii)),
        "website": maybe(st.sampled_from(["https://a.nl", "www.b.example/x?y=1", "c-d.nl"])),
        "targetGroups": draw(_codes("target-group")),
        "themes": draw(_codes("theme")),
        "numbers": {
            k: v
            for k, v in {
                "volunteers": maybe(_number),
                "members": maybe(_number),
                "visitorsPerYear": maybe(_number),
                "paidFte": maybe(st.integers(0, 999_999).map(lambda n: n / 10)),
            }.items()
            if v is not None
        },
        "memberSince": maybe(st.dates(min_value=date(1950, 1, 1)).map(str)),
        "activities": [
            {"activity": a, **({"degree": d} if d else {})}
            for a, d in draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(list(codelist("activity"))),
                        st.none() | st.sampled_from(list(codelist("degree"))),
                    ),
                    max_size=4,
                )
            )
        ],
        "contact": {
            k: v
            for k, v in {
                "person": maybe(_line),
                "email": maybe(st.sampled_from(["a@b.nl", "info@noaberhulp.example"])),
                "phone": maybe(st.sampled_from(["06-28872820", "+31 30 1234567", "0301234567"])),
            }.items()
            if v is not None
        },
    }
    return {k: v for k, v in said.items() if v not in (None, {}, [])}


def _cells(said: dict[str, Any], language: str, mark: str) -> dict[str, str]:
    """The row as somebody would type it, in one of two languages, with lists divided by `mark`."""

    def label(name: str, code: str) -> str:
        return str(getattr(codelist(name)[code], language))

    flat = {k: v for k, v in said.items() if not isinstance(v, dict | list)}
    flat |= {f"numbers.{k}": v for k, v in said.get("numbers", {}).items()}
    flat |= {f"contact.{k}": v for k, v in said.get("contact", {}).items()}
    for field, name in (("kind", "kind"), ("phase", "phase"), ("legalForm", "legal-form")):
        if field in flat:
            flat[field] = label(name, flat[field])
    for field, name in (("targetGroups", "target-group"), ("themes", "theme")):
        if field in said:
            flat[field] = mark.join(label(name, code) for code in said[field])
    if "otherNames" in said:
        flat["otherNames"] = ";".join(said["otherNames"])
    if "activities" in said:
        flat["activities"] = "; ".join(
            label("activity", a["activity"]) + (f" ({label('degree', a['degree'])})" if "degree" in a else "")
            for a in said["activities"]
        )
    return {k: str(v).replace(".", ",") if isinstance(v, float) else str(v) for k, v in flat.items()}


def _same(sheet: Any, wanted: list[dict[str, Any]]) -> None:
    assert [[f.nl for f in row.problems] for row in sheet.rows] == [[] for _ in wanted]
    assert [row.event for row in sheet.rows] == [InitiativeReported.model_validate(said) for said in wanted]


def _table(wanted: list[dict[str, Any]], language: str, mark: str) -> list[list[str]]:
    rows = [_cells(said, language, mark) for said in wanted]
    headings = ["externalId", "name", *sorted({k for row in rows for k in row} - {"externalId", "name"})]
    return [headings, *[[row.get(h, "") for h in headings] for row in rows]]


_lists = st.lists(reports(), min_size=1, max_size=4, unique_by=lambda said: said["externalId"].strip())


@PATIENT
@given(
    _lists,
    st.sampled_from(["nl", "en"]),
    st.sampled_from([";", " | ", "\n"]),
    st.sampled_from(";,\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
def test_rows_in_any_csv_come_back_as_the_same_events(
    wanted: list[dict[str, Any]], language: str, mark: str, divider: str, encoding: str
) -> None:
    """Whatever the divider, the encoding, the language of the labels and the mark between the items of a list."""
    table = _table(wanted, language, mark)
    _same(read(csv_of(*table, divider=divider, encoding=encoding), "a.csv"), wanted)


@PATIENT
@given(_lists, st.sampled_from(["nl", "en"]))
def test_rows_in_excel_come_back_as_the_same_events(wanted: list[dict[str, Any]], language: str) -> None:
    """Numbers as numbers, the rest as text, as Excel keeps them."""
    table = _table(wanted, language, ";")
    numeric = {n for n, h in enumerate(table[0]) if h in ("founded", "kvkNumber") or h.startswith("numbers.")}
    typed = [[float(c.replace(",", ".")) if n in numeric and c else c for n, c in enumerate(row)] for row in table[1:]]
    _same(read(xlsx_of(table[0], *typed), "a.xlsx"), wanted)


_cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    ["=1+1", "+31 6", "-", "@a", "\tx", "\r", "'=x", "''=x", '="012"', "a;b", 'a"b', "a\nb", " ", "31-12-2019", "1.500"]
)


@PATIENT
@given(st.lists(st.lists(_cell, min_size=4, max_size=4), min_size=1, max_size=5))
def test_refused_rows_come_back_as_they_stood(rows: list[list[str]]) -> None:
    """Read, written as refused, and read again: every cell says the same, in CSV and in Excel."""
    content = csv_of(["nummer", "naam", "postcode", "plaats"], *[["", "x", "??", ""], *rows])
    try:
        sheet = read(content, "a.csv")
    except SheetFault:
        return
    wanted = [dict(row.data) for row in sheet.rows if row.problems]
    for write in (refused_as_csv, refused_as_xlsx):
        if write is refused_as_xlsx and any(
            ord(c) < 32 and c not in "\t\n" for row in rows for cell in row for c in cell
        ):
            continue  # Excel has no control characters
        again = read(write(sheet), "again")
        assert [dict(row.data) for row in again.rows] == wanted


def _never_fails(content: bytes) -> None:
    began = time.thread_time()
    try:
        sheet = read(content, "x")
    except SheetFault:
        pass
    else:
        refused_as_csv(sheet)
    assert time.thread_time() - began < BOUND_S


_INITIATIVE = COLUMNS[InitiativeReported.type]()
_HEADINGS = [(name, spec) for spec in _INITIATIVE for name in (*spec.title, *spec.names) if not spec.joins]


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(_HEADINGS),
    st.sampled_from([str.upper, str.title, str.casefold, str]),
    st.sampled_from([" ", "  ", "-", "_", ". ", "/"]),
    st.sampled_from(["{}", " {} ", "{}:", "{}*", "{} (verplicht)", "{} ", "{}."]),
)
def test_headings_are_recognised_however_they_are_decorated(
    named: tuple[str, Spec], case: Callable[[str], str], between: str, around: str
) -> None:
    """Every heading that we know, in any case, with whatever stands between its words and around it."""
    name, spec = named
    heading = around.format(case(between.join(name.replace("('s)", "s").replace("(en)", "en").split())))
    found = recognise(heading, InitiativeReported.type)
    assert found is not None, heading
    assert found.pointer == spec.pointer, heading


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from([(name, spec) for name, spec in _HEADINGS if "nummer" in name.casefold()]),
    st.sampled_from(["nr", "nr.", " nr", " nr."]),
)
def test_numbers_are_shortened_as_people_do(named: tuple[str, Spec], short: str) -> None:
    """Whatever ends in "nummer" may end in "nr"."""
    name, spec = named
    found = recognise(name.casefold().replace("nummer", short), InitiativeReported.type)
    assert found is not None, name
    assert found.pointer == spec.pointer, name


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_heading_is_known_or_not(heading: str) -> None:
    """And nothing else happens."""
    for kind in COLUMNS:
        recognise(heading, kind)


@PATIENT
@given(st.binary(max_size=2000))
def test_random_bytes_never_raise_anything_else(content: bytes) -> None:
    """Whatever it is, it is a sheet or a SheetFault."""
    _never_fails(content)


@PATIENT
@given(
    st.lists(
        st.sampled_from([*"nummer;naam,\"\n\r\t|='+-@x1.0-/\x00\ufeff\u202e", "nummer", "naam", "sep="]), max_size=300
    ).map("".join)
)
def test_random_text_like_csv_never_raises_anything_else(text: str) -> None:
    """Text that looks more like a table, below headings that are known."""
    _never_fails(text.encode())
    _never_fails(("nummer;naam;opgericht;telefoon;thema's;toestemming loting\n" + text).encode("utf-16"))


BOOKS = [xlsx_of(["nummer", "naam"], ["1", "Aa"], [2, 3.5])]


@PATIENT
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_damaged_workbooks_never_raise_anything_else(chance: random.Random, times: int) -> None:
    """Bytes changed in the archive, and bytes changed in the XML inside a sound archive."""
    raw = bytearray(BOOKS[0])
    for _ in range(times):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    _never_fails(bytes(raw))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOKS[0])) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = bytearray(source.read(entry))
            if chance.random() < 0.3:
                content[chance.randrange(len(content))] = chance.randrange(256)
            target.writestr(entry.filename, bytes(content))
    _never_fails(out.getvalue())


def test_a_cell_of_any_length_is_read_or_refused() -> None:
    """Up to what the csv module takes, and beyond."""
    for size in (100_000, 200_000, 5_000_000):
        out = io.StringIO()
        csv.writer(out).writerows([["nummer", "naam"], ["1", "x" * size]])
        _never_fails(out.getvalue().encode())
