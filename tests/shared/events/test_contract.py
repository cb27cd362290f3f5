"""The contract: complete, documented in two languages, its schemas current, changed only by additions."""

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from shared.events.base import PARTNER, TAKERS, Event, Received
from shared.events.catalogue import by_type
from shared.events.codelists import codelist
from shared.events.envelope import read_event
from shared.events.problems import CODES
from shared.events.schema import EXAMPLES, SCHEMAS, breaking_changes, generated, schema_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TYPES = list(by_type().values())
PROBLEM_FIELDS = {"pointer", "code", "value", "nl", "en", "documentation"}
"""RFC 9457 and the docstring of Problem say what these are."""
each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type)


def example(kind: type[Event]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    return content


def properties(schema: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in (schema.get("properties", {}), schema.get("$defs", {})):
        for name, part in group.items():
            if group is schema.get("properties"):
                yield f"{at}/{name}", part
            yield from properties(part, f"{at}/{name}")


def test_checked_in_schemas_are_current() -> None:
    """What stands in the tree is what the classes say."""
    assert {p.name: p.read_text("utf-8") for p in SCHEMAS.glob("*.json")} == generated()


@each_type
def test_every_type_is_owned_and_described(kind: type[Event]) -> None:
    """A type has one owner, a taker if partners send it, and a description in Dutch and English."""
    assert kind.nl
    assert kind.en
    assert (kind.taker in TAKERS) == (kind.owner == PARTNER)


@each_type
def test_every_field_is_described(kind: type[Event]) -> None:
    """Every field of the data, however deep, says in Dutch and English what it is."""
    schema = schema_of(kind)
    data = {**schema["properties"]["data"], "$defs": schema.get("$defs", {})}
    bare = [
        at
        for at, part in properties(data)
        if not (part.get("description") and part.get("x-description-nl"))
        and at.rsplit("/", 1)[-1] not in PROBLEM_FIELDS
    ]
    assert bare == []


@each_type
def test_the_example_satisfies_schema_and_class(kind: type[Event]) -> None:
    """The checked-in example is valid by the JSON Schema, is read by the class, and comes back the same."""
    content = example(kind)
    jsonschema.validate(content, schema_of(kind), cls=jsonschema.Draft202012Validator)
    partner = "omzien" if kind.owner == PARTNER else None
    event = read_event(content, partner=partner, routing_key=kind.type, now=NOW).event
    assert isinstance(event, Received)
    assert event.unknown == ()
    assert kind.model_validate(event.data.wire()) == event.data


def test_each_example_is_an_event_of_its_own() -> None:
    """Examples sent one after another are different events: no two share an id."""
    ids = [example(kind)["id"] for kind in TYPES]
    assert len(set(ids)) == len(ids)


@each_type
def test_facts_carry_no_personal_data(kind: type[Event]) -> None:
    """On `events`, only the two facts that tell notify an address and the invitation's token are personal; open text is on none of them."""
    if kind.owner in (PARTNER, "taker"):
        return
    names = {at.rsplit("/", 1)[-1] for at, _ in properties(schema_of(kind)["properties"]["data"])}
    personal = names & {"person", "email", "phone", "contact", "address", "token"}
    allowed = {
        "contact-changed.v1": {"person", "email"},
        "partner-contact-changed.v1": {"email"},
        "invitation-issued.v1": {"token"},
    }
    assert personal == allowed.get(kind.type, set())


def test_code_lists_have_both_labels_and_ascii_codes() -> None:
    """Codes are ASCII with hyphens; each has a Dutch and an English label."""
    for name in ("kind", "phase", "legal-form", "theme", "activity", "bottleneck", "purpose"):
        for code, label in codelist(name).items():
            assert code.isascii()
            assert code == code.lower()
            assert label.nl
            assert label.en


def test_every_problem_code_has_both_texts() -> None:
    """A refusal can be read in Dutch and in English."""
    for code in CODES.values():
        assert code.nl
        assert code.en


BASE = schema_of(by_type()["initiative-reported.v1"])


def _without_field(schema: dict[str, Any]) -> None:
    del schema["properties"]["data"]["properties"]["founded"]


def _with_required(schema: dict[str, Any]) -> None:
    schema["properties"]["data"]["required"].append("founded")


def _without_code(schema: dict[str, Any]) -> None:
    schema["$defs"]["Activity"]["properties"]["activity"]["enum"].remove("tuin")


def _shorter(schema: dict[str, Any]) -> None:
    schema["properties"]["data"]["properties"]["name"]["maxLength"] = 10


@pytest.mark.parametrize("change", [_without_field, _with_required, _without_code, _shorter])
def test_a_change_that_hurts_is_noticed(change: Any) -> None:
    """A field gone, a field made required, a code gone or a bound narrowed is not an addition."""
    new = copy.deepcopy(BASE)
    change(new)
    assert list(breaking_changes(BASE, new))


def test_an_optional_field_may_be_added() -> None:
    """What was valid stays valid."""
    new = copy.deepcopy(BASE)
    new["properties"]["data"]["properties"]["motto"] = {"type": "string"}
    assert list(breaking_changes(BASE, new)) == []


def _keywords(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("properties", "$defs"):
                for part in value.values():
                    yield from _keywords(part)
            else:
                yield key
                yield from _keywords(value)
    elif isinstance(node, list):
        for item in node:
            yield from _keywords(item)


@each_type
def test_bounds_are_said_in_words_that_json_schema_knows(kind: type[Event]) -> None:
    """`minimum` and `maximum`, also where a validator of ours runs first: others would pass over our own words."""
    assert not {"ge", "le", "gt", "lt"} & set(_keywords(schema_of(kind)))


@pytest.mark.parametrize(("field", "value"), [("founded", 1500), ("otherNames", ["Zorg"] * 21)])
def test_what_is_out_of_bounds_is_refused_by_the_schema(field: str, value: Any) -> None:
    """A number and a list: who checks by the schema alone hears what the platform would say."""
    content = example(by_type()["initiative-reported.v1"])
    content["data"][field] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            content, schema_of(by_type()["initiative-reported.v1"]), cls=jsonschema.Draft202012Validator
        )
