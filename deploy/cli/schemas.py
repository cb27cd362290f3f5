"""`burenbus schemas`: writes the contract's JSON Schemas, AsyncAPI document and guides, or checks that those in the tree are current."""

import json
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="schemas")(schemas)


def schemas(
    check: Annotated[
        bool, typer.Option("--check", help="Verander niets; meld het als een schema in de boom niet actueel is.")
    ] = False,
) -> None:
    """Schrijf de JSON Schema's van alle gebeurtenissen, en het AsyncAPI-document dat ze samen beschrijft.

    Ook de gids voor partners en de beschrijving van het berichtformaat, als pagina's van het platform.
    Een wijziging die meer doet dan toevoegen wordt geweigerd.
    """
    from deploy import guide
    from shared.bus import asyncapi
    from shared.events.schema import SCHEMAS, breaking_changes, generated

    console = Console(stderr=True)
    current = {path.name: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")}
    wanted = generated()
    changed = sorted(name for name in wanted if current.get(name) != wanted[name])
    gone = sorted(current.keys() - wanted.keys())
    described = asyncapi.text()
    stale = not asyncapi.FILE.is_file() or asyncapi.FILE.read_text("utf-8") != described
    guides = {at: html for at, html in guide.current().items() if not at.is_file() or at.read_text("utf-8") != html}
    broken = [
        f"{name}{fault}"
        for name in changed
        if name in current
        for fault in breaking_changes(json.loads(current[name]), json.loads(wanted[name]))
    ]
    for fault in broken:
        console.print(f"[red]niet alleen een toevoeging:[/red] {fault}", highlight=False)
    if gone:
        console.print(f"[red]bestaat niet meer:[/red] {', '.join(gone)}", highlight=False)
    if check:
        if old := changed + gone + [asyncapi.FILE.name] * stale + [at.name for at in guides]:
            console.print(f"Niet actueel: {', '.join(old)}. Draai `burenbus schemas`.", highlight=False)
            raise typer.Exit(1)
        console.print(f"{len(wanted)} schema's en {asyncapi.FILE.name} zijn actueel.")
        return
    if broken or gone:
        console.print("Geef de gewijzigde gebeurtenis een nieuwe versie, of zet het veld terug.")
        raise typer.Exit(1)
    SCHEMAS.mkdir(exist_ok=True)
    for name in changed:
        (SCHEMAS / name).write_text(wanted[name], "utf-8")
    asyncapi.FILE.write_text(described, "utf-8")
    guide.PAGES.mkdir(exist_ok=True)
    for at, html in guides.items():
        at.write_text(html, "utf-8")
    console.print(
        f"{len(changed)} van {len(wanted)} schema's geschreven{', en ' + asyncapi.FILE.name if stale else ''}."
    )
