"""A partner of the scenarios: publishes its part of the workload with patience, and keeps every answer."""

import contextlib
import json
from itertools import repeat
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from deploy.demo.client import AWAY, Client

from .workload import Workload

DELAYED = "event-delayed.v1"


class Partner(Client):
    """`received`: every event that came back, by its own id: the same answer delivered twice is one.

    `names`: of the mail addresses that it reported, whose they are.
    """

    patience_s = (0.2, 0.5, *repeat(1.0, 600))
    """It tries as long as any scenario lasts."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name, url)
        self.received: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}

    async def say(self, workload: Workload) -> None:
        """Publishes what is its own, in order; returns when the broker has confirmed all of it."""
        for one in workload.said:
            if one.partner == self.name:
                self.names |= one.names
                await self.publish(one.events, batches=one.batch)

    @property
    def delayed(self) -> set[str]:
        """The events of which it was told that their answer comes later."""
        return {e["data"]["event"]["id"] for e in self.received.values() if e["type"].endswith(DELAYED)} - self.answered

    async def leave(self) -> None:
        with contextlib.suppress(*AWAY):
            await self.__aexit__(None, None, None)

    async def _read(self, message: AbstractIncomingMessage) -> None:
        for event in json.loads(message.body):
            self.received[event["id"]] = event
            told = event["data"].get("event")
            if told and not event["type"].endswith(DELAYED):
                self.answered.add(told.get("id"))
        with contextlib.suppress(*AWAY):  # then it comes again
            await message.ack()
