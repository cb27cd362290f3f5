"""The mail server refuses, hangs, hangs up; and notify dies while it hands over a mail."""

import asyncio
from collections import Counter

from .workload import Workload
from .world import MINUTE_S, World


async def test_away(world: World, said: Workload) -> None:
    """Nobody listens for a minute: the mails wait, and each goes out once."""
    port = world.mail.port
    await world.mail.stop()
    await world.start()
    await world.publish(said)
    await asyncio.sleep(MINUTE_S)
    await world.mail.start(port)
    await world.as_undisturbed()


async def test_hangs(world: World, said: Workload) -> None:
    """It listens and says nothing when it is greeted with a mail: after the time-out the mails are tried again."""
    hanging = asyncio.Event()

    async def hang(*_: object) -> str:
        await hanging.wait()
        return "250 OK"

    world.mail.handle_MAIL, usual = hang, world.mail.handle_MAIL  # type: ignore[method-assign,assignment]
    await world.start(smtp_timeout_s=1)
    publishing = asyncio.create_task(world.publish(said))
    await asyncio.sleep(MINUTE_S)
    world.mail.handle_MAIL = usual  # type: ignore[method-assign]
    hanging.set()
    await publishing
    await world.hurry_mails()
    await world.as_undisturbed()


async def test_not_now(world: World, said: Workload) -> None:
    """4xx to everything for some time: the mails are tried again later, and each arrives once."""
    world.mail.on_recipient["*"] = "451 later"
    await world.start()
    await world.publish(said)
    await world.until(lambda: tried(world), "mails are put off")
    world.mail.on_recipient.clear()
    await world.hurry_mails()
    await world.as_undisturbed()


async def test_never(world: World, said: Workload) -> None:
    """5xx to some addresses: these mails fail, once, and are said to have; the others are as ever."""
    assert world.undisturbed
    bad = sorted(to for to, kind in world.undisturbed.mails if kind == "invitation")[:20]
    world.mail.on_recipient.update(dict.fromkeys(bad, "550 no such mailbox"))
    await world.start()
    await world.publish(said)
    found = await world.end()
    assert not [to for to, _ in found.mails if to in bad]
    assert await world.rows("notify", "SELECT count(*) FROM delivery WHERE state = 'failed'") == len(bad)
    expected = Counter({mail: n for mail, n in world.undisturbed.mails.items() if mail[0] not in bad})
    assert found.mails == expected


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
    await world.until(lambda: doubtful(world), "five mails are in doubt")
    await world.hurry_mails()
    await world.duplicates_are_marked(most=5)


async def test_killed_between_acceptance_and_commit(world: World, said: Workload) -> None:
    """The server has the mail, and notify dies before it has written that down: the same promise."""
    await world.start()
    notify = world.of("notify")
    deaths = 0

    def accepted() -> None:
        nonlocal deaths
        if len(world.mail.mails) == 40:
            deaths += 1
            import signal

            notify.signal(signal.SIGKILL)

    world.mail.accepted = accepted
    publishing = asyncio.create_task(world.publish(said))
    await notify.wait()
    await notify.start()
    await publishing
    await world.hurry_mails()
    connections = 4
    await world.duplicates_are_marked(most=connections)
    assert deaths == 1


async def tried(world: World) -> bool:
    return await world.rows("notify", "SELECT count(*) FROM delivery WHERE attempts > 0 AND state = 'due'") > 20


async def doubtful(world: World) -> bool:
    return await world.rows("notify", "SELECT count(*) FROM delivery WHERE doubts > 0") >= 5
