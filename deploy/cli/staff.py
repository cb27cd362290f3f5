"""`burenbus staff`: who is notified, of what, where, and how."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from deploy.commands import runnable
from deploy.errors import DeployError

if TYPE_CHECKING:
    from services.notify.domain.audience import Staff
    from services.notify.settings import Settings
    from services.notify.store.notices import Heard
    from services.notify.store.staff import Subscription
    from shared.transaction import Tx

PANEL = "Medewerkers en mail"
R = TypeVar("R")
out = Console(highlight=False)

Mail = Annotated[str, typer.Argument(metavar="MAILADRES", help="Het mailadres van de medewerker.", show_default=False)]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", help="Een regio (NL, PV26, GM0344); mag vaker. Een provincie is met haar gemeenten."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Een soort melding; mag vaker. Zonder: alle. Zie `burenbus staff kinds`."),
]
How = Annotated[
    bool | None,
    typer.Option(
        "--at-once/--digest", help="Meteen, of in de dagelijkse mail. Zonder: zoals gebruikelijk bij de soort."
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Medewerkers: wie krijgt waarover mail, en wanneer.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("remove")(remove)
    group.command("subscribe")(subscribe)
    group.command("unsubscribe")(unsubscribe)
    group.command("kinds")(kinds)
    group.command("digest")(digest)
    app.add_typer(group, name="staff", rich_help_panel=PANEL)


def add(
    mail: Mail,
    name: Annotated[str | None, typer.Option(help="Hoe de medewerker in de mail wordt aangesproken.")] = None,
    role: Annotated[str | None, typer.Option(help="Wat de medewerker doet.")] = None,
    region: Regions = None,
    kind: Kinds = None,
    at_once: How = None,
    digest_at: Annotated[str | None, typer.Option(help="Tijd van de dagelijkse mail, zoals 08:00.")] = None,
    working_hours: Annotated[
        bool, typer.Option("--working-hours", help="Alleen mail op werkdagen tussen 8 en 18 uur.")
    ] = False,
) -> None:
    """Voeg een medewerker toe, of verander wat over hem of haar bekend is. Met --region volgt die daar alles."""
    from datetime import time

    from services.notify import admin

    try:
        at = time.fromisoformat(digest_at) if digest_at else None
    except ValueError:
        raise DeployError(f"‘{digest_at}’ is geen tijd. Geef bijvoorbeeld 08:00.") from None
    settings = _settings()
    _, is_new = in_notify(
        lambda tx: admin.add(
            tx,
            settings,
            mail,
            name=name,
            role=role,
            regions=region or [],
            kinds=kind or [],
            how=_how(at_once),
            digest_at=at,
            working_hours_only=working_hours,
        )
    )
    out.print(f"{escape(mail)} is {'toegevoegd' if is_new else 'bijgewerkt'}.")
    if not region:
        command = escape(runnable("staff subscribe"))
        out.print(f"Nog te doen: `{command}`, of laat de medewerker zelf kiezen op /medewerker.", soft_wrap=True)


def list_all() -> None:
    """Laat alle medewerkers zien."""
    from deploy.cli import tables
    from services.notify.store import staff

    rows = []
    for member in in_notify(staff.everyone):
        one = member.staff
        when = f"{one.digest_at:%H:%M}"
        limits = "ja" if one.working_hours_only else "nee"
        rows.append((one.email, one.name or "", member.role or "", str(member.subscriptions), when, limits))
    tables.show(rows, "Mailadres", "Naam", "Rol", "Volgt", "Dagelijkse mail", "Alleen werktijd", key="Mailadres")


def show(mail: Mail) -> None:
    """Laat één medewerker zien: wat die volgt, en de laatste meldingen."""
    from services.notify import admin
    from services.notify.domain.kinds import HOWS, KINDS
    from services.notify.domain.regions import name_of
    from services.notify.store import notices, staff, suppression

    async def work(tx: "Tx") -> "tuple[Staff, Sequence[Subscription], Sequence[Heard], str | None]":
        member = await admin.known(tx, mail)
        return (
            member,
            await staff.subscriptions(tx, member.id),
            await notices.heard(tx, member.id, limit=10),
            await suppression.reason_for(tx, mail),
        )

    member, subscriptions, heard, suppressed = in_notify(work)
    out.print(f"[bold]{escape(member.email)}[/] {escape(member.name or '')}")
    if suppressed:
        out.print(
            f"  [bold red]krijgt geen mail[/]: {suppressed} (zie `{escape(runnable('mail release'))}`)", soft_wrap=True
        )
    limits = ", alleen op werkdagen tussen 8 en 18 uur" if member.working_hours_only else ""
    out.print(f"  dagelijkse mail om {member.digest_at:%H:%M}{limits}")
    for s in subscriptions:
        what = KINDS[s.kind].label if s.kind in KINDS else s.kind
        out.print(f"  volgt {what} ({s.kind}) in {name_of(s.region) or s.region}, {HOWS[s.how]}")
    for one in heard:
        out.print(f"  {one.moment}  {escape(one.item['title'])}{'' if one.in_mail else ' (komt nog per mail)'}")


def remove(mail: Mail) -> None:
    """Haal een medewerker weg. Wat nog verstuurd zou worden, vervalt."""
    from services.notify import admin

    in_notify(lambda tx: admin.remove(tx, mail))
    out.print(f"{escape(mail)} is weggehaald.")


def subscribe(mail: Mail, region: Regions = None, kind: Kinds = None, at_once: How = None) -> None:
    """Laat een medewerker soorten meldingen volgen in een regio (zonder --region: heel Nederland)."""
    from services.notify import admin

    in_notify(lambda tx: admin.subscribe(tx, mail, regions=region or ["NL"], kinds=kind or [], how=_how(at_once)))
    show(mail)


def unsubscribe(
    mail: Mail,
    region: Annotated[str | None, typer.Option(help="Alleen deze regio.")] = None,
    kind: Annotated[str | None, typer.Option(help="Alleen deze soort.")] = None,
) -> None:
    """Laat een medewerker minder volgen; zonder opties niets meer."""
    from services.notify import admin

    gone = in_notify(lambda tx: admin.unsubscribe(tx, mail, kind=kind, region=region))
    out.print(f"{gone} abonnementen weggehaald.")


def kinds() -> None:
    """Laat zien waarover een medewerker mail kan krijgen."""
    from deploy.cli import tables
    from services.notify.domain.kinds import HOWS, KINDS

    rows = [(kind.code, kind.label, HOWS[kind.how]) for kind in KINDS.values()]
    tables.show(rows, "Soort", "Betekenis", "Gebruikelijk", key="Soort")


def digest(
    mail: Annotated[
        str | None, typer.Argument(metavar="[MAILADRES]", help="Alleen deze medewerker.", show_default=False)
    ] = None,
) -> None:
    """Stuur de dagelijkse mail nu: alles wat erop wacht, gaat binnen een halve minuut."""
    from services.notify import admin
    from shared.dutch import count

    number = in_notify(lambda tx: admin.digest_now(tx, mail))
    out.print(f"{count(number, 'melding gaat', 'meldingen gaan')} nu per mail.")


def in_notify(work: "Callable[[Tx], Awaitable[R]]") -> R:
    """Does the work in one transaction on notify's database. Raises DeployError with why it cannot be done."""
    from deploy.rooms import in_service

    try:
        return in_service("notify", work)
    except ValueError as reason:
        raise DeployError(str(reason)) from None


def _settings() -> "Settings":
    from deploy.rooms import settings_of
    from services.notify.settings import Settings

    settings = settings_of("notify")
    assert isinstance(settings, Settings)
    return settings


def _how(at_once: bool | None) -> Literal["at-once", "digest"] | None:
    return None if at_once is None else "at-once" if at_once else "digest"
