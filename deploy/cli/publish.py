"""`burenbus publish`: sends what is new or changed in a file, waits for the answers, and tells them row by row."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from deploy.cli.publish_work import Options, Way, work
from deploy.cli.rows_told import out
from deploy.cli.validate import PANEL, Campaign, File, Type, known_type
from deploy.errors import WrongCommand

if TYPE_CHECKING:
    from deploy.publishing.door import Owner

INTERRUPTED = 130
REASONS = {"verlaat-netwerk": "verlaat-netwerk", "gestopt": "gestopt", "vergissing": "vergissing",
           "left-network": "verlaat-netwerk", "stopped": "gestopt", "mistake": "vergissing"}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("publish", rich_help_panel=PANEL)(publish)


def publish(
    file: File,
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option("--url", envvar="BURENBUS_URL", help="Het adres van het platform (https://…).")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", exists=True, dir_okay=False, help="Bestand met uw token; anders BURENBUS_TOKEN."),
    ] = None,
    amqp_url: Annotated[
        str | None,
        typer.Option(
            "--amqp-url", envvar="BURENBUS_AMQP_URL", help="Verstuur over AMQP: amqps://omzien.1:wachtwoord@…"
        ),
    ] = None,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Uw naam op de bus, zoals omzien; anders die van het token.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Uw bron (URN); anders urn:burenbus:partner:NAAM.")
    ] = None,
    type_: Type = None,
    campaign: Campaign = None,
    withdraw_missing: Annotated[
        str | None,
        typer.Option(
            "--withdraw-missing",
            metavar="REDEN",
            help="Meld af wat niet meer in het bestand staat: verlaat-netwerk, gestopt of vergissing.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Zonder te vragen afmelden.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Laat zien wat er zou gebeuren; verstuur niets.")] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Zo lang wachten op een volgend antwoord, in seconden.")
    ] = 60,
) -> None:
    """Verstuur wat nieuw of gewijzigd is in een bestand, en laat zien wat ervan werd.

    Hetzelfde bestand nog eens versturen verandert niets. Na een onderbreking geeft u dezelfde opdracht nog eens: niets
    gaat dubbel. Wat geweigerd is, komt met de reden in BESTAND.geweigerd.csv (of .xlsx, .jsonl).

    Met --url en een token gaat het over HTTP, en komen de antwoorden uit uw geschiedenis op het platform. Met --amqp-url, of
    als alleen BURENBUS_AMQP_URL is gezet, gaat het over AMQP. Zonder --url erbij wacht de opdracht dan niet op antwoorden: die
    blijven in uw eigen feedback-wachtrij staan, voor uw eigen programma.

    Code 0: alles is aanvaard. Code 1: er is iets geweigerd of nog niet beantwoord.
    """
    known_type(type_)
    if withdraw_missing is not None and withdraw_missing not in REASONS:
        raise WrongCommand("Kies als reden: verlaat-netwerk, gestopt of vergissing.")
    by_amqp = _was_typed(context, "amqp_url")
    has_token = token_file is not None or bool(os.environ.get("BURENBUS_TOKEN"))
    if by_amqp and not has_token and not _was_typed(context, "url"):
        url = None  # an address alone, from the environment, opens nothing
    if not by_amqp and (url or has_token):
        amqp_url = None
    if not url and not amqp_url:
        raise WrongCommand("Geef --url (het adres van het platform), of --amqp-url.")
    token = read_token(token_file) if url else None
    reason = REASONS[withdraw_missing] if withdraw_missing else None
    options = Options(file, type_, campaign, source, reason, yes, dry_run, wait)
    try:
        asyncio.run(_publish(options, url, token, amqp_url, partner))
    except KeyboardInterrupt:
        out.print("\nOnderbroken. Geef dezelfde opdracht nog eens: wat al verstuurd is, gaat niet dubbel.")
        raise typer.Exit(INTERRUPTED) from None


def _was_typed(context: typer.Context, name: str) -> bool:
    """Whether an option stood on the command line, and does not come from the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def read_token(token_file: Path | None) -> str:
    """The partner's token, from a file or from the environment. Raises WrongCommand."""
    token = token_file.read_text("utf-8").strip() if token_file else os.environ.get("BURENBUS_TOKEN", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise WrongCommand("Geef uw token in BURENBUS_TOKEN, of in een bestand met --token-file.")
    return token


async def _publish(
    options: Options, url: str | None, token: str | None, amqp_url: str | None, partner: str | None
) -> None:
    import httpx

    from deploy.publishing import job
    from deploy.publishing.door import Door
    from deploy.publishing.wire import Wire

    async with AsyncExitStack() as stack:
        wire = Wire(amqp_url) if amqp_url else None
        name = partner or (wire.partner if wire else None)
        if wire and wire.partner != name:
            raise WrongCommand(f"Het AMQP-adres is van {wire.partner}, niet van {name}. Er is niets verstuurd.")
        door = None
        where = ""
        if url:
            headers = {"authorization": f"Bearer {token}"}
            try:
                http = httpx.AsyncClient(base_url=url, headers=headers, timeout=60)
            except (httpx.InvalidURL, ValueError) as error:
                raise WrongCommand(f"--url is geen webadres: {error}.") from error
            if http.base_url.scheme != "https" and http.base_url.host not in ("127.0.0.1", "localhost", "::1"):
                raise WrongCommand("--url begint met https://: anders gaat uw token leesbaar over het internet.")
            door = Door(await stack.enter_async_context(http))
            where = f"{http.base_url.scheme}://{http.base_url.netloc.decode()}"
        way_said = (
            f"Via AMQP als {wire.partner}" + (f", met de antwoorden van {where}" if door else "")
            if wire
            else f"Via HTTP naar {where}"
        )
        out.print(escape(f"{way_said}."))
        source = options.source or (f"urn:burenbus:partner:{name}" if name else "")
        if door:
            source = _own_source(
                await door.whose(), name, source, named=job.is_lines(options.file) and options.type is None
            )
        if wire and not options.dry_run:
            await stack.enter_async_context(wire)
        way = Way(door, wire, source)
        if not await work(options, way):
            raise typer.Exit(1)


def _own_source(owner: "Owner", partner: str | None, source: str, *, named: bool) -> str:
    """The source to speak as; `named` when the events name theirs. Raises WrongCommand before anything is sent in another's
    name: a partner that is mistyped, or the token of somebody else."""
    if partner and partner != owner.partner:
        raise WrongCommand(f"Dit token is van {owner.partner}, niet van {partner}. Er is niets verstuurd.")
    if not source and not named:
        usual = f"urn:burenbus:partner:{owner.partner}"
        source = usual if usual in owner.sources or len(owner.sources) != 1 else owner.sources[0]
    if source and source not in owner.sources:
        raise WrongCommand(f"De bron {source} is niet van u. Kies met --source uit: {', '.join(owner.sources)}.")
    return source
