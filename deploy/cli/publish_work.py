"""What `burenbus publish` does with a file: compare, send, wait for the answers, and keep what was refused."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli import publish_told as told
from deploy.cli.rows_told import out, show_sheet
from deploy.cli.validate import constants, sender_of
from deploy.errors import DeployError, WrongCommand

if TYPE_CHECKING:
    from deploy.publishing.door import Door
    from deploy.publishing.job import Item
    from deploy.publishing.record import Record
    from deploy.publishing.wire import Wire
    from deploy.publishing.work import Done
    from shared.sheets import Plan, Sheet


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


async def work(options: Options, way: Way) -> bool:
    """Everything after the options: whether all of it was accepted."""
    from deploy.publishing import job
    from services.registry.domain.foresight import foreseen
    from shared.clock import system_clock
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
    return await _rows(options, way, content, foreseen(sheet, system_clock()))


async def _rows(options: Options, way: Way, content: bytes, sheet: "Sheet") -> bool:
    from deploy.publishing import job, record
    from shared.clock import system_clock

    kept = record.load(options.file)
    about = f"{way.source} {sheet.type}"
    held = await way.door.claims() if way.door and sheet.type.startswith("initiative-") else None
    plan = job.compare(sheet, held, kept.said.get(about, {}))
    unit = "rij" if sheet.columns else "regel"
    faulty = [f for row in plan.refused for f in row.problems]
    remarks = [f for row in plan.to_send for f in row.warnings]
    told.plan(options.file, sheet, plan, asked=options.reason is not None)
    told.foreseen(faulty, remarks, unit)
    gone = _to_withdraw(options, sheet, plan)
    if options.reason and held is not None and not plan.vanished:
        told.nothing_to_withdraw()
    if options.dry_run:
        told.dry_run(len(plan.to_send), gone, options.reason)
        return not faulty
    if not (plan.to_send or gone):
        out.print("\nEr is niets te versturen." if faulty else "\nNiets is veranderd: er is niets te versturen.")
        if faulty or way.door:
            told.keep_refused(options.file, content, sheet, {}, faulty)
        return not faulty
    run = record.begin(kept, system_clock(), content, way.source, options.campaign or "", options.reason or "")
    record.save(options.file, run)
    made = job.items(plan.to_send, source=way.source, run=run.run, time=run.at)
    made += job.missing_items(gone, options.reason or "", source=way.source, run=run.run, time=run.at)
    done = await _send(options, way, made, run, resumed=run.run == kept.run)
    said = {k: v for k, v in done.said.items() if k not in gone}
    if not done.unanswered:
        record.save(options.file, record.finish(run, about, said))
    rows = {row.number: row for row in sheet.rows}
    answered = {i.number: a.problems for i, a in done.refused if i.number is not None}
    faults = [f for number, problems in answered.items() for f in sheet.faults(rows[number], problems)]
    later = [f for n, problems in done.remarks.items() for f in sheet.faults(rows[n], problems)]
    told.answers(done, faults, told.news(later, remarks), unit)
    if options.reason and any(f.problem.code == "sandbox" for f in later):
        there = {row.key for row in sheet.rows}
        told.tried_out([key for key in kept.said.get(about, {}) if key not in there], options.reason)
    if faulty or faults or done.all_taken:
        told.keep_refused(options.file, content, sheet, answered, [*faulty, *faults])
    return not faulty and not done.refused and not done.unanswered


async def _whole_events(options: Options, way: Way, content: bytes) -> bool:
    """JSON Lines of CloudEvents: sent as they stand; the platform knows by their ids what it had before."""
    from deploy.publishing import job, record
    from shared.clock import system_clock
    from shared.sheets import Fault

    lines = job.read_lines(content, sender_of(None, [way.source] if way.source else None), system_clock())
    faulty = [f for one in lines.refused for f in one.problems]
    again = f", {lines.repeated} dubbel" if lines.repeated else ""
    out.print(f"{escape(options.file.name)}: {len(lines.good)} te versturen, {len(lines.refused)} met fouten{again}.")
    told.foreseen(faulty, lines.remarks, "regel")
    if options.dry_run:
        told.dry_run(len(lines.good), (), None)
        return not faulty
    kept = record.load(options.file)
    run = record.begin(kept, system_clock(), content)
    record.save(options.file, run)
    done = await _send(options, way, lines.good, run, resumed=run.run == kept.run)
    if not done.unanswered:
        record.save(options.file, record.finish(run, "lines", {}))
    faults = [Fault(i.number or 0, p) for i, a in done.refused for p in a.problems]
    later = [Fault(number, p) for number, problems in done.remarks.items() for p in problems]
    told.answers(done, faults, told.news(later, lines.remarks), "regel")
    if faulty or faults or done.all_taken:
        told.keep_refused(options.file, content, None, {}, [*faulty, *faults])
    return not faulty and not done.refused and not done.unanswered


def _to_withdraw(options: Options, sheet: "Sheet", plan: "Plan") -> Sequence[str]:
    """What is withdrawn, once somebody said so. A row whose number cannot be read might be one of those that seem gone."""
    if options.reason is None or not plan.vanished:
        return ()
    if any(row.key is None for row in sheet.refused):
        out.print("  Er staan rijen zonder nummer in het bestand. Herstel die eerst; nu wordt niets afgemeld.")
        return ()
    if options.dry_run or options.yes:
        return plan.vanished
    if not sys.stdin.isatty():
        raise WrongCommand("Afmelden vraagt om bevestiging. Geef --yes als u zeker bent.")
    return plan.vanished if typer.confirm(f"{len(plan.vanished)} initiatieven afmelden ({options.reason})?") else ()


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
