"""Partners' claims come in: kept as said, matched, and the golden records brought up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.actions import decisions, matching, questions, records
from services.registry.domain.claims import ClaimKey, Held, News, news, warnings
from services.registry.domain.features import features
from services.registry.domain.matching import MatchingSettings
from services.registry.store import candidates, claims, contacts
from shared.bus import on
from shared.events.base import Received
from shared.events.content import content_hash, split_contact
from shared.events.envelope import new_id
from shared.events.partner import InitiativeReported, InitiativeWithdrawn
from shared.events.problems import problem
from shared.transaction import Refused, Tx, Waits

Report = Received[InitiativeReported]


@dataclass(frozen=True, slots=True)
class _Word:
    """One report in parts, and what it adds to what was held when it came."""

    event: Report
    key: ClaimKey
    fields: Mapping[str, Any]
    contact: Mapping[str, Any] | None
    sha256: bytes
    news: News = "new"
    initiative_id: str = ""


@on(InitiativeReported, batch=True)
async def keep_claims(events: Sequence[Report], tx: Tx, *, matching_settings: MatchingSettings) -> None:
    """A claim is kept as said; what is new or changed is matched with all others; the same again changes nothing."""
    words = [_read(event) for event in events]
    keys = sorted({w.key for w in words})
    said = _judge_news(words, await claims.held(tx, keys))
    if any(w.news in ("new", "changed") for w in said):
        await claims.lock_grouping(tx)
        said = _judge_news(words, await claims.held(tx, keys))
    latest = {w.key: w for w in said if w.news in ("new", "changed")}
    again = {w.key: w.event.time for w in said if w.news == "unchanged" and w.key not in latest}
    if again:
        await claims.confirm(tx, again)
    unions = await _take_in(tx, latest, {w.key for w in said if w.news == "new"}, matching_settings)
    for w in said:
        doubts = warnings(w.event.data, w.event.unknown, year=w.event.time.year)
        if w.news == "superseded":
            doubts.append(problem("superseded", "/time", value=w.key[1]))
        outcome = "unchanged" if w.news == "superseded" else w.news
        home = unions.get(w.initiative_id, w.initiative_id)
        tx.accept(w.event, outcome, initiative_id=home, warnings=doubts)


@on(InitiativeWithdrawn)
async def withdraw_claim(event: Received[InitiativeWithdrawn], tx: Tx) -> None:
    """A partner lists an initiative no longer; when no partner does, it is closed. A withdrawal that comes late changes nothing."""
    key = _partner(event), event.data.external_id
    await claims.lock_grouping(tx)
    held = (await claims.held(tx, [key])).get(key)
    if held is None:
        raise Waits(_claim_key(key), problem("unknown-initiative", "/data/externalId", value=key[1]))
    if event.time < held.said_at or held.withdrawn:
        late = () if held.withdrawn else (problem("superseded", "/time", value=key[1]),)
        tx.accept(event, "unchanged", initiative_id=held.initiative_id, warnings=late)
        return
    await claims.withdraw(tx, key, reason=event.data.reason, said_at=event.time)
    await candidates.drop(tx, [key])
    await records.refresh(tx, [held.initiative_id])
    doubts = [problem("unknown-field", pointer) for pointer in event.unknown]
    tx.accept(event, "changed", initiative_id=held.initiative_id, warnings=doubts)


async def _take_in(
    tx: Tx, latest: Mapping[ClaimKey, _Word], new: set[ClaimKey], settings: MatchingSettings
) -> Mapping[str, str]:
    """Keeps and matches what is new or changed. Gives the initiatives that went into others."""
    if not latest:
        return {}
    await claims.keep(
        tx, [claims.NewWord(w.key, w.initiative_id, w.fields, w.sha256, w.event.time) for w in latest.values()]
    )
    await contacts.keep(tx, {w.key: w.contact for w in latest.values()})
    homes = {w.key: w.initiative_id for w in latest.values()}
    looks = {w.key: features(w.event.data) for w in latest.values()}
    found = await matching.look_around(tx, homes, looks, settings, changed=latest.keys() - new)
    because: dict[str, Received[Any]] = {}
    for w in latest.values():
        because.setdefault(found.unions.get(w.initiative_id, w.initiative_id), w.event)
    if found.unions:
        await records.merge(tx, found.unions, by="matching", because=because)
    await records.refresh(tx, because.keys() | set(found.unions.values()), because=because)
    if found.unions:
        await decisions.settle_joined(tx, set(found.unions.values()), by="matching", because=because)
    await questions.ask(tx, found.asked, because=because)
    tx.arrived(*(_claim_key(key) for key in new))
    return found.unions


def _read(event: Report) -> _Word:
    fields, contact = split_contact(event.data)
    return _Word(event, (_partner(event), event.data.external_id), fields, contact, content_hash(fields, contact))


def _judge_news(words: Sequence[_Word], held: Mapping[ClaimKey, Held]) -> list[_Word]:
    """What each word adds, one after the other: a claim may occur more than once in a batch."""
    now = dict(held)
    judged = []
    for w in words:
        was = now.get(w.key)
        what = news(was, w.sha256, w.event.time)
        home = was.initiative_id if was else new_id()
        if what in ("new", "changed"):
            now[w.key] = Held(home, w.sha256, w.event.time, withdrawn=False)
        judged.append(_Word(w.event, w.key, w.fields, w.contact, w.sha256, what, home))
    return judged


def _partner(event: Received[Any]) -> str:
    if event.partner is None:
        raise Refused(problem("unknown-partner"))
    return event.partner


def _claim_key(key: ClaimKey) -> str:
    return f"claim:{key[0]}/{key[1]}"
