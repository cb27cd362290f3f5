"""What partners send, as bytes ready for the wire: the demo's made-up movement, over and over under other ids."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import aio_pika
import uuid_utils

from deploy.bench.rig import source_of
from deploy.demo import answers, claims, world
from deploy.demo.partners import PARTNERS
from shared.events.base import PREFIX
from shared.events.envelope import BATCH_JSON, EVENT_JSON, join_batch

SEED = 20_260_920
CAMPAIGN, QUESTIONNAIRE = "2026", "2026.1"
VARIETY = 400
"""So many different answers and reports; what differs between the rest is whose they are."""


class Load:
    """Made from one seed; nothing is made twice with one id."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)  # noqa: S311 - made-up data
        self.initiatives = world.made_up(self.random, VARIETY)
        self.answers = [answers.answers(self.random, one) for one in self.initiatives]

    def responses(self, partner: str, external_ids: Sequence[str]) -> list[bytes]:
        """One response for each of these initiatives of the partner."""
        now = datetime.now(UTC).isoformat()
        return [
            event(
                partner,
                "survey-response-submitted.v1",
                {
                    "campaignId": CAMPAIGN,
                    "questionnaire": QUESTIONNAIRE,
                    "externalId": external_id,
                    "answers": self.answers[n % VARIETY],
                    "answeredAt": now,
                },
            )
            for n, external_id in enumerate(external_ids)
        ]

    def reports(self, external_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The data of a report on each of these initiatives."""
        speaker = PARTNERS[0]
        since = "2026-01-12T11:00:00Z"
        return [
            claims.claim(self.random, self.initiatives[n % VARIETY], speaker, external_id, since)
            for n, external_id in enumerate(external_ids)
        ]


def event(partner: str, kind: str, data: dict[str, Any]) -> bytes:
    """A partner's event, with an id of its own."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": str(uuid_utils.uuid7()),
            "source": source_of(partner),
            "type": PREFIX + kind,
            "time": datetime.now(UTC).isoformat(),
            "subject": data.get("externalId"),
            "datacontenttype": "application/json",
            "data": data,
        },
        ensure_ascii=False,
    ).encode()


def packed(events: Sequence[bytes], at_once: int) -> Iterator[tuple[bytes, str]]:
    """Messages of so many events, with their content type; of one, as a single event."""
    if at_once == 1:
        yield from ((one, EVENT_JSON) for one in events)
        return
    for n in range(0, len(events), at_once):
        yield join_batch(events[n : n + at_once]), BATCH_JSON


def message(body: bytes, content_type: str) -> aio_pika.Message:
    return aio_pika.Message(body, content_type=content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
