"""What is wrong in real lists: each fault takes a sound event and spoils it, and names the code it will be refused with."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

Event = dict[str, Any]
Fault = Callable[[random.Random, Event], str]

SPAMBOT = "Dit e-mailadres wordt beveiligd tegen spambots. JavaScript dient ingeschakeld te zijn om het te bekijken."


def eleven_digits(_: random.Random, event: Event) -> str:
    event["data"].setdefault("contact", {})["phone"] = "06 28 87 28 210"
    return "phone"


def spambot_text(_: random.Random, event: Event) -> str:
    event["data"].setdefault("contact", {})["email"] = SPAMBOT
    return "email"


def date_for_year(rng: random.Random, event: Event) -> str:
    event["data"]["founded"] = f"{rng.randint(1, 28):02d}-{rng.randint(1, 12):02d}-{rng.randint(2001, 2024)}"
    return "year"


def about_sixty(_: random.Random, event: Event) -> str:
    event["data"]["numbers"] = {"volunteers": "ca. 60"}
    return "number"


def no_name(_: random.Random, event: Event) -> str:
    del event["data"]["name"]
    return "missing"


def kind_of_their_own(_: random.Random, event: Event) -> str:
    event["data"]["kind"] = "Zorgcoöperatie"
    return "not-in-list"


def short_postcode(_: random.Random, event: Event) -> str:
    event["data"]["postcode"] = "370"
    return "postcode"


def no_website(_: random.Random, event: Event) -> str:
    event["data"]["website"] = "n.v.t."
    return "website"


def half_a_number(_: random.Random, event: Event) -> str:
    event["data"]["kvkNumber"] = "KvK volgt"
    return "kvk"


def two_at_once(rng: random.Random, event: Event) -> str:
    spambot_text(rng, event)
    return about_sixty(rng, event)


def another_identity(_: random.Random, event: Event) -> str:
    event["source"] = "urn:burenbus:partner:iemand-anders"
    return "another-identity"


def from_the_future(_: random.Random, event: Event) -> str:
    event["time"] = (datetime.fromisoformat(event["time"]) + timedelta(days=3650)).isoformat()
    return "future"


def version_to_come(_: random.Random, event: Event) -> str:
    event["type"] = event["type"].replace(".v1", ".v9")
    return "unknown-version"


FAULTS: Mapping[Fault, int] = {
    eleven_digits: 9,
    spambot_text: 9,
    date_for_year: 7,
    about_sixty: 7,
    no_name: 3,
    kind_of_their_own: 6,
    short_postcode: 4,
    no_website: 4,
    half_a_number: 3,
    two_at_once: 3,
    another_identity: 2,
    from_the_future: 2,
    version_to_come: 1,
}
"""Each with its weight: how often it is met."""
