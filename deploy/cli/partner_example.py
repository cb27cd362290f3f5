"""What a partner can try at once: complete, with its own routing key and source."""

EXTERNAL_ID = "proef-1"


def program(name: str, amqp_url: str, source: str) -> str:
    """A Python program that publishes one event as this partner, and prints the answer to it."""
    return f"""\
import asyncio, json, uuid
from datetime import datetime, timezone
import aio_pika

async def main():
    connection = await aio_pika.connect("{amqp_url}")
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        event = {{
            "specversion": "1.0", "id": str(uuid.uuid4()), "source": "{source}",
            "type": "nl.zorgzame-gemeenschappen.initiative-reported.v1",
            "time": datetime.now(timezone.utc).isoformat(), "datacontenttype": "application/json",
            "data": {{"externalId": "{EXTERNAL_ID}", "name": "Buurthuiskamer De Proef", "municipality": "Utrecht"}},
        }}
        message = aio_pika.Message(
            json.dumps(event).encode(), message_id=event["id"], content_type="application/cloudevents+json", delivery_mode=2
        )
        exchange = await channel.get_exchange("in", ensure=False)
        await exchange.publish(message, "{name}.initiative-reported.v1", mandatory=True)
        feedback = await channel.get_queue("feedback.{name}", ensure=False)
        async with feedback.iterator() as messages:
            async for message in messages:
                async with message.process():
                    for answer in json.loads(message.body):
                        print(json.dumps(answer, indent=2))
                        if answer["data"].get("event", {{}}).get("id") == event["id"]:
                            return

asyncio.run(main())
"""


def curl(http_url: str, token: str, source: str) -> str:
    """A line for the shell that publishes one event over HTTP; the answer to it comes later, as with any channel."""
    return f"""\
curl -sS -i {http_url}/events -H 'Authorization: Bearer {token}' -H 'Content-Type: application/cloudevents+json' -d '{{
  "specversion": "1.0", "id": "'"$(date +%s)-$$"'", "source": "{source}",
  "type": "nl.zorgzame-gemeenschappen.initiative-reported.v1", "time": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
  "data": {{"externalId": "{EXTERNAL_ID}", "name": "Buurthuiskamer De Proef", "municipality": "Utrecht"}}
}}'
"""
