"""Whom a mail can address by name: a contact is often a role ("penningmeester") or a mailbox instead of a person."""

import re

_ROLE_WORDS = """
    aanspreekpunt administratie administrateur algemeen beheer beheerder bestuur bestuurslid bestuursleden communicatie
    contact contactpersoon coordinator coördinator coördinatoren directeur dorpsondersteuner helpdesk info
    ledenadministratie medewerker medewerkster nvt onbekend opbouwwerker organisatie penningmeester projectleider
    redactie secretariaat secretaresse secretaris team vrijwilliger vrijwilligers voorzitter webmaster wijkverbinder
"""
_ROLES = frozenset(_ROLE_WORDS.split())


def addressee(name: str | None) -> str | None:
    """The name to greet, or None where the contact is a role, a mailbox or unknown: "Beste penningmeester" greets nobody."""
    words = re.findall(r"[^\W\d_]+", (name or "").casefold())
    if not words or "@" in (name or "") or not _ROLES.isdisjoint(words):
        return None
    return name
