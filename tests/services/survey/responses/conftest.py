"""A survey that is open, for responses that partners bring."""

import pytest

from shared.events.answers import EventRefused
from tests.services.survey.build import campaign, initiative


def codes(answer: EventRefused) -> list[tuple[str, str]]:
    """Pointer and code of each fault."""
    assert isinstance(answer, EventRefused)
    return [(p.pointer, p.code) for p in answer.problems]


@pytest.fixture
async def room(room_of):
    """A survey with two initiatives and a campaign that is open."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/123"), initiative("i2", "omzien/456", "zorgnet/9"))
    await campaign(room)
    return room
