"""`burenbus up`, `down`, `status`: the platform on one's own machine."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands import runnable
from deploy.errors import DeployError

PANEL = "Op deze machine"
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(rich_help_panel=PANEL)(up)
    app.command(rich_help_panel=PANEL)(down)
    app.command(rich_help_panel=PANEL)(status)


def up() -> None:
    """Start het platform op deze machine.

    Eigen PostgreSQL en RabbitMQ op vrije poorten, de vier diensten, een postvak en één adres voor alle pagina's. Komt
    terug als alles gezond is. Met BURENBUS_DATABASE_URL, of BURENBUS_AMQP_URL en BURENBUS_RABBITMQ_API_URL, worden die
    servers gebruikt in plaats van eigen.
    """
    from deploy.local.stack import Stack

    stack = Stack()
    with out.status("Het platform wordt gestart") as progress:

        def say(text: str) -> None:
            out.print(f"[dim]·[/] {text}")
            progress.update(text)

        stack.up(say)
    out.print(f"Het platform draait.\n  Pagina's  {stack.url}\n  Postvak   {stack.mail_url}")
    out.print(f"  Stoppen   {runnable('down')}", soft_wrap=True, markup=False)


def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Wis ook alle gegevens: databases, mails, logs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Wis zonder eerst te vragen.")] = False,
) -> None:
    """Stop alles wat `burenbus up` op deze machine heeft gestart, en een demo die is blijven hangen.

    Wat er niet draait, is geen fout. Een demo die nog in gebruik is, blijft draaien: dan is de code 1.
    """
    from deploy.local.owner import how_to_stop, owner
    from deploy.local.stack import DEMO, VAR, Stack

    if wipe and not yes:
        _confirm()
    in_use = owner(DEMO)
    with out.status("Het platform wordt gestopt"):
        for stack in [Stack(each) for each in ((VAR,) if in_use else (DEMO, VAR)) if each.exists()]:
            stack.down()
            if wipe:
                stack.wipe()
    out.print("Het platform is gestopt" + (" en alle gegevens zijn gewist." if wipe else "."))
    if in_use:
        raise DeployError(f"Er is een demo in gebruik (proces {in_use}); die blijft draaien. {how_to_stop(in_use)}")


def _confirm() -> None:
    """Raises DeployError when the answer is no, or when nobody can answer."""
    try:
        sure = typer.confirm(
            "Alle gegevens van het platform worden gewist: databases, mails en logs. Doorgaan? (y = ja)"
        )
    except typer.Abort:
        sure = False
    if not sure:
        raise DeployError("Er is niets gestopt en niets gewist. Wissen zonder vraag vooraf gaat met --yes.")


def status() -> None:
    """Laat zien wat er draait. Code 0: alles is gezond; code 1: niet alles.

    Draait alleen een demo, dan gaat het over de demo.
    """
    from deploy.local.current import current

    rows = current().status()
    table = Table("Proces", "Pid", "Poort", "Toestand", box=None, pad_edge=False)
    for row in rows:
        colour = "green" if row.healthy else "red"
        table.add_row(row.name, str(row.pid or "-"), str(row.port or "-"), f"[{colour}]{row.health}[/]")
    out.print(table)
    raise typer.Exit(0 if all(row.healthy for row in rows) else 1)
