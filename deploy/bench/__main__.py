"""Measures what the platform promises: `make bench`, or `python -m deploy.bench --only FIGURE… --quick`."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console

from deploy.bench import figure
from deploy.bench.figure import Figure
from deploy.bench.figures import MODULES
from deploy.bench.rig import VAR, Rig, rig
from deploy.errors import DeployError

FILE = VAR.parent / "bench.json"
app = typer.Typer(add_completion=False)


@app.command()
def main(
    only: Annotated[list[str] | None, typer.Option(help="Only these figures, by name or how it begins.")] = None,
    quick: Annotated[bool, typer.Option(help="Little load: to see that it works, not to be believed.")] = False,
) -> None:
    """Measure what the platform promises, on this machine, and write var/bench.json."""
    console = Console()
    chosen = _chosen(only or [])
    started, load_before = time.monotonic(), os.getloadavg()
    try:
        figures = asyncio.run(_measure(chosen, console, quick=quick))
    except DeployError as error:
        raise SystemExit(f"bench: {error}") from None
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("bench: afgebroken") from None
    seconds, load_after = time.monotonic() - started, os.getloadavg()
    console.print(figure.table(figures))
    loads = f"load average before {load_before[0]:.2f}, after {load_after[0]:.2f}, {os.cpu_count()} cores"
    console.print(f"{loads}; {seconds:.0f} s" + ("; quick: not to be believed" if quick else ""))
    circumstances = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "quick": quick,
        "cores": os.cpu_count(),
        "load_before": load_before,
        "load_after": load_after,
    }
    figure.write(FILE, figures, circumstances)


def _chosen(only: Sequence[str]) -> list[ModuleType]:
    found = [m for m in MODULES if not only or any(name.startswith(o) for name in m.NAMES for o in only)]
    if unknown := [o for o in only if not any(name.startswith(o) for m in MODULES for name in m.NAMES)]:
        known = ", ".join(name for m in MODULES for name in m.NAMES)
        raise SystemExit(f"bench: onbekend: {', '.join(unknown)}. Bekend zijn: {known}")
    return found


async def _measure(modules: Sequence[ModuleType], console: Console, *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    task = asyncio.current_task()
    assert task is not None
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # servers and services go down first
        asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
    async with rig(quick=quick, say=console.print) as one:
        for module in modules:
            started = time.monotonic()
            with console.status(f"{module.__name__.rpartition('.')[2]}…"):
                found = await _try(module, one, console)
            for each in found:
                console.print(f"{each.figure}: {figure.readable(each.value)} {each.unit}  [dim]{each.said}[/]")
            console.print(f"[dim]({time.monotonic() - started:.0f} s, load {os.getloadavg()[0]:.2f})[/]")
            figures += found
    return figures


async def _try(module: ModuleType, one: Rig, console: Console) -> list[Figure]:
    """A subject that cannot be measured costs its own figures, not those of the others."""
    try:
        found: list[Figure] = await module.measure(one)
    except Exception as error:  # noqa: BLE001 - whatever it is, it stands with the figures that are not there
        console.print_exception()
        return [
            Figure(name, 0.0, "-", met=False, said=f"not measured: {type(error).__name__}") for name in module.NAMES
        ]
    finally:
        await one.close()
    return found


if __name__ == "__main__":
    app()
