"""What the pages about an uploaded sheet show, in Dutch. Nothing that was uploaded is shown as it stood: see `plain`."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.store.upload_answers import UNANSWERED, UNSENT, RefusedLine
from services.registry.store.uploads import Line, Upload
from shared import dutch
from shared.events.codelists import Label
from shared.events.partner import InitiativeReported
from shared.events.problems import Problem
from shared.sheets import Column, Fault, Row, Sheet, refused_as_csv, refused_as_xlsx

OUTLOOKS: Mapping[str, tuple[str, str]] = {
    "new": ("Nieuw", "Dit sturen wij naar het register."),
    "changed": ("Gewijzigd", "Wij sturen de nieuwe gegevens naar het register."),
    "same": ("Ongewijzigd", "Dit weten wij al. Wij sturen niets."),
    "repeated": ("Dubbele rij", "Deze rij staat al eerder in het bestand. Wij sturen niets."),
    "refused": ("Geweigerd", "Deze rij klopt niet. Wij sturen niets."),
}
"""Of a row of a sheet: the word, and what it means."""

FILES: Mapping[str, tuple[Callable[[Sheet], bytes], str]] = {
    "csv": (refused_as_csv, "text/csv; charset=utf-8"),
    "xlsx": (refused_as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_STATUS = {
    "read": "nagekeken, nog niet verstuurd",
    "sending": "wordt verstuurd",
    "sent": "verstuurd, wacht op antwoord",
    "done": "klaar",
}
_KIND = {
    "initiative-reported.v1": "initiatieven",
    "initiative-withdrawn.v1": "afgemelde initiatieven",
    "survey-response-submitted.v1": "inzendingen van de vragenlijst",
    "signal-reported.v1": "signalen",
}
_BECAME = {
    "new": "nieuw in het register",
    "changed": "gewijzigd",
    "unchanged": "niets veranderd",
    "recorded": "opgenomen",
    "replaced": "in plaats van een eerdere",
    "duplicate": "was al eerder ontvangen",
    "refused": "alsnog geweigerd",
}
_TRIED_OUT = "in orde, niet bewaard"
_LONG = 300


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a sheet is: of `total` events `sent` have gone and `answered` have come back; of each outcome how many."""

    total: int
    sent: int
    answered: int
    became: Sequence[tuple[str, int]]
    refused_before: int
    refused: int
    left: Sequence[tuple[str, int]]

    @property
    def done(self) -> bool:
        return self.answered == self.total


def harmless(text: str) -> str:
    """As one can look at it: nothing that does not show, and nothing that turns the direction of writing."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def plain(text: object) -> str:
    """As `harmless`, and no more than fits."""
    shown = harmless(str(text))
    return shown if len(shown) <= _LONG else shown[: _LONG - 1] + "…"


def upload_line(upload: Upload) -> dict[str, str]:
    """One sheet in a list."""
    return {
        "id": upload.id,
        "filename": plain(upload.filename),
        "at": dutch.date_and_time(upload.uploaded_at),
        "status": _STATUS[upload.status],
    }


def sheet(upload: Upload) -> dict[str, Any]:
    """The sheet as a whole: what its rows are, and which column was taken for what."""
    columns = [Column(**column) for column in upload.sheet["columns"]]
    return {
        "filename": plain(upload.filename),
        "at": dutch.date_and_time(upload.uploaded_at),
        "kind": _KIND.get(upload.sheet["type"], upload.sheet["type"]),
        "known": [(c.letter, plain(c.heading), c.title) for c in columns if c.pointer],
        "unknown": [(c.letter, plain(c.heading), c.meant) for c in columns if not c.pointer],
        "notes": [harmless(note["nl"]) for note in upload.sheet["notes"]],
        "keyless": upload.sheet["keyless"],
    }


def line(row: Line, upload: Upload, before: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One row: what would happen to it, and why. `before`: what was said last, by external id."""
    columns = [Column(**column) for column in upload.sheet["columns"]]
    word, means = OUTLOOKS[row.outlook]
    return {
        "number": row.number,
        "key": plain(row.external_id or ""),
        "name": plain(row.name or ""),
        "outlook": row.outlook,
        "word": word,
        "means": means,
        "changes": _changes(row, before.get(row.external_id or "")),
        "problems": _each_once(_fault(f, columns) for f in row.problems),
        "warnings": _each_once(_fault(f, columns) for f in row.warnings),
    }


def vanished(row: Line) -> str:
    """One that is no longer in the sheet."""
    return f"{plain(row.name or 'zonder naam')} (nummer {plain(row.external_id)})"


def refused_line(row: RefusedLine, upload: Upload) -> dict[str, Any]:
    """A row that was refused or remarked, with every reason and where in the file it is."""
    return {
        "number": row.number,
        "key": plain(row.external_id or ""),
        "name": plain(row.name or ""),
        "problems": _each_once(f for f in _faults(row, _columns(upload)) if f.problem.code != "sandbox"),
    }


def refused_sheet(upload: Upload, rows: Sequence[RefusedLine]) -> Sheet:
    """The refused rows as a sheet of their own, as they stood."""
    columns = _columns(upload)
    return Sheet(
        filename=upload.filename,
        type=upload.sheet["type"],
        columns=columns,
        rows=tuple(
            Row(row.number, tuple(row.cells), data={}, event=None, problems=_faults(row, columns))
            for row in rows
            if row.number is not None
        ),
    )


def figures(became: Mapping[str, int], seen: Mapping[str, int], *, sandbox: bool = False) -> Figures:
    """The counts, as people want them; in the sandbox nothing enters the registry."""
    outcomes = {outcome: number for outcome, number in became.items() if not outcome.startswith("read-")}
    total = sum(outcomes.values())
    sent = total - outcomes.get(UNSENT, 0)
    open_ = outcomes.get(UNANSWERED, 0) + outcomes.get("delayed", 0)
    return Figures(
        total=total,
        sent=sent,
        answered=sent - open_,
        became=[
            (_TRIED_OUT if sandbox and outcome == "new" else word, outcomes[outcome])
            for outcome, word in _BECAME.items()
            if outcomes.get(outcome)
        ],
        refused_before=seen.get("refused", 0),
        refused=outcomes.get("refused", 0) + seen.get("refused", 0),
        left=[(OUTLOOKS[o][0], seen[o]) for o in ("same", "repeated") if seen.get(o)],
    )


def _columns(upload: Upload) -> tuple[Column, ...]:
    return tuple(Column(**column) for column in upload.sheet["columns"])


def _faults(row: RefusedLine, columns: Sequence[Column]) -> tuple[Fault, ...]:
    """What was wrong when the sheet was read, and what the taker said."""
    found = [_fault(fault, columns) for fault in row.faults]
    if row.problems:
        by_index = {column.index: column for column in columns}
        sources = {pointer: by_index[index] for pointer, index in row.sources.items() if index in by_index}
        said = Row(row.number or 0, (), data={}, event=None, sources=sources)
        problems = [Problem.model_validate(problem) for problem in row.problems]
        found += Sheet("", "", tuple(columns), ()).faults(said, problems)
    return tuple(found)


def _fault(fault: Mapping[str, Any], columns: Sequence[Column]) -> Fault:
    column = next((c for c in columns if c.index == fault["column"]), None)
    advice = Label(*fault["advice"]) if fault.get("advice") else None  # not there in what was read before it was kept
    return Fault(fault["row"], Problem.model_validate(fault["problem"]), column, fault["meant"], advice)


def _each_once(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """What they say: a date and a text may lack in one sentence, and what was foreseen is said again."""
    said = {(one["where"], one["text"]): one for one in map(_said, faults)}
    return list(said.values())


def _said(fault: Fault) -> dict[str, str]:
    return {
        "where": plain(f"{fault.column.heading} ({fault.cell})") if fault.column else "",
        "text": harmless(fault.nl),
    }


def _changes(row: Line, before: Mapping[str, Any] | None) -> str:
    """Which fields would be other than they were. The contact is kept apart and not compared here."""
    if row.outlook != "changed" or row.body is None or before is None:
        return ""
    now = json.loads(row.body)["data"]
    fields = InitiativeReported.model_fields
    names = [
        str(_extra(info.json_schema_extra).get("x-description-nl", name)).removesuffix(".").lower()
        for name, info in fields.items()
        if (wire := info.alias or name) != "contact" and now.get(wire) != before.get(wire)
    ]
    return dutch.listing(names) or "contactpersoon"


def _extra(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}
