"""`burenbus partner rotate`, `expire`, `suspend`, `resume`, `live` and `remove`: who comes in, until when, and who no longer."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.partner_work import Name, at_both, at_broker, in_registry
from deploy.errors import DeployError

if TYPE_CHECKING:
    from deploy.administration import Administration
    from deploy.boarding import Login
    from services.registry.actions.boarding import Boarding
    from services.registry.actions.leaving import Consequences
    from services.registry.store.partners import Partner
    from shared.transaction import Tx

OLD_VALID_FOR = "7d"
LONGEST = timedelta(days=90)
_DURATION = re.compile(r"([1-9][0-9]{0,4})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
out = Console(highlight=False)


def register(group: typer.Typer) -> None:
    """Add these commands."""
    for command in (rotate, suspend, resume, live, remove, expire):
        group.command(command.__name__)(command)


def duration(text: str) -> timedelta:
    """`30m`, `12h`, `7d` or `2w`, up to 90 days. Raises typer.BadParameter."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is geen duur. Geef bijvoorbeeld 30m, 12h, 7d of 2w; meteen gaat met --now.")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > LONGEST:
        raise typer.BadParameter(f"{text} is te lang: hoogstens {LONGEST.days} dagen.")
    return length


def rotate(
    name: Name,
    old_valid_for: Annotated[
        timedelta | None,
        typer.Option(
            parser=duration,
            metavar="DUUR",
            help="Hoelang het oude nog werkt: 30m, 12h, 7d, 2w.",
            show_default=OLD_VALID_FOR,
        ),
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Het oude werkt meteen niet meer, en wie binnen is, gaat eruit: bij diefstal.")
    ] = False,
) -> None:
    """Geef een partner een nieuw wachtwoord en een nieuw token. Het oude werkt nog even, zodat er niets stilvalt."""
    if now and old_valid_for is not None:
        raise typer.BadParameter("--now en --old-valid-for gaan niet samen: het oude stopt meteen, of later.")

    async def work(tx: "Tx", management: "Administration") -> "Login":
        from deploy import boarding

        valid_for = None if now else old_valid_for or duration(OLD_VALID_FOR)
        return await boarding.rotate(tx, management, name, old_valid_for=valid_for)

    print_login(at_both(work))


def print_login(login: "Login") -> None:
    """Password and token, the only time that anyone sees them; and until when the old ones work."""
    from shared.dutch import date_and_time

    out.print(f"  gebruiker   {login.user}")
    out.print(f"  wachtwoord  {escape(login.password)}", soft_wrap=True)
    out.print(f"  token       {escape(login.token)}", soft_wrap=True)
    out.print("Bewaar wachtwoord en token nu: ze zijn niet opnieuw te zien.")
    if login.old_until:
        out.print(f"Het oude wachtwoord en het oude token werken nog tot {date_and_time(login.old_until)}.")
    elif not login.first:
        out.print("Het oude wachtwoord en het oude token werken niet meer; open verbindingen zijn gesloten.")


def suspend(name: Name) -> None:
    """Zet een partner stil: er komt niets meer binnen, langs geen enkele weg. Wat er al staat, blijft.

    De partner kan zijn antwoorden nog lezen. Wat nog in de wachtrij stond, wordt geweigerd met die reden.
    """

    async def work(tx: "Tx", management: "Administration") -> "Partner":
        from deploy import boarding

        return await boarding.suspend(tx, management, name)

    partner = at_both(work)
    out.print(f"{escape(partner.title)} ({partner.name}) staat stil. Verder gaan: partner resume {partner.name}")


def resume(name: Name) -> None:
    """Laat een partner weer meedoen, met het wachtwoord en het token die hij had."""

    async def work(tx: "Tx", management: "Administration") -> "Partner":
        from deploy import boarding

        return await boarding.resume(tx, management, name)

    partner = at_both(work)
    out.print(f"{escape(partner.title)} ({partner.name}) doet weer mee.")


def live(name: Name) -> None:
    """Laat een partner die uitprobeert (--sandbox) voor het echt meedoen. Terug: partner add NAAM --sandbox."""

    async def work(tx: "Tx") -> "Boarding":
        from services.registry.actions import boarding

        return await boarding.set_sandbox(tx, name, sandbox=False)

    done = in_registry(work)
    if done.was == done.now:
        out.print(f"{escape(done.now.title)} ({name}) deed al voor het echt mee.")
        return
    out.print(
        f"{escape(done.now.title)} ({name}) doet nu voor het echt mee. Wat in de proef is gestuurd, telt niet mee."
    )


def remove(
    name: Name, yes: Annotated[bool, typer.Option("--yes", help="Verwijder zonder eerst te vragen.")] = False
) -> None:
    """Verwijder een partner. De geschiedenis blijft; zijn opgaven worden ingetrokken.

    Eerst kan niemand er meer in voor deze partner; wat hij al had gestuurd, wordt nog verwerkt. Daarna worden zijn opgaven
    ingetrokken en zijn wachtrijen verwijderd. Gaat er onderweg iets mis, geef de opdracht dan nog eens.
    """

    async def ahead(tx: "Tx") -> "tuple[Partner, Consequences | None]":
        from services.registry.actions import leaving

        return await leaving.look_ahead(tx, name)

    partner, consequences = in_registry(ahead)
    if consequences is not None:
        out.print(consequences_of(partner.title, name, consequences))
        if not yes:
            _confirm(name)
        _leave(name)
    from deploy import broker

    at_broker(lambda management: broker.unboard(management, name))
    out.print(f"{escape(partner.title)} ({name}) is verwijderd.")


def consequences_of(title: str, name: str, ahead: "Consequences") -> str:
    """What removing does, before anyone says yes."""
    from shared.dutch import count

    claims = count(ahead.claims, "opgave", "opgaven")
    closes = count(ahead.closes, "initiatief staat", "initiatieven staan")
    return (
        f"{escape(title)} ({name}) verwijderen betekent:\n"
        f"- {claims} ingetrokken, alsof elk initiatief dit netwerk verlaat. Wat een andere partner ook opgeeft of wat zelf "
        f"heeft geantwoord, blijft; {closes} daarna als gestopt.\n"
        "- Wachtwoorden en tokens werken niet meer, verbindingen gaan dicht.\n"
        "- Wat al was gestuurd, wordt eerst nog verwerkt. Antwoorden die nog niet zijn gelezen, zijn daarna weg.\n"
        "- De geschiedenis en de naam blijven; het mailadres van de contactpersoon wordt gewist. De bronnen zijn weer vrij.\n"
        "- Andere partners merken er niets van."
    )


def expire() -> None:
    """Verwijder bij RabbitMQ de gebruikers waarvan de tijd om is. De portier doet dit elke minuut; nog eens kan altijd."""

    async def work(tx: "Tx", management: "Administration") -> list[str]:
        from deploy import boarding

        return await boarding.expire(tx, management)

    gone = at_both(work)
    out.print(f"Verwijderd: {', '.join(gone)}." if gone else "Er is niets verlopen.")


def _leave(name: str) -> None:
    from deploy import boarding

    async def close(tx: "Tx", management: "Administration") -> None:
        await boarding.close_door(tx, management, name)

    async def leave(tx: "Tx") -> None:
        from services.registry.actions import leaving

        await leaving.leave(tx, name)

    at_both(close)
    with out.status("Wachten tot is verwerkt wat de partner al had gestuurd"):
        at_broker(lambda management: boarding.worked_off(management, name))
    in_registry(leave)


def _confirm(name: str) -> None:
    """Raises DeployError when the answer is no, or when nobody can answer."""
    try:
        sure = typer.confirm(f"{name} verwijderen? (y = ja)")
    except typer.Abort:
        sure = False
    if not sure:
        raise DeployError("Er is niets verwijderd. Zonder vraag vooraf gaat het met --yes.")
