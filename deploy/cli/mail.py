"""`burenbus mail`: what was sent, what was not and why, and which addresses get nothing."""

from typing import Annotated

import typer
from rich.markup import escape

from deploy.cli.staff import PANEL, in_notify, out
from deploy.errors import DeployError

Mail = Annotated[str, typer.Argument(metavar="MAILADRES", help="Het mailadres.", show_default=False)]

_STATES = {
    "due": "wacht",
    "sending": "wordt verstuurd",
    "delivered": "verstuurd",
    "failed": "mislukt",
    "withdrawn": "ingetrokken",
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Mail: wat er verstuurd is, en wie geen mail meer krijgt.", no_args_is_help=True)
    group.command("counts")(counts)
    group.command("log")(log)
    group.command("suppress")(suppress)
    group.command("release")(release)
    app.add_typer(group, name="mail", rich_help_panel=PANEL)


def counts() -> None:
    """Tel de mails per soort en per stand."""
    from deploy.cli import tables
    from services.notify.store import deliveries

    rows = [(kind, _STATES[state], str(number)) for kind, state, number in in_notify(deliveries.counts)]
    tables.show(rows, "Soort", "Stand", "Mails", key="Soort")


def log(
    mail: Annotated[
        str | None, typer.Argument(metavar="[MAILADRES]", help="Alleen naar dit adres.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Hoeveel regels.")] = 50,
) -> None:
    """Laat de laatste mails zien, met wat de mailserver zei."""
    from deploy.cli import tables
    from services.notify.store import deliveries
    from shared.dutch import date_and_time

    rows = []
    for one in in_notify(lambda tx: deliveries.log(tx, email=mail, limit=limit)):
        state = _STATES[one.state] + (f" ({one.reason})" if one.reason else "")
        when = date_and_time(one.created_at)
        rows.append((when, one.kind, one.recipient, state, str(one.attempts), one.reply or ""))
    tables.show(rows, "Gevraagd", "Soort", "Aan", "Stand", "Pogingen", "Antwoord", key="Aan")


def suppress(mail: Mail) -> None:
    """Stuur nooit meer iets naar dit adres, wat het ook is."""
    from services.notify import admin

    in_notify(lambda tx: admin.suppress(tx, mail))
    out.print(f"Naar {escape(mail)} gaat geen mail meer.")


def release(mail: Mail) -> None:
    """Sta mail naar dit adres weer toe. Alleen als de persoon dat zelf wil."""
    from services.notify import admin

    if not in_notify(lambda tx: admin.release(tx, mail)):
        raise DeployError(f"Mail naar {mail} was al toegestaan.")
    out.print(f"Naar {escape(mail)} mag weer mail.")
