"""The demo is the main journey: its figures hold, also when everything is killed once in the middle of it."""

import asyncio
import json
import secrets
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.demo import summary
from deploy.demo.figures import Figures
from deploy.demo.journey import Journey
from deploy.demo.platform import of_stack
from deploy.local.stack import Stack
from tests.servers import VAR

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1200)]
ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("registry", "survey", "notify", "reporting")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """`burenbus demo --json FILE`, as a newcomer runs it."""
    file = tmp_path_factory.mktemp("demo") / "figures.json"
    burenbus = Path(sys.executable).with_name("burenbus")
    subprocess.run([burenbus, "demo", "--json", file], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    found: dict = json.loads(file.read_text("utf-8"))
    return found


def test_the_demo_reaches_its_bars(figures: dict) -> None:
    """Merges are right, hardly a pair is missed, and people are asked about few records."""
    assert figures["initiatives"]["truth"] == 1480
    assert abs(figures["initiatives"]["found"] - 1480) < 74
    assert figures["matching"]["precision"] >= 0.995
    assert figures["matching"]["recall"] >= 0.97
    assert figures["matching"]["to_people_share"] <= 0.05


def test_every_event_has_its_outcome(figures: dict) -> None:
    """What was published was accepted or refused; nothing was set aside."""
    events = figures["events"]
    assert events["published"] > 2200
    assert events["accepted"] + events["refused"] == events["published"]
    assert events["refused"] > 0
    assert events["set_aside"] == 0


def test_each_response_counts_once(figures: dict) -> None:
    """323 initiatives answered, however often and by whichever channel."""
    assert figures["responses"]["counted"] == 323
    assert 0.18 < figures["responses"]["rate"] < 0.26


def test_mails_of_every_kind_were_delivered(figures: dict) -> None:
    """Invitations to initiatives; to staff at once and by digest."""
    assert figures["mails"]["invitation"] > 1000
    assert {"possible-duplicate", "bottleneck", "digest", "campaign-opened", "campaign-closed"} <= figures[
        "mails"
    ].keys()


def test_nothing_of_the_demo_is_left_running(figures: dict) -> None:
    """When it has ended, no process works in its folder."""
    assert figures
    state = str(ROOT / "var" / "demo")
    left = [
        p.info
        for p in psutil.process_iter(["pid", "cmdline"])
        if any(state in part for part in p.info["cmdline"] or ())
    ]
    assert left == []


# --- the same, with everything killed once -------------------------------------------------------------------------


class Faults:
    """Kills, and lets come back, what the journey stands on, each at a stated moment of it."""

    def __init__(self, stack: Stack, journey: Journey) -> None:
        self.stack, self.journey = stack, journey

    async def run(self) -> None:
        await self.when(1, "registry", "SELECT count(*) > 300 FROM claim")
        for name in ("registry", "reporting", "notify"):
            await self.crash(name)
        await self.when(1, "registry", "SELECT count(*) > 900 FROM claim")
        await self.crash("postgres")
        await self.when(1, "registry", "SELECT count(*) > 1500 FROM claim")
        await self.crash("rabbitmq")
        await self.when(3, "survey", "SELECT count(*) > 400 FROM invitation")
        for name in ("survey", "notify"):
            await self.crash(name)
        await self.when(4, "survey", "SELECT count(*) > 100 FROM response")
        for name in (*SERVICES, "gateway"):
            await self.crash(name)

    async def when(self, step: int, service: str, question: str) -> None:
        """Waits until the journey is in its step, and the service's database answers yes."""
        while True:
            if len(self.journey.steps) > step:
                raise AssertionError(f"step {step} was over before: {question}")
            if len(self.journey.steps) == step:
                async with self.journey.platform.transaction(service) as tx:
                    if await tx.fetchval(question):
                        return
            await asyncio.sleep(0.1)

    async def crash(self, name: str) -> None:
        """kill -9, and start again."""
        await asyncio.to_thread(self.stack.kill, name)
        await asyncio.to_thread(self.stack.restart, name)


async def _both(journey: Journey, faults: Faults) -> Figures:
    async with asyncio.TaskGroup() as group:
        found = group.create_task(journey.run())
        group.create_task(faults.run())
    return found.result()


def test_the_figures_are_the_same_when_everything_is_killed_once(figures: dict) -> None:
    """kill -9 of each service, of the database and of the broker in the middle of it: nothing is lost, nothing counts twice."""
    # An interrupted mail is taken up again after its lease: two times this, and half a minute.
    settings = {"BURENBUS_SMTP_TIMEOUT_S": "3"}
    stack = Stack(VAR / f"test-journey-{secrets.token_hex(4)}", settings=settings)
    try:
        stack.up()
        journey = Journey(of_stack(stack))
        found = asyncio.run(_both(journey, Faults(stack, journey)))
        disturbed = summary.as_json(found, per_second=journey.per_second, seconds=0)
    finally:
        stack.down()
        stack.wipe()
    for same in ("initiatives", "responses"):
        assert disturbed[same] == figures[same]
    assert disturbed["matching"]["precision"] == figures["matching"]["precision"]
    # A question that later claims would have answered is asked or not, by what happened to stand in one batch.
    for nearly in ("recall", "to_people_share"):
        assert disturbed["matching"][nearly] == pytest.approx(figures["matching"][nearly], abs=0.005)
    assert disturbed["events"]["refused"] == figures["events"]["refused"]
    assert disturbed["events"]["set_aside"] == 0
    undisturbed, mails = dict(figures["mails"]), dict(disturbed["mails"])
    # Four initiatives answer before the platform knows them: their invitation goes out, or the response is there first.
    assert mails.pop("invitation") == pytest.approx(undisturbed.pop("invitation"), abs=4)
    for kind in ("digest", "possible-duplicate"):  # as the questions; and which day's digest is a matter of time
        undisturbed.pop(kind, None)
        mails.pop(kind, None)
    assert mails == undisturbed
