"""`burenbus migrate` and `burenbus broker apply`: what an operator runs before the services start, and at every upgrade."""

from typing import Annotated

import typer
from rich.console import Console

PANEL = "Beheer"
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(rich_help_panel=PANEL)(migrate)
    broker = typer.Typer(help="De wachtrijen en gebruikers in RabbitMQ.", no_args_is_help=True)
    broker.command("apply")(apply)
    app.add_typer(broker, name="broker", rich_help_panel=PANEL)


def migrate(
    services: Annotated[
        list[str] | None, typer.Argument(help="Alleen deze diensten; zonder namen alle vier.", show_default=False)
    ] = None,
) -> None:
    """Maak de databases en rollen van de diensten en voer hun migraties uit. Nog eens doen kan altijd."""
    import asyncio

    from deploy.databases import SERVICES, Database, prepare_and_migrate
    from deploy.settings import admin

    unknown = set(services or ()) - set(SERVICES)
    if unknown:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: kies uit {', '.join(SERVICES)}")
    settings = admin()
    for service in services or SERVICES:
        _, applied = asyncio.run(
            prepare_and_migrate(settings.database_url, Database(service, settings.passwords()[service]))
        )
        out.print(f"{service}: " + (", ".join(applied) if applied else "niets te doen"))


def apply() -> None:
    """Maak de wachtrijen, gebruikers en rechten van het platform in RabbitMQ. Nog eens doen kan altijd."""
    import asyncio

    from deploy.broker import administration
    from deploy.broker import apply as apply_platform
    from deploy.settings import admin

    settings = admin()

    async def run() -> list[str]:
        async with administration(settings) as management:
            return await apply_platform(management, settings.passwords())

    left = asyncio.run(run())
    out.print(f"De wachtrijen en gebruikers staan klaar in vhost {settings.vhost}.")
    for name in left:
        later = (
            "Verwijder die zelf als hij leeg is" if settings.rabbitmqctl else "Een volgende keer wordt die verwijderd"
        )
        out.print(f"Wachtrij {name} is niet meer nodig maar is er nog. {later}.")
