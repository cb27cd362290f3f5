"""What one partner says about one initiative: the truth through that partner's habits."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from deploy.demo import spelling
from deploy.demo.partners import Partner
from deploy.demo.world import Contact, Initiative, plain
from shared import geo
from shared.geo.fold import fold

_BESIDE = {
    "zorgzaam-dorp": ["dorpscooperatie", "burennetwerk", "anders"],
    "zorgcooperatie": ["dorpscooperatie", "zorgzaam-dorp"],
    "stadsdorp": ["burennetwerk", "buurtcollectief"],
    "buurthuiskamer": ["buurtcollectief", "anders"],
    "burennetwerk": ["buurtcollectief", "noaberzorgpunt"],
    "noaberzorgpunt": ["burennetwerk", "zorgzaam-dorp"],
    "doarpswurk": ["zorgzaam-dorp", "anders"],
}
Gives = Callable[[str], bool]
_CONSENTED = 0.45
_PUBLISHED = 0.75
_BOASTS = 0.03


def claim(rng: random.Random, initiative: Initiative, partner: Partner, external_id: str, since: str) -> dict[str, Any]:
    """The data of an `initiative-reported` event, as this partner would send it. `since`: date of its consents."""

    def gives(field: str) -> bool:
        return rng.random() < partner.given.get(field, 1)

    data: dict[str, Any] = {"externalId": external_id, "name": _name(rng, initiative, partner)}
    if initiative.former_name and rng.random() < 0.5 and data["name"] != initiative.former_name:
        data["otherNames"] = [initiative.former_name]
    data["kind"] = (
        initiative.kind if rng.random() > partner.other_kind else rng.choice(_BESIDE.get(initiative.kind, ["anders"]))
    )
    data |= _location(rng, initiative, partner, gives)
    if not initiative.made_up:
        return data
    data |= _details(rng, initiative, partner, gives)
    if contact := _contact(rng, initiative, partner, since, gives):
        data["contact"] = contact
    if not partner.batches and rng.random() < 0.2:  # a spreadsheet has every column, filled in or not
        data = dict.fromkeys(rng.sample(["website", "founded", "address", "memberSince"], 2), "") | data
    return data


def _details(rng: random.Random, initiative: Initiative, partner: Partner, gives: Gives) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if initiative.site and gives("website"):
        old = initiative.former_site if rng.random() < partner.outdated else None
        found["website"] = spelling.website(rng, old or initiative.site, partner.website)
    if gives("legal_form"):
        found["legalForm"] = initiative.legal_form
    if initiative.kvk_number and gives("kvk"):
        found["kvkNumber"] = initiative.kvk_number
    if initiative.founded and gives("founded"):
        found["founded"] = initiative.founded + rng.choices([0, -1, 1, 2], [85, 6, 7, 2])[0]
    if gives("details"):
        found["phase"] = initiative.phase
        found["targetGroups"] = list(initiative.target_groups)
        found["themes"] = [t for t in initiative.themes if rng.random() < 0.9]
        found["activities"] = [{"activity": a, "degree": d} for a, d in initiative.activities if rng.random() < 0.85]
    if initiative.numbers and gives("numbers"):
        found["numbers"] = {k: v for k, v in initiative.numbers.items() if rng.random() < 0.7}
    return found


def _name(rng: random.Random, initiative: Initiative, partner: Partner) -> str:
    name = initiative.name
    if initiative.former_name and rng.random() < partner.outdated:
        name = initiative.former_name
    for change, chance in partner.rewriting.items():
        if rng.random() < chance:
            name = change(rng, name)
    if rng.random() < _BOASTS:
        name = spelling.with_motto(rng, name)
    if rng.random() < 0.28:
        name = spelling.with_legal_form(rng, name, initiative.legal_form)
    place = plain(initiative.place.name)
    if fold(place) not in fold(name) and rng.random() < 0.14:
        name = f"{name} {rng.choice(['{}', '({})', 'in {}', 'te {}']).format(place)}"
    return name


def _location(rng: random.Random, initiative: Initiative, partner: Partner, gives: Gives) -> dict[str, Any]:
    place, municipality = initiative.place, geo.municipality(initiative.place.municipality)
    assert municipality is not None
    found: dict[str, Any] = {}
    if gives("place"):
        name = municipality.name if rng.random() < partner.place_is_municipality else plain(place.name)
        if name == "'s-Gravenhage" and rng.random() < 0.8:
            name = "Den Haag"
        if name == "'s-Hertogenbosch" and rng.random() < 0.5:
            name = "Den Bosch"
        if spelling.typo in partner.rewriting and rng.random() < partner.rewriting[spelling.typo] / 3:
            name = spelling.typo(rng, name)
        found["place"] = name
    if gives("municipality"):
        former = geo.former_municipality(plain(place.name))
        if partner.municipality == "former" and former and former.successor == municipality.code:
            found["municipality"] = rng.choice([former.name, former.name, former.code])
        else:
            found["municipality"] = municipality.code if partner.municipality == "code" else municipality.name
    if initiative.postcode and gives("postcode"):
        code = initiative.postcode
        if rng.random() < 0.04:  # the secretary's, not the meeting place's
            code = f"{rng.choice(place.postcodes)} {rng.choice('BCDHK')}{rng.choice('ELMNR')}"
        found["postcode"] = spelling.postcode(rng, code, partner.postcode)
    if initiative.address and gives("address"):
        found["address"] = initiative.address if rng.random() < 0.93 else initiative.address.rsplit(" ", 1)[0]
    return found


def _contact(
    rng: random.Random, initiative: Initiative, partner: Partner, since: str, gives: Any
) -> Mapping[str, Any] | None:
    if not initiative.contacts:
        return None
    known: Contact = initiative.contacts[rng.random() < partner.other_contact]
    called: Contact = known if rng.random() < 0.8 else rng.choice(initiative.contacts)
    contact: dict[str, Any] = {}
    if gives("email"):
        host = known.email.partition("@")[2]
        email = known.email
        if initiative.former_site and host == initiative.site and rng.random() < partner.outdated:
            email = email.replace(host, initiative.former_site)
        contact["email"] = email.upper() if spelling.cased in partner.rewriting and rng.random() < 0.1 else email
    if gives("phone"):
        contact["phone"] = spelling.phone(rng, called.phone, partner.phone)
    if not contact:
        return None
    contact["person"] = known.role
    contact["published"] = rng.random() < _PUBLISHED
    if rng.random() < _CONSENTED and "email" in contact:
        contact["consents"] = [
            {"purpose": p, "given": True, "at": since, "text": "Aanmeldformulier versie 3", "channel": "partner"}
            for p in ("op-de-kaart", "uitnodiging")
        ]
    return contact
