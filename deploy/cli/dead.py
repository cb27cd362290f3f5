"""`burenbus dead`: events on which our own code failed. Look at them, have them run again, or drop them."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from deploy.errors import DeployError

if TYPE_CHECKING:
    from shared.bus.dead import Dead

PANEL = "Beheer"
SERVICES = ("registry", "survey", "notify", "reporting")
POLL_S = 0.3
out = Console(highlight=False)

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NUMMER]...", help="Zoals in de lijst: survey:12. Mag vaker.", show_default=False),
]
OneService = Annotated[
    str | None, typer.Option("--service", help="Alleen deze dienst: registry, survey, notify of reporting.")
]
Cause = Annotated[str | None, typer.Option("--cause", help="Alleen met deze oorzaak; het begin ervan is genoeg.")]
Everything = Annotated[bool, typer.Option("--all", help="Alles wat er apart is gezet.")]
Yes = Annotated[bool, typer.Option("--yes", help="Zonder eerst te vragen.")]
By = Annotated[str | None, typer.Option("--by", help="Wie dit doet; anders de naam waarmee u bent ingelogd.")]
AsJson = Annotated[bool, typer.Option("--json", help="Als JSON, om door te geven.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Apart gezette gebeurtenissen: onze eigen code kon ze niet verwerken. Er gaat niets verloren.",
        no_args_is_help=True,
    )
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("replay")(replay)
    group.command("drop")(drop)
    app.add_typer(group, name="dead", rich_help_panel=PANEL)


@dataclass(frozen=True)
class Found:
    """One event that was set aside, and in which service."""

    service: str
    dead: "Dead"

    @property
    def name(self) -> str:
        return f"{self.service}:{self.dead.id}"


def list_all(service: OneService = None, cause: Cause = None, as_json: AsJson = False) -> None:
    """Laat zien wat er apart is gezet, het oudste eerst. De inhoud staat er niet bij: die kan persoonlijk zijn."""
    from deploy.cli import tables
    from shared.dutch import count, date_and_time

    found = _select(None, service, cause, everything=True)
    if as_json:
        _print_json([_as_json(one) for one in found])
        return
    if not found:
        out.print("Er is niets apart gezet.")
        return
    rows = [
        (
            one.name,
            date_and_time(one.dead.set_aside_at),
            one.dead.partner or one.dead.origin,
            _kind(one.dead.type),
            one.dead.subject or "-",
            one.dead.cause,
            str(one.dead.times),
            "wordt opnieuw gedaan" if one.dead.replay_at else "",
        )
        for one in found
    ]
    tables.show(rows, "Nummer", "Sinds", "Van", "Soort", "Over", "Oorzaak", "Keer", "Stand", key="Nummer")
    out.print(count(len(found), "gebeurtenis", "gebeurtenissen") + " apart gezet.")


def show(
    number: Annotated[str, typer.Argument(metavar="NUMMER", help="Zoals in de lijst: survey:12.", show_default=False)],
    payload: Annotated[
        bool, typer.Option("--payload", help="Ook de inhoud zoals die binnenkwam. Die kan persoonsgegevens bevatten.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Laat één gebeurtenis zien: waar zij vandaan komt en wat er misging. Teksten zijn afgeschermd, tenzij met --payload."""
    from deploy.masking import masked, masked_text
    from deploy.rooms import in_service
    from shared.bus import dead
    from shared.dutch import date_and_time

    [one] = _select([number], None, None, everything=False)
    kept = in_service(one.service, lambda tx: dead.payload(tx, one.dead.id))
    if kept is None:
        raise DeployError(f"{number} is er niet meer.")
    body = kept.body.decode("utf-8", "replace") if payload else masked(kept.body)
    detail = kept.detail if payload else masked_text(kept.detail)
    if as_json:
        _print_json({**_as_json(one), "payload": body, "detail": detail})
        return
    it = one.dead
    lines = {
        "Nummer": one.name,
        "Soort": _kind(it.type),
        "Van": it.partner or it.origin,
        "Bron": it.source or "-",
        "Id": it.event_id or "-",
        "Over": it.subject or "-",
        "Wachtrij": it.queue,
        "Ontvangen": date_and_time(it.received_at),
        "Apart gezet": f"{date_and_time(it.set_aside_at)}, {it.times} keer",
        "Oorzaak": it.cause,
    }
    for label, value in lines.items():
        out.print(f"{label:<12} {escape(value)}", soft_wrap=True)
    out.print(f"\n{escape(body)}\n\n{escape(detail)}", soft_wrap=True)


def replay(
    numbers: Ids = None,
    service: OneService = None,
    cause: Cause = None,
    everything: Everything = False,
    yes: Yes = False,
    by: By = None,
    wait_s: Annotated[float, typer.Option("--wait", help="Hoeveel seconden op de uitkomst wachten.")] = 60,
) -> None:
    """Laat de dienst gebeurtenissen opnieuw verwerken, met hun eigen inhoud en alleen door wat er misging.

    De partner krijgt daarna alsnog antwoord. Code 0: alles is verwerkt; code 1: niet alles.
    """
    from deploy.rooms import in_service
    from shared.bus import dead
    from shared.dutch import count

    found = _select(numbers, service, cause, everything=everything)
    if not numbers and not yes:
        _confirm(
            f"{count(len(found), 'gebeurtenis wordt', 'gebeurtenissen worden')} opnieuw gedaan. Doorgaan? (y = ja)"
        )
    for name, ids in _by_service(found):
        in_service(name, lambda tx, ids=ids: dead.ask_replay(tx, ids, by or getpass.getuser()))  # type: ignore[misc]
    left = _follow(found, wait_s)
    for one, now in left:
        if now is None:
            out.print(f"{one.name}: nog niet aan de beurt geweest. Draait de dienst? Het gebeurt zodra dat zo is.")
        else:
            out.print(f"{one.name}: weer niet gelukt, {escape(now)}", soft_wrap=True)
    out.print(f"{count(len(found) - len(left), 'gebeurtenis', 'gebeurtenissen')} alsnog verwerkt.")
    raise typer.Exit(1 if left else 0)


def drop(
    numbers: Ids = None,
    service: OneService = None,
    cause: Cause = None,
    everything: Everything = False,
    yes: Yes = False,
    by: By = None,
) -> None:
    """Laat gebeurtenissen vervallen. De partner krijgt te horen dat zij niet zijn verwerkt; wie dit deed, blijft bewaard."""
    from deploy.rooms import in_service
    from shared.bus import dead
    from shared.dutch import count

    found = _select(numbers, service, cause, everything=everything)
    if not yes:
        _confirm(f"{count(len(found), 'gebeurtenis vervalt', 'gebeurtenissen vervallen')} voorgoed. Doorgaan? (y = ja)")
    dropped = 0
    for name, ids in _by_service(found):
        dropped += in_service(name, lambda tx, ids=ids: dead.drop(tx, ids, by or getpass.getuser()))  # type: ignore[misc]
    out.print(f"{count(dropped, 'gebeurtenis', 'gebeurtenissen')} vervallen.")


# --- inside -------------------------------------------------------------------------------------------------------------


def _select(numbers: Sequence[str] | None, service: str | None, cause: str | None, *, everything: bool) -> list[Found]:
    """What the command is about. Raises DeployError if that is nothing that was named, or was not said."""
    from deploy.rooms import in_service
    from shared.bus import dead

    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"{service}: kies uit {', '.join(SERVICES)}")
    if not numbers and not everything and not (service or cause):
        raise typer.BadParameter("Geef nummers uit `burenbus dead list`, of --service, --cause of --all.")
    wanted = [_number(text) for text in numbers or ()]
    names = list(dict.fromkeys(name for name, _ in wanted)) if wanted else [service] if service else list(SERVICES)
    found: list[Found] = []
    for name in names:
        ids = [row for of, row in wanted if of == name] if wanted else None
        rows = in_service(name, lambda tx, ids=ids: dead.listed(tx, ids=ids, cause=cause))  # type: ignore[misc]
        found += [Found(name, row) for row in rows]
    there = {one.name for one in found}
    if missing := [f"{name}:{row}" for name, row in wanted if f"{name}:{row}" not in there]:
        raise DeployError(f"Dit is niet (meer) apart gezet: {', '.join(missing)}")
    return found


def _number(text: str) -> tuple[str, int]:
    name, _, row = text.partition(":")
    if name not in SERVICES or not row.isdecimal():
        raise typer.BadParameter(f"{text} is geen nummer uit de lijst. Een nummer is zoals survey:12.")
    return name, int(row)


def _by_service(found: Sequence[Found]) -> list[tuple[str, list[int]]]:
    names = dict.fromkeys(one.service for one in found)
    return [(name, [one.dead.id for one in found if one.service == name]) for name in names]


def _follow(found: Sequence[Found], wait_s: float) -> list[tuple[Found, str | None]]:
    """Waits for what becomes of them; gives those that are still there, with the cause of the new failure, if any."""
    import time

    from deploy.rooms import in_service
    from shared.bus import dead

    until = time.monotonic() + wait_s
    with out.status("De dienst verwerkt ze opnieuw"):
        while True:
            left: list[tuple[Found, str | None]] = []
            for name, ids in _by_service(found):
                rows = in_service(name, lambda tx, ids=ids: dead.listed(tx, ids=ids))  # type: ignore[misc]
                there = {row.id: row for row in rows}
                left += [
                    (one, None if row.replay_at else row.cause)
                    for one in found
                    if one.service == name and (row := there.get(one.dead.id))
                ]
            if time.monotonic() > until or all(cause is not None for _, cause in left):
                return left
            time.sleep(POLL_S)


def _confirm(question: str) -> None:
    """Raises DeployError when the answer is no, or when nobody can answer."""
    try:
        sure = typer.confirm(question)
    except typer.Abort:
        sure = False
    if not sure:
        raise DeployError("Er is niets veranderd. Zonder vraag vooraf gaat met --yes.")


def _kind(event_type: str | None) -> str:
    from shared.events.base import PREFIX

    return (event_type or "onleesbaar").removeprefix(PREFIX)


def _as_json(one: Found) -> dict[str, Any]:
    from dataclasses import asdict

    row = asdict(one.dead)
    return {"number": one.name, "service": one.service} | {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()
    }


def _print_json(what: object) -> None:
    import json

    typer.echo(json.dumps(what, ensure_ascii=False, indent=2))
