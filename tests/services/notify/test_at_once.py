"""Two replicas hear at the same moment what decides together whether an invitation is mailed."""

import asyncio
from collections.abc import Sequence

import pytest

from services.notify import schedule
from shared.events.base import Event, Received
from shared.transaction import Tx
from tests.room import NOW, Room

from .conftest import Notify
from .facts import contact, initiative, invitation, opened, response, withdrawn

ASKED_ALREADY = [opened(), initiative(), contact(), invitation()]
NO_LONGER = contact(version=2, email=None, purposes=())
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def react(room: Room, fact: Event, tx: Tx) -> None:
    """What one replica does with a fact, within its transaction."""
    [reaction] = [r for r in room.service.reactions if type(fact) in r.types]
    await reaction.run([Received(fact, "id", "urn:burenbus:service:survey", None, NOW, NOW)], tx)


async def until_it_waits(room: Room, other: "asyncio.Task[object]") -> None:
    """Until the other replica has done its part, or waits for ours."""
    while not other.done() and not await room.database.pool.fetchval(WAITING):  # noqa: ASYNC110 - the database has no event
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("known", "one", "other", "mails"),
    [
        pytest.param([], invitation(), contact(), ["invitation"], id="invitation-and-address"),
        pytest.param([], contact(), invitation(), ["invitation"], id="address-and-invitation"),
        pytest.param([contact()], invitation(), NO_LONGER, [], id="invitation-and-consent-withdrawn"),
        pytest.param([contact()], invitation(), withdrawn(), [], id="invitation-and-its-withdrawal"),
        pytest.param([contact()], invitation(), response(), [], id="invitation-and-answer"),
        pytest.param(
            [contact()], invitation(), initiative(version=2, status="closed"), [], id="invitation-and-end-of-initiative"
        ),
    ],
)
async def test_of_what_two_replicas_hear_at_once_the_last_sees_the_first(
    notify: Notify, known: Sequence[Event], one: Event, other: Event, mails: Sequence[str]
):
    """Whichever commits last, the mail goes, or is taken back, then and there: not when a sweep comes by."""
    room = notify.room
    await room.hear(initiative(), *known)
    async with room.tx() as tx:
        await react(room, one, tx)
        replica = asyncio.create_task(room.hear(other))
        await until_it_waits(room, replica)
    await replica
    await notify.mail()
    assert [m["X-Burenbus-Kind"] for m in notify.server.mails] == mails


@pytest.mark.parametrize("fact", [response(), NO_LONGER])
@pytest.mark.parametrize(("job", "days"), [(schedule.send_reminders, 15), (schedule.send_last_calls, 35)])
async def test_who_answers_or_withdraws_consent_while_a_reminder_is_planned_gets_none(notify, job, days, fact):
    """The reminder is in the queue by the time that the answer is committed, and is taken back."""
    room = notify.room
    await room.hear(*ASKED_ALREADY)
    await notify.mail()
    notify.later(days=days)
    [found] = [j for j in room.service.jobs if j.name == job.__name__]
    async with room.tx() as tx:
        await found.run(tx)
        replica = asyncio.create_task(room.hear(fact))
        await until_it_waits(room, replica)
    await replica
    assert await notify.mail() == 0
    assert sorted(await notify.states()) == ["delivered", "withdrawn"]
