"""The AsyncAPI document says what the broker holds and what the classes say."""

import json

import jsonschema
import pytest

from shared.bus import asyncapi, topology
from shared.events import catalogue
from shared.events.base import ANY_SERVICE, PARTNER
from shared.events.catalogue import by_type

DOCUMENT = asyncapi.document()
SENT = [kind for kind in by_type().values() if kind.owner == PARTNER]
MESSAGES = DOCUMENT["components"]["messages"]


def test_the_checked_in_document_is_current() -> None:
    """What stands in the tree is what classes and topology say."""
    assert asyncapi.FILE.read_text("utf-8") == asyncapi.text()


def test_partners_send_to_addresses_that_are_bound_and_may_be_written() -> None:
    """Filled in for a partner, the addresses on `in` are the routing keys of its intake queues, no more and no less."""
    keys = {
        channel["address"].replace("{partner}", "omzien")
        for channel in DOCUMENT["channels"].values()
        if channel["bindings"]["amqp"].get("exchange", {}).get("name") == topology.IN
    }
    bound = {b.routing_key for b in topology.partner("omzien").bindings if b.exchange == topology.IN}
    assert keys == bound
    assert {op["action"] for name, op in DOCUMENT["operations"].items() if name.startswith("send.")} == {"send"}


def test_a_partner_receives_from_its_own_queue_whatever_it_may_be_told() -> None:
    """The feedback channel is the queue, and its messages list every type that a partner is told."""
    channel = DOCUMENT["channels"]["feedback"]
    assert channel["address"].replace("{partner}", "omzien") == topology.feedback_queue("omzien")
    choices = MESSAGES["feedback"]["payload"]["items"]["oneOf"]
    assert [c["$ref"].rsplit("/", 1)[-1] for c in choices] == [k.type for k in catalogue.told_to_partners()]
    assert {"event-accepted.v1", "event-refused.v1", "event-delayed.v1"} < {
        k.type for k in catalogue.told_to_partners()
    }


def test_every_fact_is_said_on_a_channel_of_its_own() -> None:
    """Facts go to exchange `events` under their type."""
    for kind in by_type().values():
        if kind.owner in (*topology.SERVICES, ANY_SERVICE):
            channel = DOCUMENT["channels"][f"events.{kind.type}"]
            assert (channel["address"], channel["bindings"]["amqp"]["exchange"]["name"]) == (kind.type, topology.EVENTS)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_message_has_an_example_that_its_schema_accepts(name: str) -> None:
    """In draft 07, as AsyncAPI's tools read it; headers of the binary mode too."""
    message = MESSAGES[name]
    for example in message["examples"]:
        for part in ("payload", "headers"):
            if part in message:
                whole = {"components": DOCUMENT["components"], **message[part]}
                jsonschema.validate(example[part], whole, cls=jsonschema.Draft7Validator)


def test_the_schema_of_a_message_refuses_what_does_not_fit() -> None:
    """A reference that leads nowhere, or was lost on the way to draft 07, would accept anything."""
    message = MESSAGES["initiative-reported.v1.batch"]
    whole = {"components": DOCUMENT["components"], **message["payload"]}
    wrong = json.loads(json.dumps(message["examples"][0]["payload"]))
    wrong[0]["data"]["activities"][0]["activity"] = "bestaat-niet"
    with pytest.raises(jsonschema.ValidationError, match="bestaat-niet"):
        jsonschema.validate(wrong, whole, cls=jsonschema.Draft7Validator)


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.type)
def test_a_partner_may_send_each_type_in_three_ways(kind) -> None:
    """Alone, as a list, and in binary mode with the attributes as headers; the answer comes on the feedback channel."""
    operation = DOCUMENT["operations"][f"send.{kind.type}"]
    assert [m["$ref"].rsplit("/", 1)[-1] for m in operation["messages"]] == ["event", "batch", "binary"]
    assert operation["reply"]["channel"] == {"$ref": "#/channels/feedback"}
    assert "cloudEvents:id" in MESSAGES[f"{kind.type}.binary"]["headers"]["required"]
