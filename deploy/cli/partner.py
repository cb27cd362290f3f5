"""`burenbus partner`: take on a partner and look at partners. What it comes in with, and its going: `partner_door`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli import partner_door
from deploy.cli.history import OUTCOMES
from deploy.cli.partner_work import Name, at_both, in_registry, looked_up, settings
from deploy.commands import runnable
from deploy.errors import WrongCommand

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime

    from deploy.administration import Administration
    from deploy.boarding import Login
    from services.registry.actions.boarding import Boarding
    from services.registry.store.broker_users import BrokerUser
    from services.registry.store.partners import Partner
    from services.registry.store.tokens import Validity
    from shared.transaction import Tx

PANEL = "Partners"
STATUS = {"active": "doet mee", "suspended": "staat stil", "removed": "verwijderd"}
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Partners: aansluiten, bekijken, wachtwoord wisselen, stilzetten en verwijderen.", no_args_is_help=True
    )
    group.command("add")(add)
    group.command("list")(list_all)
    group.command("show")(show)
    partner_door.register(group)
    app.add_typer(group, name="partner", rich_help_panel=PANEL)


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
) -> None:
    """Sluit een partner aan, of verander wat over hem bekend is. Wachtwoord en token zijn één keer te zien.

    Van een partner die er al is, blijft staan wat u niet opgeeft, ook wachtwoord en token. Wat u wel opgeeft, komt in de
    plaats van wat er stond. Klopt er iets niet, dan staat elke fout er en is er niets gebeurd (code 2).
    """

    async def work(tx: "Tx", management: "Administration") -> "tuple[Boarding, Login | None]":
        from deploy.boarding import take_on

        return await take_on(
            tx,
            management,
            name,
            title=title,
            sources=source or None,
            regions=region or None,
            contact_mail=contact_mail,
            sandbox=sandbox,
        )

    done, login = at_both(work)
    out.print(f"[bold]{escape(done.now.title)}[/] {what_happened(done)}")
    _print_details(done.now)
    if login is None:
        new = runnable(f"partner rotate {name}")
        out.print(f"  wachtwoord  is niet veranderd, net als het token (nieuwe: {new})", soft_wrap=True)
        return
    partner_door.print_login(login)
    _print_examples(done.now, login)


def what_happened(done: "Boarding") -> str:
    """Taken on, changed, or nothing: the rest of a sentence that begins with the partner."""
    if done.was is None:
        return f"is aangesloten als {done.now.name}."
    if done.joined:
        return f"is weer aangesloten als {done.now.name}; de geschiedenis van toen hoort er weer bij."
    if done.was == done.now:
        return f"({done.now.name}) was al aangesloten; aan de gegevens is niets veranderd."
    return f"({done.now.name}) is bijgewerkt."


def list_all() -> None:
    """Laat alle partners zien."""
    from deploy.cli import tables
    from services.registry.store import partners
    from shared.dutch import HERE

    async def work(tx: "Tx") -> "tuple[list[Partner], dict[str, datetime]]":
        return await partners.everyone(tx), await partners.last_events(tx)

    found, last = in_registry(work)
    rows = []
    for p in found:
        newest = f"{last[p.name].astimezone(HERE):%Y-%m-%d %H:%M}" if p.name in last else "nog niets"
        since = f"{p.boarded_at.astimezone(HERE):%Y-%m-%d}"
        rows.append((p.name, p.title, _standing(p), ", ".join(p.regions), since, newest))
    tables.show(rows, "Naam", "Titel", "Stand", "Regio's", "Sinds", "Laatste bericht", key="Naam")


def show(name: Name) -> None:
    """Laat één partner zien: hoe hij binnenkomt, en wat er van zijn gebeurtenissen werd."""
    from services.registry.store import broker_users, history, partners, tokens
    from shared.dutch import date_and_time

    async def work(tx: "Tx") -> "_Shown | None":
        partner = await partners.find(tx, name)
        if partner is None:
            return None
        return _Shown(
            partner,
            (await partners.last_events(tx)).get(name),
            await broker_users.of_partner(tx, name),
            await tokens.of_partner(tx, name),
            await history.counts(tx, name),
            await history.refusals(tx, name),
        )

    found = in_registry(work)
    if found is None:
        raise WrongCommand(f"Partner {name} bestaat niet.")
    partner = found.partner
    out.print(f"[bold]{escape(partner.title)}[/] ({partner.name}): {_standing(partner)}")
    _print_details(partner)
    if partner.status != "removed":
        _print_ways_in(found, looked_up())
    out.print(f"  laatste     {date_and_time(found.last) if found.last else 'nog niets ontvangen'}")
    for kind, outcomes in found.counts.items():
        out.print(f"  {counted(kind, outcomes)}")
    if found.refusals:
        out.print("  geweigerd om: " + ", ".join(f"{code} {n}" for code, n in found.refusals.items()))


def counted(kind: str, outcomes: "Mapping[str, int]") -> str:
    """How many events of a type became what, in the words that partners read."""
    short = kind.removeprefix("nl.zorgzame-gemeenschappen.")
    return f"{short}: " + ", ".join(f"{OUTCOMES.get(outcome, outcome)} {n}" for outcome, n in outcomes.items())


@dataclass(frozen=True, slots=True)
class _Shown:
    partner: "Partner"
    last: "datetime | None"
    users: "list[BrokerUser]"
    tokens: "list[Validity]"
    counts: dict[str, dict[str, int]]
    refusals: dict[str, int]


def _standing(partner: "Partner") -> str:
    return STATUS[partner.status] + (" (proef)" if partner.sandbox and partner.status != "removed" else "")


def _print_details(partner: "Partner") -> None:
    out.print(f"  bronnen     {', '.join(partner.sources) or 'geen'}", soft_wrap=True)
    out.print(f"  regio's     {', '.join(partner.regions) or 'niet opgegeven'}")
    out.print(f"  contact     {escape(partner.contact_mail or 'niet opgegeven')}")
    if partner.sandbox and partner.status != "removed":
        live = runnable(f"partner live {partner.name}")
        out.print(f"  proef       ja: niets telt mee (voor het echt: {live})", soft_wrap=True)


def _print_ways_in(found: "_Shown", connections: "Counter[str] | None") -> None:
    for user in found.users:
        if connections is None:
            busy = "verbindingen onbekend: RabbitMQ antwoordt niet"
        else:
            busy = f"{connections[user.name]} verbindingen open"
        out.print(f"  gebruiker   {user.name}, {_validity(user.issued_at, user.expires_at)}; {busy}", soft_wrap=True)
    for token in found.tokens:
        out.print(f"  token       {_validity(token.issued_at, token.expires_at)}")
    if not found.tokens:
        out.print(f"  token       geen (een nieuw: {runnable(f'partner rotate {found.partner.name}')})", soft_wrap=True)


def _validity(since: "datetime", until: "datetime | None") -> str:
    from shared.dutch import date, date_and_time

    return f"sinds {date(since)}" + (f", werkt tot {date_and_time(until)}" if until else "")


def _print_examples(partner: "Partner", login: "Login") -> None:
    from deploy.cli.partner_example import curl, program

    amqp, http = settings().addresses(login.user, login.password)
    if not partner.sandbox:
        out.print(
            "\nDeze voorbeelden melden een initiatief dat niet bestaat. Zonder proef (--sandbox) komt het in het "
            "register: trek het daarna weer in, met initiative-withdrawn en dezelfde externalId."
        )
    out.print("\nProbeer het met dit voorbeeld (Python, `pip install aio-pika`):\n")
    typer.echo(program(partner.name, amqp, partner.sources[0]))
    out.print("Of over HTTP:\n")
    typer.echo(curl(http, login.token, partner.sources[0]))
