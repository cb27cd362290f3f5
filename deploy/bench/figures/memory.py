"""What a service holds of memory when it has nothing to do."""

import asyncio

from deploy.bench.figure import Figure, at_most
from deploy.bench.rig import Rig
from deploy.databases import SERVICES

NAMES = tuple(f"memory-{service}" for service in SERVICES)
MEGABYTE = 1_000_000
SETTLED_S = 4.0


async def measure(rig: Rig) -> list[Figure]:
    """All four, connected and idle, with everything that they read at their start."""
    running = [await rig.service(name, await rig.database(name)) for name in SERVICES]
    await asyncio.sleep(SETTLED_S)
    found = []
    for one in running:
        process = one.pid.find()
        assert process is not None
        found.append(at_most(f"memory-{one.name}", process.memory_info().rss / MEGABYTE, "MB", 120))
    await rig.stop(*running)
    return found
