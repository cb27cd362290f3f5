"""`burenbus restate`: a service says its present state again, to one other."""

from typing import Annotated

import typer
from rich.console import Console

from deploy.errors import DeployError

PANEL = "Beheer"
SERVICES = ("registry", "survey", "notify", "reporting")
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel=PANEL)(restate)


def restate(
    service: Annotated[
        str, typer.Argument(metavar="DIENST", help="Wie het opnieuw zegt: registry, survey of reporting.")
    ],
    to: Annotated[str, typer.Option(help="Aan welke dienst: registry, survey, notify of reporting.")],
) -> None:
    """Laat een dienst zijn hele stand opnieuw zeggen, alleen aan één andere dienst.

    Zo is een leesmodel leeg te maken en weer op te bouwen. Wat er al staat, verandert er niet door.
    """
    from deploy.rooms import built, in_service

    if unknown := [name for name in dict.fromkeys((service, to)) if name not in SERVICES]:
        raise typer.BadParameter(f"{', '.join(unknown)}: kies uit {', '.join(SERVICES)}")
    if service == to:
        raise DeployError(f"{service} kan niet aan zichzelf iets opnieuw zeggen. Geef met --to een andere dienst.")
    say = built(service).restate
    if say is None:
        raise DeployError(f"{service} heeft niets om opnieuw te zeggen.")
    with out.status(f"{service} zegt alles opnieuw aan {to}"):
        said = in_service(service, lambda tx: say(tx, to))
    out.print(f"{service} heeft {said} feiten opnieuw gezegd aan {to}.")
