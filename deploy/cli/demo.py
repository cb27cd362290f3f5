"""`burenbus demo`: the whole journey on a platform of its own, from nothing to a report, within three minutes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from deploy.commands import runnable

if TYPE_CHECKING:
    from rich.status import Status

    from deploy.demo.figures import Figures
    from deploy.demo.journey import Journey
    from deploy.local.stack import Stack

PANEL = "Op deze machine"
NOTICE = "Dit is een demonstratie: op negen initiatieven na is alles verzonnen, ook alle antwoorden."
STAFF = "coordinator.ut@burenbus.example"
"""One of those who read along in the demo: the coordinator of Utrecht."""
out = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel=PANEL)(demo)


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Laat het platform draaien tot Ctrl-C, om rond te kijken.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Schrijf de cijfers ook in dit bestand.", dir_okay=False)
    ] = None,
    running: Annotated[
        bool,
        typer.Option(
            "--running", help="Op een platform dat al draait, leeg is, en in de omgeving staat (zoals compose)."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Een ander getal geeft een andere verzonnen beweging.")] = 1,
) -> None:
    """Laat zien wat het platform doet, met een verzonnen beweging van 1.471 initiatieven en negen die echt bestaan.

    Start een eigen platform (onder var/demo, van vorige keren blijft niets over), sluit zes verzonnen partners aan, laat
    hen hun lijsten sturen, houdt een inventarisatie, en laat zien wat ervan werd. Alles stopt aan het eind, of bij Ctrl-C.
    Er draait er één tegelijk.
    """
    if running:
        _play_there(seed, json_file=json_file)
        return
    from deploy.local.owner import owned
    from deploy.local.stack import DEMO, Stack

    try:
        with owned(DEMO), out.status("Oude demo opruimen") as status:
            before = Stack(DEMO)
            before.down()
            before.wipe()
            stack = Stack(DEMO, settings={"BURENBUS_NOTICE": NOTICE})
            _play(stack, status, seed, keep=keep, json_file=json_file)
    except KeyboardInterrupt:
        out.print("Gestopt. Er draait niets meer.")
        raise typer.Exit(130) from None


def _play_there(seed: int, *, json_file: Path | None) -> None:
    from time import monotonic

    from deploy.demo import interruptible
    from deploy.demo.journey import Journey
    from deploy.demo.platform import of_environment

    begin = monotonic()
    with out.status("De demo op een platform dat al draait") as status:
        journey = Journey(of_environment(), seed, say=status.update, done=_done)
        found = interruptible.run(journey.run())
    _tell(journey, found, monotonic() - begin, journey.steps, json_file)


def _done(name: str, seconds: float) -> None:
    out.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")


def _tell(
    journey: "Journey", found: "Figures", seconds: float, steps: "list[tuple[str, float]]", json_file: Path | None
) -> None:
    import json

    from deploy.demo import summary

    summary.show(out, found, per_second=journey.per_second, steps=[*steps, ("samen", seconds)])
    if json_file is not None:
        figures = summary.as_json(found, per_second=journey.per_second, seconds=seconds)
        json_file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _play(stack: "Stack", status: "Status", seed: int, *, keep: bool, json_file: Path | None) -> None:
    import contextlib
    import signal
    from time import monotonic

    from deploy.demo import interruptible
    from deploy.demo.journey import Journey
    from deploy.demo.platform import of_stack

    begin = monotonic()

    with stack.running(status.update):
        started = ("het platform starten", monotonic() - begin)
        _done(*started)
        journey = Journey(of_stack(stack), seed, say=status.update, done=_done)
        found = interruptible.run(journey.run())
        _tell(journey, found, monotonic() - begin, [started, *journey.steps], json_file)
        if keep:
            out.print(f"\nKaart     {found.map_url}\nRapport   {found.report_url}\nPostvak   {stack.mail_url}")
            out.print(f"Inloggen  {stack.url}/inloggen als {STAFF} (de link komt in het postvak)", soft_wrap=True)
            out.print(
                f"Opdrachten gaan nu over deze demo, bijvoorbeeld: {runnable('status')}", soft_wrap=True, markup=False
            )
            out.print("Het platform blijft draaien. Stop met Ctrl-C.")
            status.update("Ctrl-C stopt alles")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    signal.pause()
        status.update("Alles stoppen")
