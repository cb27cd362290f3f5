"""Our own code fails while it reads an event: the fault is not the sender's, and not its neighbours'."""

from typing import Any

import pytest

from shared.events.partner import SignalReported

from .broker import House
from .small.events import order


async def test_what_our_own_reading_fails_on_is_set_aside_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others of its message are done; once we have mended it, it is run again and answered."""
    validate = SignalReported.model_validate

    def fails(data: Any, **options: Any) -> SignalReported:
        if data["text"] == "struikelblok":
            raise LookupError("nobody thought of this")
        return validate(data, **options)

    monkeypatch.setattr(SignalReported, "model_validate", fails)
    partner = await house.partner()
    async with house.service() as service:
        await partner.batch(*[partner.event(order(text)) for text in ("een", "struikelblok", "twee")])
        assert sorted(await partner.verdicts(3)) == ["event-delayed.v1", "new", "new"]
        assert await house.effects() == ["een", "twee"]
        [row] = await house.pool.fetch("SELECT id, cause FROM bus.set_aside")
        assert row["cause"].startswith("LookupError")
        monkeypatch.undo()
        assert service.engine
        await service.engine.replay([row["id"]])
        assert await partner.verdicts(1) == ["new"]
    assert await house.effects() == ["een", "twee", "struikelblok"]
