"""Runs everything for a quarter of an hour at half of what it can do: `make soak`, or `python -m deploy.bench.soak`."""

import asyncio
import contextlib
import json
import math
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from deploy.bench import figure
from deploy.bench.figure import Figure, beside
from deploy.bench.figures.latency import follow
from deploy.bench.rig import VAR, Rig, Running, rig
from deploy.bench.soak import verdict
from deploy.bench.soak.samples import Sample, Sampler
from deploy.bench.soak.traffic import PARTNER, Traffic, partner
from deploy.databases import SERVICES
from deploy.errors import DeployError
from deploy.local import process

HOME = VAR.parent / "soak"
FILE = VAR.parent / "soak.json"
CAPACITY_S = 20.0
"""For so long as much is sent as is answered."""
MOST_A_SECOND = 1_000.0
"""The sender's bound, whatever the machine can do."""
WARM_UP = 1 / 3
"""Of the time: caches fill, pools and buffers grow to their size."""

_CAMPAIGN = """
INSERT INTO campaign
VALUES ('2026', 1, 'Duurloop', '2026.1', now() - interval '1 minute', now() + interval '60 days', 'scheduled', false)
"""


def main(
    minutes: Annotated[float, typer.Option(min=1, max=120, help="How long, capacity and end not counted.")] = 15,
) -> None:
    """Run all services at half of what they can do, and write var/soak.json. Ends with 1 if anything is not as it should be."""
    console = Console()
    try:
        figures, taken = asyncio.run(_soak(console, minutes))
    except DeployError as error:
        raise SystemExit(f"soak: {error}") from None
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("soak: afgebroken") from None
    console.print(figure.table(figures))
    circumstances = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": minutes,
        "cores": os.cpu_count(),
        "load_after": os.getloadavg(),
    }
    figure.write(FILE, figures, circumstances)
    content = json.loads(FILE.read_text())
    content["samples"] = [asdict(one) for one in taken]
    FILE.write_text(json.dumps(content, indent=2) + "\n")
    if any(one.met is False for one in figures):
        raise SystemExit("soak: niet alles is zoals het hoort; zie de tabel")


async def _soak(console: Console, minutes: float) -> tuple[list[Figure], list[Sample]]:
    task = asyncio.current_task()
    assert task is not None
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # servers and services go down first
        asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
    async with rig(quick=False, say=console.print, home=HOME) as one:
        await one.board(PARTNER)
        dsns = {name: await one.database(name) for name in SERVICES}
        for dsn in dsns.values():
            await one.know(dsn, PARTNER)
        await follow(one, dsns["notify"])
        [port] = process.free_ports(1)
        mailbox = await one.program("deploy.bench.sink", str(port))
        running = {
            name: await one.service(
                name, dsn, **({"smtp_port": str(port), "mails_at_once": "100000"} if name == "notify" else {})
            )
            for name, dsn in dsns.items()
        }
        async with partner(one) as traffic:
            capacity = await _capacity(one, dsns, traffic)
            pace = min(capacity / 2, MOST_A_SECOND)
            console.print(f"{capacity:,.0f} events/s with all services; {minutes:g} minutes at {pace:,.0f}")
            before = traffic.sent.total()
            taken, lasted = await _run(one, dsns, running, traffic, minutes, pace)
            await verdict.until_quiet(one, dsns, traffic)
        mails = mailbox.log.read_text().count("\n") - 1
        return [
            beside("capacity", capacity, "events/s", "until all four services are quiet again"),
            beside("pace", (traffic.sent.total() - before) / lasted, "events/s", f"asked for {pace:,.0f}"),
            *verdict.memory(taken, minutes * 60 * WARM_UP),
            *await verdict.left_behind(one, dsns),
            *await verdict.counts(one, dsns, traffic, mails),
        ], taken


async def _capacity(one: Rig, dsns: Mapping[str, str], traffic: Traffic) -> float:
    """Events a second, from the first being sent until nobody has anything left to do."""
    await traffic.report_all()
    await verdict.until_quiet(one, dsns, traffic)
    async with one.connection(dsns["survey"]) as database:
        await database.execute(_CAMPAIGN)
        async with asyncio.timeout(verdict.PATIENCE_S):
            while await database.fetchval("SELECT status FROM campaign") != "open":  # noqa: ASYNC110 - survey does it
                await asyncio.sleep(0.2)
    await verdict.until_quiet(one, dsns, traffic)
    before, started = traffic.sent.total(), time.monotonic()
    while time.monotonic() - started < CAPACITY_S:
        await traffic.send(1, math.inf)
    await verdict.until_quiet(one, dsns, traffic)
    return (traffic.sent.total() - before) / (time.monotonic() - started)


async def _run(
    one: Rig,
    dsns: Mapping[str, str],
    running: Mapping[str, Running],
    traffic: Traffic,
    minutes: float,
    pace: float,
) -> tuple[list[Sample], float]:
    pids = {name: service.pid for name, service in running.items()}
    pids |= {name: pid for name, pid in one.server_pids().items() if pid}
    sampler = Sampler(one, pids, dsns)
    started = time.monotonic()
    looking = asyncio.create_task(sampler.run())
    try:
        with Progress(transient=True) as progress:
            bar = progress.add_task("", total=minutes * 60 * pace)
            sending = asyncio.create_task(traffic.send(round(minutes * 60 * pace), pace))
            while not sending.done():
                await asyncio.wait([sending], timeout=1)
                progress.update(bar, completed=(time.monotonic() - started) * pace)
                if looking.done():
                    looking.result()
            sending.result()
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    return sampler.samples, time.monotonic() - started


if __name__ == "__main__":
    typer.run(main)
