"""`burenbus report`: publish the results of a campaign, check the figures, empty what was heard."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.commands import runnable
from deploy.errors import DeployError

PANEL = "Inventarisatie"
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Rapporten: uitkomsten publiceren, cijfers controleren.", no_args_is_help=True)
    group.command("publish")(publish)
    group.command("check")(check)
    group.command("empty")(empty)
    app.add_typer(group, name="report", rich_help_panel=PANEL)


def publish(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAGNE", help="De korte naam, zoals 2026.", show_default=False)],
) -> None:
    """Publiceer de uitkomsten van een gesloten inventarisatie: alle tabellen en grafieken. Daarna verandert er niets meer."""
    from deploy.rooms import in_service
    from services.reporting import publishing

    with out.status("De tabellen worden gemaakt") as status:
        try:
            made = in_service(
                "reporting",
                lambda tx: publishing.publish(
                    tx, campaign, drawing=lambda n: status.update(f"Er worden {n} grafieken getekend")
                ),
            )
        except publishing.NotPublishable as reason:
            raise DeployError(str(reason)) from None
    out.print(f"Gepubliceerd: {made.title} ({made.campaign_id}). Kijk op /regio/NL.")


def check() -> None:
    """Tel alles opnieuw en vergelijk het met de cijfers die we bijhouden. Afloopcode 1 als er verschil is."""
    from deploy.rooms import in_service
    from services.reporting.store import tally

    with out.status("Alles wordt opnieuw geteld"):
        found = in_service("reporting", tally.differences)
    for one in found:
        out.print(f"{one.subject} {one.region} {one.item}: bijgehouden {one.tallied}, geteld {one.counted}")
    if found:
        raise DeployError(f"Er zijn {len(found)} verschillen.")
    out.print("Alle cijfers kloppen.")


def empty(
    yes: Annotated[bool, typer.Option("--yes", help="Doe het zonder het te vragen.")] = False,
) -> None:
    """Maak leeg wat rapportage heeft gehoord. Publicaties blijven. Zeg daarna alles opnieuw:

    burenbus restate registry --to reporting && burenbus restate survey --to reporting
    """
    from deploy.rooms import in_service
    from services.reporting.store import heard

    if not yes:
        typer.confirm("Kaart en cijfers zijn leeg tot alles opnieuw is gezegd. Doorgaan?", abort=True)
    in_service("reporting", heard.forget)
    command = escape(runnable("restate … --to reporting"))
    out.print(f"Leeg. Laat nu registry en survey alles opnieuw zeggen: {command}", soft_wrap=True)
