"""Publishes initiatives to Burenbus over AMQP, and prints what became of each.

    pip install -r requirements.txt
    python client.py ../initiatives.json

From the environment, all of it told to you at boarding:
    BURENBUS_AMQP_URL   amqps://<user>:<password>@<host>/<vhost>
    BURENBUS_PARTNER    your name on the bus
    BURENBUS_SOURCE     your source, a URN

Exit code 0: all accepted; 1: some refused (correct them, and send them again with a new id); 2: nothing was sent.
"""

import asyncio
import json
import logging
import os
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import aio_pika
from aio_pika.exceptions import AMQPError, AuthenticationError, DeliveryError

NEEDED = ("BURENBUS_AMQP_URL", "BURENBUS_PARTNER", "BURENBUS_SOURCE")
AMQP_URL, PARTNER, SOURCE = (os.environ.get(name, "") for name in NEEDED)

PREFIX = "nl.zorgzame-gemeenschappen."
TYPE = "initiative-reported.v1"
BATCH = 100


def cloud_event(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": PREFIX + TYPE,
        "time": datetime.now(UTC).isoformat(),
        "subject": data["externalId"],
        "datacontenttype": "application/json",
        "data": data,
    }


async def publish(channel: aio_pika.abc.AbstractChannel, events: list[dict[str, Any]]) -> None:
    """One message; returns when the broker has confirmed that it is kept."""
    exchange = await channel.get_exchange("in", ensure=False)
    message = aio_pika.Message(
        json.dumps(events).encode(),
        content_type="application/cloudevents-batch+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(uuid.uuid4()),
    )
    await exchange.publish(message, f"{PARTNER}.{TYPE}")


async def answers(channel: aio_pika.abc.AbstractChannel, waiting: dict[str, str]) -> int:
    """Prints every answer, and what else there is to know, until each event (id to what it is about) has one; gives how many were refused."""
    refused = 0
    feedback = await channel.get_queue(f"feedback.{PARTNER}", ensure=False)
    async with feedback.iterator() as messages:
        async for message in messages:
            async with message.process():  # acknowledges when the block is left: store answers before that
                for answer in json.loads(message.body):
                    kind, data = answer["type"].removeprefix(PREFIX), answer["data"]
                    event_id = data.get("event", {}).get("id")
                    print(kind, waiting.get(event_id) or answer["subject"], data.get("outcome", ""))
                    for problem in data.get("problems", []) + data.get("warnings", []):
                        print(f"    {problem['pointer']}: {problem['nl']} ({problem['documentation']})")
                    if kind != "event-delayed.v1" and waiting.pop(event_id, ""):  # after a delay the answer follows
                        refused += kind == "event-refused.v1"
            if not waiting:
                break
    return refused


async def main(events: list[dict[str, Any]]) -> int:
    async with await aio_pika.connect(AMQP_URL) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=50)
        try:
            for start in range(0, len(events), BATCH):
                await publish(channel, events[start : start + BATCH])
        except DeliveryError as error:  # your queue is full: wait, and send the same events, with the same ids, again
            print("not taken by the broker:", error, file=sys.stderr)
            return 2
        return 1 if await answers(channel, {event["id"]: event["subject"] for event in events}) else 0


def told() -> list[dict[str, Any]]:
    """The events to send; ends with a sentence where something is missing."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        stop(f"not set: {', '.join(missing)} (told to you at boarding)")
    if len(sys.argv) != 2:
        stop("usage: python client.py FILE, a JSON list of initiatives")
    try:
        initiatives = json.loads(Path(sys.argv[1]).read_text("utf-8"))
        return [cloud_event(data) for data in initiatives]
    except OSError as error:
        stop(f"{sys.argv[1]} cannot be read: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        stop(f"{sys.argv[1]} is not a JSON list of initiatives, each with its externalId: {error!r}")


def stop(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    to_send = told()
    logging.basicConfig(level=logging.CRITICAL)  # what goes wrong is told below, once
    try:
        sys.exit(asyncio.run(main(to_send)))
    except AuthenticationError:
        stop("user or password is wrong, or no longer valid (BURENBUS_AMQP_URL)")
    except (
        AMQPError,
        OSError,
        ValueError,
    ) as error:  # a port where nothing listens, a queue that is not yours, no address
        stop(f"RabbitMQ does not take this: {error} (BURENBUS_AMQP_URL, BURENBUS_PARTNER)")
    except KeyboardInterrupt:
        sys.exit(130)
