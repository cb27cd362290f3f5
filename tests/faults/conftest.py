"""One world for all scenarios, as new for each; and what comes of the workload when nothing disturbs it."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.databases import SERVICES

from .beginning import begin_anew, end_all, new_world
from .ending import end
from .workload import SCALE, Workload, workload
from .world import World

TIMEOUT_S = 900
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults" in item.nodeid:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest_asyncio.fixture(scope="session")
async def whole_world() -> AsyncIterator[World]:
    """Servers with the platform on them, and the end state of the undisturbed run."""
    async with new_world() as one:
        await begin_anew(one)
        await one.start(*SERVICES)
        await one.publish(workload(SCALE))
        one.undisturbed = await end(one)
        one.handled = {name: await one.inbox(name) for name in SERVICES}
        yield one


@pytest_asyncio.fixture
async def world(whole_world: World, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The world as new, without services. The logs of a scenario that failed stay in `var`."""
    await begin_anew(whole_world)
    yield whole_world
    await end_all(whole_world)
    if request.node.stash.get(_FAILED, False):
        kept = whole_world.directory / f"failed-{request.node.name}"
        shutil.copytree(whole_world.directory / "logs", kept, dirs_exist_ok=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture
def said() -> Workload:
    return workload(SCALE)
