"""`burenbus publish`: sends what is new or changed in a file, waits for the answers, and tells them row by row."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.validate import PANEL, Campaign, File, Type, constants, known_type, print_faults, show_sheet
from deploy.errors import DeployError, WrongCommand

if TYPE_CHECKING:
    from deploy.publishing.door import Door, Owner
    from deploy.publishing.job import Item
    from deploy.publishing.record import Record
    from deploy.publishing.wire import Wire
    from deploy.publishing.work import Done
    from shared.events.problems import Problem
    from shared.sheets import Fault, Plan, Sheet

INTERRUPTED = 130
VANISHED_SHOWN = 20
WORDS = {
    "new": "nieuw",
    "changed": "gewijzigd",
    "unchanged": "ongewijzigd",
    "duplicate": "al eerder ontvangen",
    "recorded": "verwerkt",
    "replaced": "vervangt een eerdere",
    "refused": "geweigerd",
}
REASONS = {"verlaat-netwerk": "verlaat-netwerk", "gestopt": "gestopt", "vergissing": "vergissing",
           "left-network": "verlaat-netwerk", "stopped": "gestopt", "mistake": "vergissing"}  # fmt: skip
out = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("publish", rich_help_panel=PANEL)(publish)
    app.command("columns", rich_help_panel=PANEL)(columns)


@dataclass(frozen=True)
class Options:
    """What was asked, checked."""

    file: Path
    type: str | None
    campaign: str | None
    source: str | None
    reason: str | None
    yes: bool
    dry_run: bool
    patience_s: float


@dataclass
class Way:
    """How the file goes, and where answers are read."""

    door: "Door | None"
    wire: "Wire | None"
    source: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)


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


def columns(
    type_: Type = None,
) -> None:
    """Laat zien welke kolommen een bestand mag hebben, en onder welke koppen wij ze herkennen (Markdown)."""
    from shared.sheets.columns import COLUMNS

    known_type(type_)
    for kind in [type_] if type_ else COLUMNS:
        if kind not in COLUMNS:
            raise WrongCommand(f"Een bestand met rijen kan niet {kind} zijn. Kies uit: {', '.join(COLUMNS)}.")
        print(f"\n## {kind}\n\n| kolom | column | veld | ook herkend |\n| --- | --- | --- | --- |")
        for spec in COLUMNS[kind]():
            needed = " (verplicht)" if spec.required else ""
            names = ", ".join(name.replace("|", " ") for name in spec.names)
            print(f"| {spec.title.nl}{needed} | {spec.title.en} | `{spec.pointer}` | {names} |")


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


async def work(options: Options, way: Way) -> bool:
    """Everything after the options: whether all of it was accepted."""
    from deploy.publishing import job
    from shared.sheets import SheetFault, read

    content = options.file.read_bytes()
    if job.is_lines(options.file) and options.type is None:
        return await _whole_events(options, way, content)
    try:
        if job.is_lines(options.file):
            sheet = job.sheet_of_lines(content, options.file.name, options.type or "")
        else:
            sheet = read(content, options.file.name, type=options.type, constants=constants(options.campaign))
            show_sheet(sheet)
    except SheetFault as fault:
        reasons = "\n".join(f"  {p.nl}" for p in fault.problems)
        raise DeployError(f"{options.file.name} kan niet gebruikt worden.\n{reasons}") from None
    return await _rows(options, way, content, sheet)


async def _rows(options: Options, way: Way, content: bytes, sheet: "Sheet") -> bool:
    from deploy.publishing import job, record
    from shared.clock import system_clock

    kept = record.load(options.file)
    about = f"{way.source} {sheet.type}"
    held = await way.door.claims() if way.door and sheet.type.startswith("initiative-") else None
    judged = job.judged(sheet, system_clock())
    plan = job.compare(sheet, held, kept.said.get(about, {}))
    faulty = [f for one in judged.values() if one.refused for f in one.problems]
    _show_plan(options, sheet, plan)
    print_faults(faulty, "red")
    gone = _to_withdraw(options, sheet, plan)
    to_send = [row for row in plan.to_send if not judged[row.number].refused]
    if options.dry_run or not (to_send or gone):
        if not options.dry_run:
            out.print("Er is niets te versturen." if faulty else "Niets is veranderd: er is niets te versturen.")
            if faulty or way.door:
                _keep_refused(options.file, content, sheet, {}, faulty)
        return not faulty
    kept_run = record.begin(kept, system_clock(), content, way.source, options.campaign or "", options.reason or "")  # fmt: skip
    resumed = kept_run.run == kept.run
    record.save(options.file, kept_run)
    made = job.items(to_send, source=way.source, run=kept_run.run, time=kept_run.at)
    made += job.missing_items(gone, options.reason or "", source=way.source, run=kept_run.run, time=kept_run.at)
    done = await _send(options, way, made, kept_run, resumed=resumed)
    said = {k: v for k, v in done.said.items() if k not in gone}
    if not done.unanswered:
        record.save(options.file, record.finish(kept_run, about, said))
    rows = {row.number: row for row in sheet.rows}
    answered = {i.number: a.problems for i, a in done.refused if i.number is not None}
    faults = [f for number, problems in answered.items() for f in sheet.faults(rows[number], problems)]
    _show_answers(done, faults)
    if faulty or faults or done.all_taken:
        _keep_refused(options.file, content, sheet, answered, [*faulty, *faults])
    return not faulty and not done.refused and not done.unanswered


async def _whole_events(options: Options, way: Way, content: bytes) -> bool:
    """JSON Lines of CloudEvents: sent as they stand; the platform knows by their ids what it had before."""
    from deploy.cli.validate import sender_of
    from deploy.publishing import job, record
    from shared.clock import system_clock
    from shared.sheets import Fault

    lines = job.read_lines(content, sender_of(None, [way.source] if way.source else None), system_clock())
    faulty = [f for one in lines.refused for f in one.problems]
    again = f", {lines.repeated} dubbel" if lines.repeated else ""
    out.print(f"{escape(options.file.name)}: {len(lines.good)} te versturen, {len(lines.refused)} met fouten{again}.")
    print_faults(faulty, "red", "regel")
    if options.dry_run:
        return not faulty
    kept = record.load(options.file)
    run = record.begin(kept, system_clock(), content)
    record.save(options.file, run)
    done = await _send(options, way, lines.good, run, resumed=run.run == kept.run)
    if not done.unanswered:
        record.save(options.file, record.finish(run, "lines", {}))
    faults = [Fault(i.number or 0, p) for i, a in done.refused for p in a.problems]
    _show_answers(done, faults, "regel")
    numbers = {f.row for f in (*faulty, *faults)}
    if numbers or done.all_taken:
        _keep_refused(options.file, content, None, {}, [*faulty, *faults])
    return not faulty and not done.refused and not done.unanswered


def _show_plan(options: Options, sheet: "Sheet", plan: "Plan") -> None:
    parts = {"nieuw": plan.new, "gewijzigd": plan.changed, "hetzelfde": plan.same, "met fouten": plan.refused, "dubbel": plan.repeated}  # fmt: skip
    said = ", ".join(f"{len(rows)} {word}" for word, rows in parts.items() if rows) or "geen rijen"
    out.print(f"{escape(options.file.name)} ({sheet.type}): {said}.")
    if plan.vanished:
        names = ", ".join(plan.vanished[:VANISHED_SHOWN]) + (" …" if len(plan.vanished) > VANISHED_SHOWN else "")
        out.print(f"Niet meer in het bestand: {len(plan.vanished)} ({escape(names)}).")
        if options.reason is None:
            out.print("  Die blijven staan. Afmelden: --withdraw-missing verlaat-netwerk (of gestopt, vergissing).")


def _to_withdraw(options: Options, sheet: "Sheet", plan: "Plan") -> Sequence[str]:
    """What is withdrawn, once somebody said so. A row whose number cannot be read might be one of those that seem gone."""
    if options.reason is None or not plan.vanished:
        return ()
    if any(row.key is None for row in sheet.refused):
        out.print("  Er staan rijen zonder nummer in het bestand. Herstel die eerst; nu wordt niets afgemeld.")
        return ()
    if options.dry_run:
        return ()
    if not options.yes:
        if not sys.stdin.isatty():
            raise WrongCommand("Afmelden vraagt om bevestiging. Geef --yes als u zeker bent.")
        if not typer.confirm(f"{len(plan.vanished)} initiatieven afmelden ({options.reason})?"):
            return ()
    return plan.vanished


async def _send(options: Options, way: Way, items: "Sequence[Item]", run: "Record", *, resumed: bool) -> "Done":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from deploy.publishing import work as working

    channel = way.wire or way.door
    assert channel is not None
    screen = Console(stderr=True)
    bars = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=screen, disable=not screen.is_terminal)  # fmt: skip
    tasks = {what: bars.add_task(words, total=len(items)) for what, words in (("send", "Versturen"), ("answers", "Antwoorden"))}  # fmt: skip
    if resumed:
        out.print("De vorige keer werd onderbroken; dit gaat verder waar het was.")
    with bars:
        return await working.run(
            items,
            channel,
            way.door,
            since=run.at,
            resumed=resumed,
            patience_s=options.patience_s,
            progress=lambda what, count, of: bars.update(tasks[what], completed=count, total=of),
        )


def _show_answers(done: "Done", faults: "Sequence[Fault]", unit: str = "rij") -> None:
    from deploy.publishing.work import by_outcome

    print_faults(faults, "red", unit)
    for item, answer in done.refused:
        if item.number is None:
            out.print(f"  [red]afmelden van {escape(item.about)}:[/] {escape(' '.join(p.nl for p in answer.problems))}")
    warned = [a for a in done.answers.values() if a.problems and not a.refused]
    counts = by_outcome(done.answers)
    said = ", ".join(f"{n} {WORDS.get(outcome, outcome)}" for outcome, n in counts.items())
    out.print(f"{done.sent} verstuurd" + (f"; antwoorden: {said}." if said else "."))
    if warned:
        out.print(f"Bij {len(warned)} gaf het platform een opmerking; zie `burenbus validate` of uw geschiedenis.")
    if done.unanswered:
        out.print(
            f"Nog geen antwoord op {len(done.unanswered)}. Geef dezelfde opdracht later nog eens: niets gaat dubbel."
        )
    if not done.asked:
        out.print("Naar de antwoorden is niet gekeken: die staan in uw geschiedenis en in uw feedback-wachtrij.")


def _keep_refused(
    file: Path,
    content: bytes,
    sheet: "Sheet | None",
    answered: "Mapping[int, Sequence[Problem]]",
    faults: "Sequence[Fault]",
) -> None:
    """Puts what was refused beside the file; nothing was: takes away what an earlier run put there."""
    from deploy.publishing import refusals

    as_lines = sheet is None or not sheet.columns
    if not faults:
        refusals.forget(file, as_lines=as_lines)
    elif sheet is None or as_lines:
        target = refusals.write_lines(file, content, {f.row for f in faults})
        out.print(f"De geweigerde regels staan in {escape(target.name)}.")
    else:
        target = refusals.write_rows(file, sheet, answered)
        out.print(
            f"De geweigerde rijen staan met de reden in {escape(target.name)}. Verbeter ze daar, en verstuur dat bestand."
        )
