"""`burenbus validate`: what the platform would answer to a file, without sending anything."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from deploy.cli.rows_told import out, show_sheet, tell_refused, tell_remarks
from deploy.errors import DeployError, WrongCommand

if TYPE_CHECKING:
    from deploy.offline import Judged, Sender
    from shared.events.problems import Problem
    from shared.sheets import Fault, Sheet

PANEL = "Voor partners"
ROWS_NAMED = 8
JSON_LINES = (".jsonl", ".ndjson", ".json")

File = Annotated[
    Path,
    typer.Argument(
        metavar="BESTAND", exists=True, dir_okay=False, readable=True, show_default=False,
        help="CSV, Excel (.xlsx), OpenDocument (.ods), of JSON Lines (.jsonl) met één gebeurtenis per regel.",
    ),
]  # fmt: skip
Type = Annotated[
    str | None,
    typer.Option("--type", help="Wat de rijen of regels zijn, zoals initiative-reported.v1; anders blijkt dat uit het bestand."),
]  # fmt: skip
Campaign = Annotated[
    str | None, typer.Option("--campaign", help="Bij enquêtes: de inventarisatie, als daar geen kolom voor is.")
]
Partner = Annotated[str | None, typer.Option("--partner", help="De naam van uw organisatie op de bus, zoals omzien.")]
Source = Annotated[list[str] | None, typer.Option("--source", help="De bron (URN) die bij u hoort; mag vaker.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("validate", rich_help_panel=PANEL)(validate)


def validate(
    file: File,
    type_: Type = None,
    campaign: Campaign = None,
    partner: Partner = None,
    source: Source = None,
    as_json: Annotated[bool, typer.Option("--json", help="Alles als JSON, voor een programma.")] = False,
) -> None:
    """Controleer een bestand: precies de antwoorden die het platform zou geven, zonder iets te versturen.

    Code 0: alles is goed. Code 1: er wordt iets geweigerd. Wat het platform alleen uit zijn geheugen weet (of een
    initiatief bestaat, of een inventarisatie open is), blijkt pas bij het versturen.
    """
    from shared.clock import system_clock
    from shared.sheets import SheetFault

    known_type(type_)
    sender = sender_of(partner, source)
    try:
        checked = check(file, sender, type_, constants(campaign), system_clock())
    except SheetFault as fault:
        if as_json:
            _print_json({"file": file.name, "problems": _plain(fault.problems)})
            raise typer.Exit(1) from None
        raise DeployError(f"{file.name} kan niet gebruikt worden.\n" + "\n".join(f"  {p.nl}" for p in fault.problems)) from None  # fmt: skip
    if as_json:
        _print_json(_as_json(file, checked))
    else:
        show(file, checked)
    if any(one.refused for one in checked.judged):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and what would become of it; `sheet` is None of JSON Lines."""

    judged: "Sequence[Judged]"
    sheet: "Sheet | None" = None


def check(file: Path, sender: "Sender", type_: str | None, given: dict[str, Any], now: Any) -> Checked:
    """Judges a file. Raises SheetFault."""
    from deploy import offline
    from shared.sheets import read

    content = file.read_bytes()
    if file.suffix.lower() in JSON_LINES:
        return Checked(list(offline.judge_lines(content, sender, now, type_)))
    sheet = read(content, file.name, type=type_, constants=given)
    return Checked([offline.judge_row(sheet, row, now) for row in sheet.rows], sheet)


def known_type(type_: str | None) -> None:
    """Raises WrongCommand for a type that partners do not publish."""
    from shared.events.base import PARTNER
    from shared.events.catalogue import by_type

    known = [name for name, model in by_type().items() if model.owner == PARTNER]
    if type_ is not None and type_ not in known:
        raise WrongCommand(f"Het type {type_} is er niet. Kies uit: {', '.join(known)}.")


def sender_of(partner: str | None, sources: Sequence[str] | None) -> "Sender":
    """Who sends, as far as it was said: a partner has one source unless it says others."""
    from deploy.offline import NOBODY, Sender

    if partner and not sources:
        sources = [f"urn:burenbus:partner:{partner}"]
    return Sender(partner or NOBODY, frozenset(sources or ()))


def constants(campaign: str | None) -> dict[str, Any]:
    """What every row of a survey gets where it has no column for it."""
    from shared.events.questionnaire import versions

    return {"campaignId": campaign, "questionnaire": versions()[-1]} if campaign else {}


def show(file: Path, checked: Checked) -> None:
    """For people: what was recognised, each fault with its place, and the faults together by cause."""
    from deploy.offline import by_cause
    from shared.dutch import count

    if checked.sheet:
        show_sheet(checked.sheet)
    refused = [one for one in checked.judged if one.refused]
    unit = ("rij", "rijen") if checked.sheet else ("regel", "regels")
    tell_refused([f for one in refused for f in one.problems], "Wordt geweigerd", unit[0])
    remarked = [f for one in checked.judged if not one.refused for f in one.warnings]
    tell_remarks(remarked, "Opmerkingen bij wat wel aanvaard wordt", unit[0])
    causes = by_cause(refused)
    if len(causes) > 1 or len(refused) > 1:
        out.print("\nSamengevat:")
        for faults in causes.values():
            heading = f"{faults[0].column.heading}: " if faults[0].column else ""
            rows = ", ".join(str(f.row) for f in faults[:ROWS_NAMED]) + (" …" if len(faults) > ROWS_NAMED else "")
            texts = {(f.advice or f.problem).nl for f in faults}
            text = heading + (texts.pop() if len(texts) == 1 else _in_general(faults))
            out.print(f"  {len(faults)}× {escape(text)} [dim]({rows})[/]")
    twice = sum(1 for one in checked.judged if one.repeats is not None and not one.refused)
    good = len(checked.judged) - len(refused)
    again = f" ({count(twice, 'staat', 'staan')} er dubbel in en telt één keer)" if twice else ""
    ending = f"{count(len(refused), unit[0], unit[1])} geweigerd." if refused else "Niets wordt geweigerd."
    out.print(f"\n{escape(file.name)}: {count(good, unit[0], unit[1])} goed{again}. {ending}")


def _in_general(faults: "Sequence[Fault]") -> str:
    """What faults of one code have in common, when each names its own value."""
    from shared.events.problems import CODES

    if "{value}" not in CODES[faults[0].problem.code].nl:
        return faults[0].problem.nl
    return f"{faults[0].problem.nl} (en andere waarden)"


def _as_json(file: Path, checked: Checked) -> dict[str, Any]:
    sheet = checked.sheet
    whole: dict[str, Any] = {"file": file.name, "valid": not any(one.refused for one in checked.judged)}
    if sheet:
        columns = [
            {"column": c.letter, "heading": c.heading, "pointer": c.pointer, "meant": c.meant} for c in sheet.columns
        ]
        whole |= {"type": sheet.type, "columns": columns, "notes": _plain(sheet.notes)}
    whole["events"] = [
        {
            "row" if sheet else "line": one.number,
            **{k: v for k, v in {"id": one.id, "subject": one.subject, "repeats": one.repeats}.items() if v},
            "status": "refused" if one.refused else "valid",
            "problems": [_fault(f) for f in one.problems],
            "warnings": [_fault(f) for f in one.warnings],
        }
        for one in checked.judged
    ]
    return whole


def _fault(fault: "Fault") -> dict[str, Any]:
    extra = {"cell": fault.cell, "column": fault.column.heading if fault.column else None, "meant": fault.meant}
    advice = fault.advice._asdict() if fault.advice else {}
    return {**_plain([fault.problem])[0], **advice, **{k: v for k, v in extra.items() if v}}


def _plain(problems: "Sequence[Problem]") -> list[dict[str, Any]]:
    return [p.model_dump(mode="json", by_alias=True, exclude_none=True) for p in problems]


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
