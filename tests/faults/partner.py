"""A partner of the scenarios: publishes its part of the workload with patience, and keeps every answer."""

import json
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from deploy.demo.client import AWAY, Client

from .workload import Workload


class Partner(Client):
    """`received`: every event that came back, by its own id: the same answer delivered twice is one."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name, url)
        self.received: dict[str, dict[str, Any]] = {}

    async def say(self, workload: Workload) -> None:
        """Publishes what is its own, in order; returns when the broker has confirmed all of it."""
        for one in workload.said:
            if one.partner == self.name:
                await self.publish(one.events, batches=one.batch)

    async def _read(self, message: AbstractIncomingMessage) -> None:
        for event in json.loads(message.body):
            self.received[event["id"]] = event
            told = event["data"].get("event")
            if told and not event["type"].endswith("event-delayed.v1"):
                self.answered.add(told.get("id"))
        try:
            await message.ack()
        except AWAY:
            return  # then it comes again
