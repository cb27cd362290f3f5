"""`burenbus history`: what a partner sent, and what became of it; with its token, from anywhere."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.publish import read_token
from deploy.cli.publish_told import WORDS
from deploy.cli.validate import PANEL, known_type
from deploy.errors import DeployError, WrongCommand

if TYPE_CHECKING:
    import httpx

FOLLOW_S = 2.0
"""How often `--follow` looks."""
REMEMBERED = 2000
"""So many of the newest lines are looked at by `--follow`; faster than that, older ones stay unseen."""
INTERRUPTED = 130
OUTCOMES = {**WORDS, "delayed": "vertraagd (door ons)", "underway": "onderweg"}
out = Console(highlight=False)

Line = Mapping[str, Any]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("history", rich_help_panel=PANEL)(history)


def history(
    url: Annotated[
        str,
        typer.Option(
            "--url", envvar="BURENBUS_URL", help="Het adres van het platform (https://…).", show_default=False
        ),
    ],
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", exists=True, dir_okay=False, help="Bestand met uw token; anders BURENBUS_TOKEN."),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Ontvangen vanaf (2026-09-21, of met tijd en tijdzone).")] = None,
    until: Annotated[str | None, typer.Option(help="Ontvangen voor.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Soort, zoals initiative-reported.v1.")] = None,
    outcome: Annotated[str | None, typer.Option(help=f"Wat ervan werd: {', '.join(OUTCOMES.values())}.")] = None,
    code: Annotated[str | None, typer.Option(help="Met deze fout of waarschuwing, zoals postcode.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Het id van de gebeurtenis.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Waar het over ging: bij een opgave uw nummer (externalId).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Hoeveel regels, de nieuwste eerst.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Blijf kijken, en laat nieuwe antwoorden zien.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Elke regel als JSON, voor een programma.")] = False,
) -> None:
    """Laat zien wat u stuurde en wat ervan werd, langs welke weg het ook kwam."""
    import httpx

    _known_code(code)
    known_type(type_)
    asked = {
        "since": _moment(since, "--since"),
        "until": _moment(until, "--until"),
        "type": type_,
        "outcome": _outcome(outcome),
        "code": code,
        "id": id_,
        "subject": subject,
    }
    wanted = {name: value for name, value in asked.items() if value}
    headers = {"authorization": f"Bearer {read_token(token_file)}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, follow_redirects=False) as http:
        found = list(_pages(http, wanted, max(limit, REMEMBERED) if follow else limit))
        _show(found[:limit], as_json=as_json, oldest_first=follow)
        if follow:
            try:
                _follow(http, wanted, found, as_json=as_json)
            except KeyboardInterrupt:
                raise typer.Exit(INTERRUPTED) from None


def _outcome(text: str | None) -> str | None:
    """The outcome as the platform names it, from the word that people read or from that name. Raises WrongCommand."""
    if text is None:
        return None
    names = {words: name for name, words in OUTCOMES.items()} | {name: name for name in OUTCOMES}
    names["vertraagd"] = "delayed"
    if (name := names.get(text.strip().casefold())) is None:
        raise WrongCommand(f"{text} bestaat niet. Kies uit: {', '.join(OUTCOMES.values())}.")
    return name


def _known_code(code: str | None) -> None:
    """Raises WrongCommand for a code that is none, with what was perhaps meant and all that there are."""
    from difflib import get_close_matches

    from shared.events.problems import CODES

    if code is not None and code not in CODES:
        near = get_close_matches(code, CODES, 1)
        perhaps = f" Bedoelde u {near[0]}?" if near else ""
        raise WrongCommand(f"De code {code} bestaat niet.{perhaps} Kies uit: {', '.join(sorted(CODES))}.")


def _moment(text: str | None, option: str) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongCommand(f"{option} {text} is geen datum. Geef 2026-09-21, of 2026-09-21T09:30:00+02:00.") from None
    return (moment if moment.tzinfo else moment.astimezone()).isoformat()


def _pages(http: "httpx.Client", wanted: Mapping[str, str], limit: int) -> Iterator[Line]:
    import httpx

    asked: dict[str, str] = {**wanted, "limit": str(min(limit, 500))}
    left = limit
    while True:
        page = _ask(http, asked)
        yield from page["events"][:left]
        left -= len(page["events"])
        if left <= 0 or not page.get("next"):
            return
        asked = dict(httpx.URL(page["next"]).params)


def _ask(http: "httpx.Client", asked: Mapping[str, str]) -> dict[str, Any]:
    import httpx

    from deploy.publishing import reasons

    try:
        response = http.get("/partner/history", params=asked)
    except httpx.TransportError as error:
        raise DeployError(f"{http.base_url} is niet te bereiken: {reasons.sentence(error)}") from error
    try:
        said: dict[str, Any] = response.json()
    except ValueError:
        said = {}
    if response.status_code != httpx.codes.OK or "events" not in said:
        why = " ".join(p["nl"] for p in said.get("problems", ())) or "Klopt het adres bij --url?"
        if response.status_code == httpx.codes.UNAUTHORIZED and said.get("problems"):
            why = reasons.WRONG_ACCESS
        raise DeployError(f"Het platform weigert dit ({response.status_code}). {why}")
    return said


def _follow(http: "httpx.Client", wanted: Mapping[str, str], found: Sequence[Line], *, as_json: bool) -> None:
    seen = {_key(line) for line in found}
    while True:
        time.sleep(FOLLOW_S)
        now = list(_pages(http, wanted, REMEMBERED))
        _show([line for line in now if _key(line) not in seen], as_json=as_json, oldest_first=True)
        seen |= {_key(line) for line in now}


def _key(line: Line) -> tuple[Any, ...]:
    return line.get("answerId"), line.get("source"), line.get("id")


def _show(lines: Sequence[Line], *, as_json: bool, oldest_first: bool) -> None:
    for line in reversed(lines) if oldest_first else lines:
        if as_json:
            print(json.dumps(line, ensure_ascii=False), flush=True)
        else:
            out.print(_row(line), soft_wrap=True)
            for fault in line.get("problems", line.get("warnings", ())):
                mark = "[red]✗[/]" if "problems" in line else "[yellow]![/]"
                out.print(f"    {mark} {escape(fault['pointer'] or '/')}: {escape(fault['nl'])}", soft_wrap=True)
    if not lines and not as_json and not oldest_first:
        out.print("Niets gevonden.")


def _row(line: Line) -> str:
    at = datetime.fromisoformat(line["receivedAt"]).astimezone()
    kind = str(line.get("type", "?")).rsplit(".", 2)[-2:]
    what = OUTCOMES.get(line["outcome"], line["outcome"])
    colour = {"refused": "red", "delayed": "yellow", "underway": "yellow"}.get(line["outcome"], "green")
    about = escape(f"{'.'.join(kind)}  {line.get('subject', '-')}  ({line.get('id', 'zonder id')})")
    return f"{at:%d-%m-%Y %H:%M:%S}  [{colour}]{what}[/]  {about}"
