"""The mail server refuses, hangs, hangs up; and notify dies while it hands over a mail."""

import asyncio
import signal
from collections import Counter
from typing import Any

from .ending import abandon_mails, assert_as_undisturbed, assert_mails_twice_at_most, assert_same, end, hurry_mails
from .patience import until
from .workload import Workload
from .world import World


async def test_away(world: World, said: Workload) -> None:
    """Nobody listens: the mails wait, and each goes out once."""
    port = world.mail.port
    await world.mail.stop()
    await world.start()
    notify = world.of("notify")

    async def noticed() -> bool:
        return notify.said("mail waits: a server is away") > 0

    async with world.flow(said):
        await world.outage(noticed, "notify finds no mail server")
        await world.mail.start(port)
    await assert_as_undisturbed(world)
    await _nobody_doubts(world)


async def test_hangs(world: World, said: Workload) -> None:
    """It listens and says nothing when it is greeted with a mail: after the time-out the mails are tried again."""
    hanging = asyncio.Event()

    usual = world.mail.handle_MAIL

    async def hang(*asked: Any) -> str:
        await hanging.wait()
        return await usual(*asked)  # a session keeps the handler with which it began

    world.mail.handle_MAIL = hang  # type: ignore[method-assign,assignment]
    await world.start(smtp_timeout_s=1)
    async with world.flow(said):
        await world.outage(lambda: _put_off(world, 4), "mails are put off")
        world.mail.handle_MAIL = usual  # type: ignore[method-assign]
        hanging.set()
    await _all_left(world)
    await assert_as_undisturbed(world)
    await _nobody_doubts(world)


async def test_not_now(world: World, said: Workload) -> None:
    """4xx to everything, as if for an hour: the mails are tried again later, and each arrives once."""
    world.mail.on_recipient["*"] = "451 later"
    await world.start()
    await world.publish(said)
    await until(lambda: _put_off(world, 100), "mails are put off")
    await hurry_mails(world)
    await until(lambda: _put_off(world, 100, times=2), "mails are put off once more")
    world.mail.on_recipient.clear()
    await _all_left(world)
    await assert_as_undisturbed(world)
    await _nobody_doubts(world)


async def test_never(world: World, said: Workload) -> None:
    """5xx to some addresses: these mails fail, once, and are said to have; the others are as ever."""
    assert world.undisturbed
    bad = sorted(to for to, kind, _ in world.undisturbed.mails if kind == "invitation")[:20]
    world.mail.on_recipient.update(dict.fromkeys(bad, "550 no such mailbox"))
    await world.start()
    await world.publish(said)
    found = await end(world)
    assert not [to for to, _, _ in found.mails if to in bad]
    assert await world.rows("notify", "SELECT count(*) FROM delivery WHERE state = 'failed'") == len(bad)
    assert found.mails == Counter({mail: n for mail, n in world.undisturbed.mails.items() if mail[0] not in bad})
    delivered = ("notification-delivered.v1", "-", "invitation", None)
    found.facts[delivered] += len(bad)
    assert_same(found, world.undisturbed, but=("mails", "tallies"))


async def test_accepts_and_hangs_up(world: World, said: Workload) -> None:
    """It has the mail, and its reply is lost: nobody can know, so the mail is sent once more, under the same Message-ID and
    marked as a possible duplicate. That is the most that can be promised, and no mail comes a third time."""
    left = 5

    def accepted() -> None:
        nonlocal left
        left -= 1
        world.mail.hangs_up_before_reply = left >= 0

    world.mail.accepted = accepted
    await world.start()
    await world.publish(said)

    async def doubtful() -> bool:
        return await world.rows("notify", "SELECT count(*) FROM delivery WHERE doubts > 0") >= 5

    await until(doubtful, "five mails are in doubt")
    await _all_left(world)
    await assert_mails_twice_at_most(world, least=5, most=5)


async def test_killed_between_acceptance_and_commit(world: World, said: Workload) -> None:
    """The server has the mail, and notify dies before it has written that down: the same promise."""
    await world.start()
    notify = world.of("notify")

    def accepted() -> None:
        if len(world.mail.mails) == 40:
            notify.signal(signal.SIGKILL)

    world.mail.accepted = accepted
    async with world.flow(said):
        await notify.wait()
        doubtful = await abandon_mails(world)
        await notify.start()
    await assert_mails_twice_at_most(world, least=1, most=doubtful)
    assert notify.deaths == 1


async def _put_off(world: World, number: int, *, times: int = 1) -> bool:
    question = f"SELECT count(*) FROM delivery WHERE attempts >= {times} AND state = 'due'"
    return await world.rows("notify", question) >= number


async def _nobody_doubts(world: World) -> None:
    """No mail went out as a possible duplicate."""
    assert not await world.rows("notify", "SELECT count(*) FROM delivery WHERE doubts > 0")


async def _all_left(world: World) -> None:
    """Waits until no mail is to be sent any more; the pauses between tries are over at once."""

    async def none() -> bool:
        await hurry_mails(world)
        return not await world.rows("notify", "SELECT count(*) FROM delivery WHERE state IN ('due', 'sending')")

    await world.all_handled()
    await until(none, "all mails have left")
