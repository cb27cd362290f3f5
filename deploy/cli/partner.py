"""`burenbus partner`: take on a partner, look at partners, let one stand still and go on."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from deploy.errors import DeployError

if TYPE_CHECKING:
    from deploy.broker import Management
    from services.registry.actions.boarding import Boarding
    from services.registry.store.partners import Partner
    from shared.transaction import Tx

PANEL = "Partners"
PASSWORD_BYTES = 24
R = TypeVar("R")
out = Console(highlight=False)

_STATUS = {"active": "doet mee", "suspended": "staat stil", "removed": "weg"}
Name = Annotated[str, typer.Argument(metavar="NAAM", help="De naam op de bus, zoals omzien.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Partners: aansluiten, bekijken, stilzetten en weer laten meedoen.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("suspend")(suspend)
    group.command("resume")(resume)
    app.add_typer(group, name="partner", rich_help_panel=PANEL)


@dataclass(frozen=True, slots=True)
class Login:
    """What a partner logs in with; the password is shown once."""

    user: str
    password: str


async def take_on(
    tx: "Tx",
    management: "Management",
    name: str,
    *,
    title: str | None = None,
    sources: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    contact_mail: str | None = None,
    sandbox: bool | None = None,
    new_password: bool = False,
) -> "tuple[Boarding, Login | None]":
    """Makes a partner's queues, and has the registry say that it joined or changed: both or neither.

    A partner that is known keeps what is None, and its password unless a new one is asked. Raises CannotBoard,
    SourceTaken and BrokerError.
    """
    import secrets

    from deploy import broker
    from services.registry.actions import boarding

    done = await boarding.board(
        tx, name, title=title, sources=sources, regions=regions, contact_mail=contact_mail, sandbox=sandbox
    )
    login = None
    if done.was is None or new_password:
        login = Login(f"{name}.1", secrets.token_urlsafe(PASSWORD_BYTES))
    # If this fails, the registry forgets it again.
    await broker.board(management, name, {login.user: login.password} if login else {})
    return done, login


def add(
    name: Name,
    title: Annotated[
        str | None, typer.Option(help="De naam voor mensen: 'Omzien naar elkaar'. Nodig voor een nieuwe partner.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="Een bron van deze partner (URN); mag vaker. Een nieuwe partner krijgt urn:burenbus:partner:NAAM."
        ),
    ] = None,
    region: Annotated[list[str] | None, typer.Option(help="Een regio (GM0344, PV26, NL); mag vaker.")] = None,
    contact_mail: Annotated[
        str | None, typer.Option(help="Het mailadres van de contactpersoon; leeg ('') haalt het weg.")
    ] = None,
    sandbox: Annotated[
        bool | None,
        typer.Option("--sandbox/--no-sandbox", help="Om uit te proberen: alles wordt gecontroleerd, niets telt mee."),
    ] = None,
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Maak een nieuw wachtwoord; het oude werkt dan niet meer.")
    ] = False,
) -> None:
    """Sluit een partner aan, of verander wat over hem bekend is. Het wachtwoord is één keer te zien.

    Van een partner die er al is, blijft staan wat u niet opgeeft, ook het wachtwoord. Wat u wel opgeeft,
    komt in de plaats van wat er stond.
    """
    from deploy import broker
    from deploy.settings import admin

    settings = admin()

    async def work(tx: "Tx") -> "tuple[Boarding, Login | None]":
        async with broker.Management(settings.rabbitmq_api_url, settings.vhost) as management:
            return await take_on(
                tx,
                management,
                name,
                title=title,
                sources=source or None,
                regions=region or None,
                contact_mail=contact_mail,
                sandbox=sandbox,
                new_password=new_password,
            )

    done, login = _in_registry(work)
    out.print(f"[bold]{escape(done.now.title)}[/] {what_happened(done)}")
    _print_details(done.now)
    if login is None:
        out.print("  wachtwoord  is niet veranderd (een nieuw: --new-password)")
        return
    out.print(f"  gebruiker   {login.user}")
    out.print(f"  wachtwoord  {escape(login.password)}   (bewaar het nu: het is niet opnieuw te zien)", soft_wrap=True)
    if done.was is not None:
        out.print("Het oude wachtwoord werkt niet meer.")
        return
    url = broker.amqp_url(_amqp(), user=login.user, password=login.password, vhost=settings.vhost)
    out.print("\nProbeer het met dit voorbeeld (Python, `pip install aio-pika`):\n")
    typer.echo(example(name, url, done.now.sources[0]))


def what_happened(done: "Boarding") -> str:
    """Taken on, changed, or nothing: the rest of a sentence that begins with the partner."""
    if done.was is None:
        return f"is aangesloten als {done.now.name}."
    if done.was == done.now:
        return f"({done.now.name}) was al aangesloten; aan de gegevens is niets veranderd."
    return f"({done.now.name}) is bijgewerkt."


def list_all() -> None:
    """Laat alle partners zien."""
    from rich.table import Table

    from services.registry.store import partners

    table = Table("Naam", "Titel", "Stand", "Regio's", "Sinds")
    for p in _in_registry(partners.everyone):
        status = _STATUS[p.status] + (" (proef)" if p.sandbox else "")
        table.add_row(p.name, escape(p.title), status, ", ".join(p.regions), f"{p.boarded_at:%Y-%m-%d}")
    out.print(table)


def show(name: Name) -> None:
    """Laat één partner zien, met wat er van zijn gebeurtenissen werd."""
    from services.registry.store import history, partners

    async def work(tx: "Tx") -> "tuple[Partner | None, dict[str, dict[str, int]], dict[str, int]]":
        return await partners.find(tx, name), await history.counts(tx, name), await history.refusals(tx, name)

    found, counts, refusals = _in_registry(work)
    if found is None:
        raise DeployError(f"Partner {name} bestaat niet.")
    out.print(f"[bold]{escape(found.title)}[/] ({found.name}): {_STATUS[found.status]}")
    _print_details(found)
    for kind, outcomes in counts.items():
        short = kind.removeprefix("nl.zorgzame-gemeenschappen.")
        out.print(f"  {short}: " + ", ".join(f"{outcome} {n}" for outcome, n in outcomes.items()))
    if refusals:
        out.print("  geweigerd om: " + ", ".join(f"{code} {n}" for code, n in refusals.items()))


def suspend(name: Name) -> None:
    """Zet een partner stil: wat hij stuurt, wordt geweigerd met die reden. Wat er al staat, blijft."""
    _set_status(name, "suspended")


def resume(name: Name) -> None:
    """Laat een partner weer meedoen."""
    _set_status(name, "active")


def example(name: str, amqp_url: str, source: str) -> str:
    """A program that publishes one event as this partner, and prints the answer."""
    return f"""\
import asyncio, json, uuid
from datetime import datetime, timezone
import aio_pika

async def main():
    connection = await aio_pika.connect("{amqp_url}")
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        event = {{
            "specversion": "1.0", "id": str(uuid.uuid4()), "source": "{source}",
            "type": "nl.zorgzame-gemeenschappen.initiative-reported.v1",
            "time": datetime.now(timezone.utc).isoformat(), "datacontenttype": "application/json",
            "data": {{"externalId": "1", "name": "Buurthuiskamer De Proef", "municipality": "Utrecht"}},
        }}
        message = aio_pika.Message(json.dumps(event).encode(), content_type="application/cloudevents+json", delivery_mode=2)
        exchange = await channel.get_exchange("in", ensure=False)
        await exchange.publish(message, "{name}.initiative-reported.v1", mandatory=True)
        feedback = await channel.get_queue("feedback.{name}", ensure=False)
        async with feedback.iterator() as answers:
            async for answer in answers:
                async with answer.process():
                    print(json.dumps(json.loads(answer.body), indent=2))
                break

asyncio.run(main())
"""


def _print_details(partner: "Partner") -> None:
    out.print(f"  bronnen     {', '.join(partner.sources)}")
    out.print(f"  regio's     {', '.join(partner.regions) or 'niet opgegeven'}")
    out.print(f"  contact     {escape(partner.contact_mail or 'niet opgegeven')}")
    if partner.sandbox:
        out.print("  proef       ja: niets telt mee")


def _set_status(name: str, status: str) -> None:
    from services.registry.actions import boarding

    async def work(tx: "Tx") -> "Partner":
        return await boarding.set_status(tx, name, status)

    partner = _in_registry(work)
    out.print(f"{escape(partner.title)} ({partner.name}): {_STATUS[partner.status]}")


def _amqp() -> str:
    """Where partners connect: as the environment says, else the local stack."""
    import os

    from deploy.local.current import current

    return os.environ.get("BURENBUS_AMQP_URL") or current().state.amqp_url or "amqp://127.0.0.1:5672/"


def _in_registry(work: "Callable[[Tx], Awaitable[R]]") -> R:
    """Does the work in one transaction on the registry's database. Raises DeployError with why it cannot be done."""
    from deploy.rooms import in_service
    from services.registry.actions.boarding import CannotBoard
    from services.registry.store.partners import SourceTaken

    try:
        return in_service("registry", work)
    except SourceTaken as taken:
        raise DeployError(f"De bron {taken.source} is al van {taken.partner}.") from None
    except CannotBoard as reason:
        raise DeployError(str(reason)) from None
