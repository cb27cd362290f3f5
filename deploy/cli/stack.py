"""`burenbus up`, `down`, `status`: the platform on one's own machine."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli import tables
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

    Wat er niet draait, is geen fout. Een demo die nog in gebruik is, blijft draaien. Met --wipe is de code dan 1: niet alles is gewist.
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
        left = f"Er is een demo in gebruik (proces {in_use}); die blijft draaien. {how_to_stop(in_use)}"
        if wipe:
            raise DeployError(left)
        out.print(left, soft_wrap=True, markup=False)


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
    """Laat zien wat er draait, en hoe het met de berichten staat. Code 0: alles is gezond; code 1: niet alles.

    Geweigerd en opnieuw tellen sinds de dienst is gestart; de rest is de stand van nu, hoogstens enkele seconden oud.
    Draait alleen een demo, dan gaat het over de demo. Zijn de instellingen van de beheerder gezet, zoals in een container,
    dan gaat het over de diensten van dat platform.
    """
    from deploy.settings import elsewhere

    processes, services = _elsewhere() if elsewhere() else _here()
    tables.screen().print(processes.table)
    _figures(services)
    raise typer.Exit(0 if processes.healthy else 1)


class _Processes:
    """The table of processes, and whether all of them are healthy."""

    def __init__(self, *columns: str) -> None:
        self.table = Table(*columns, "Toestand", box=None, pad_edge=False)
        self.healthy = True

    def add(self, *columns: str, healthy: bool, words: str) -> None:
        from rich.markup import escape

        self.healthy &= healthy
        self.table.add_row(*columns, f"[{'green' if healthy else 'red'}]{escape(words)}[/]")


def _here() -> tuple[_Processes, dict[str, str]]:
    """The processes of the stack on this machine, and where the services that run are asked for their figures."""
    from deploy.databases import SERVICES
    from deploy.local.current import current

    stack, shown = current(), _Processes("Proces", "Pid", "Poort")
    rows = stack.status()
    for row in rows:
        shown.add(row.name, str(row.pid or "-"), str(row.port or "-"), healthy=row.healthy, words=row.health)
    return shown, {row.name: stack.service_url(row.name) for row in rows if row.name in SERVICES and row.pid}


def _elsewhere() -> tuple[_Processes, dict[str, str]]:
    """Those of the platform that the environment describes, as they say themselves. Raises DeployError."""
    from deploy import health
    from deploy.databases import SERVICES
    from deploy.settings import admin

    pattern, shown = admin().service_url, _Processes("Proces")
    if not pattern:
        raise DeployError(
            "Zet BURENBUS_SERVICE_URL, zoals http://{service}:8000: waar elke dienst van binnen antwoordt."
        )
    addresses = {name: pattern.replace("{service}", name) for name in (*SERVICES, "doorkeeper")}
    for name, address in addresses.items():
        healthy, words = health.ask(address)
        shown.add(name, healthy=healthy, words=words)
    return shown, {name: addresses[name] for name in SERVICES}


def _figures(addresses: Mapping[str, str]) -> None:
    """How it stands with the messages, one line for each service; what wants attention in red, with its cause below."""
    from rich.markup import escape

    from deploy.figures import ask

    found = {name: ask(address) for name, address in addresses.items()}
    if not found:
        return
    table = Table("Dienst", "In de rij", "Achter", "Outbox", "Wacht", "Geweigerd", "Apart gezet", "Opnieuw", "Mails")
    table.box, table.pad_edge = None, False
    below = []
    for name, figures in found.items():
        if figures is None:
            table.add_row(name, "[red]antwoordt niet[/]")
            continue
        aside = sum(figures.set_aside.values())
        table.add_row(
            name,
            _with_age(figures.queued, figures.oldest_s),
            _seconds(figures.late_s),
            _with_age(figures.outbox, figures.outbox_age_s, alarm_s=60),
            str(figures.waiting),
            str(sum(figures.refused.values())),
            f"[red]{aside}[/]" if aside else "0",
            str(figures.retries),
            "-" if figures.mails is None else _with_age(figures.mails, figures.mail_age_s, alarm_s=900),
        )
        below += [f"[red]{name}[/]: {number} apart gezet: {escape(c)}" for c, number in figures.set_aside.items()]
        refused = sorted(figures.refused.items(), key=lambda code: -code[1])[:3]
        if refused:
            below.append(f"{name}: geweigerd om " + ", ".join(f"{escape(c)} ({n})" for c, n in refused))
    out.print()
    tables.screen().print(table)
    for line in below:
        out.print(line, soft_wrap=True)
    if any(figures and figures.set_aside for figures in found.values()):
        out.print(f"Zie {runnable('dead list')}", soft_wrap=True, markup=False)


def _with_age(number: int, age_s: float, *, alarm_s: float = 60) -> str:
    text = f"{number}" + (f" ({_seconds(age_s)})" if number and age_s >= 1 else "")
    return f"[red]{text}[/]" if number and age_s > alarm_s else text


def _seconds(seconds: float) -> str:
    """Short: "0,4 s", "12 s", "3 min", "5 uur"."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".", ",")
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} uur"
    )
