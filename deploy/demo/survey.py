"""Who answers in the demo, by which channel, and what goes wrong: some twice, some late, some not as asked."""

import hashlib
import mailbox
import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import stamina

from deploy.demo import answers
from deploy.demo.administer import CAMPAIGN
from deploy.demo.movement import Key, Movement, by_initiative
from deploy.demo.partners import PARTNERS
from deploy.demo.platform import Platform
from deploy.demo.world import Initiative
from deploy.errors import DeployError
from services.survey.domain.form import form_of
from shared.events.base import PREFIX
from shared.events.questionnaire import questionnaire

RESPONSES = 323
"""What the monitor of 2020 got."""
SIGNALS = 48
_BY_TOKEN, _BY_WEB = 0.25, 0.12
_AGAIN, _REPLACED, _INVALID, _MENDED, _LATE, _NO_CAMPAIGN = 18, 22, 14, 6, 9, 2
_CLAIMS_OF_TOKENS = """
SELECT partner, external_id, token_sha256 FROM invitation JOIN claim USING (initiative_id)
WHERE token_sha256 = ANY($1::bytea[]) AND withdrawn_at IS NULL
"""
_LINK = re.compile(r"/enquete/([A-Za-z0-9_-]{16,})")

Said = tuple[str, Mapping[str, Any]]
"""A partner, and an event of it."""


@dataclass(frozen=True)
class Plan:
    """What partners say while the campaign is open, what is answered on the web (token, answers), and what comes late."""

    said: Sequence[Said]
    web: Sequence[tuple[str, Mapping[str, Any]]]
    late: Sequence[Said]


def plan(made: Movement, early: Collection[str], tokens: Mapping[Key, str], rng: random.Random, now: datetime) -> Plan:
    """323 initiatives answer, about as many in each province. `early`: initiatives that answer before they are known."""
    claims = {i: [key for key in keys if key not in made.withdrawn] for i, keys in by_initiative(made.truth).items()}
    pool = [i for i in made.initiatives if claims.get(i) and i not in early and made.initiatives[i].made_up]
    rng.shuffle(pool)
    chosen = [*early, *_spread(made, pool)][:RESPONSES]
    others = iter([i for i in pool if i not in set(chosen)])

    def response(initiative: str, **names: str) -> Said:
        partner, external_id = rng.choice(claims[initiative])
        data = {
            "campaignId": CAMPAIGN,
            "questionnaire": answers.QUESTIONNAIRE,
            "answers": answers.answers(rng, made.initiatives[initiative]),
            "answeredAt": now.isoformat(),
            **(names or {"externalId": external_id}),
        }
        return partner, event(rng, partner, "survey-response-submitted", data, now)

    def otherwise(said: Said, **changed: Any) -> Said:
        data = {**said[1]["data"], **changed}
        return said[0], event(rng, said[0], "survey-response-submitted", data, now)

    web, sound = [], []
    for initiative in chosen:
        token = next((tokens[key] for key in claims[initiative] if key in tokens), None)
        channel = rng.random() if token and initiative not in early else 1.0
        if token and channel < _BY_WEB:
            web.append((token, answers.answers(rng, made.initiatives[initiative])))
        elif token and channel < _BY_WEB + _BY_TOKEN:
            sound.append(response(initiative, invitationToken=token))
        else:
            sound.append(response(initiative))
    said = [otherwise(s, answers=_spoiled(rng, s[1]["data"]["answers"])) for s in rng.sample(sound, _MENDED)]
    said += sound
    said += rng.sample(sound, _AGAIN)  # the very same again
    said += [
        otherwise(s, answers={**s[1]["data"]["answers"], "I2": "ja"})
        for s in rng.sample(sound[len(early) :], _REPLACED)
    ]
    for _ in range(_INVALID):
        wrong = response(next(others))
        said.append(otherwise(wrong, answers=_spoiled(rng, wrong[1]["data"]["answers"])))
    said += [otherwise(response(next(others)), campaignId="bestaat-niet") for _ in range(_NO_CAMPAIGN)]
    said += _signals(made, claims, rng, now)
    return Plan(said, web, [response(next(others)) for _ in range(_LATE)])


def event(rng: random.Random, partner: str, kind: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A CloudEvent of this partner."""
    source = next(p.source_urn for p in PARTNERS if p.name == partner)
    return {
        "specversion": "1.0",
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "source": source,
        "type": f"{PREFIX}{kind}.v1",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def _spread(made: Movement, pool: Sequence[str]) -> Iterator[str]:
    """Equally over the provinces, and at most two to a municipality as long as there are others."""
    rounds: Counter[str] = Counter()
    per_town: Counter[str] = Counter()
    ranked = []
    for key in pool:
        place = made.initiatives[key].place
        per_town[place.municipality] += 1
        crowded = per_town[place.municipality] > 2
        rounds[place.province] += not crowded
        ranked.append((crowded, rounds[place.province], key))
    yield from (key for _, _, key in sorted(ranked, key=lambda r: r[:2]))


def _spoiled(rng: random.Random, given: Mapping[str, Any]) -> dict[str, Any]:
    wrong: list[Callable[[dict[str, Any]], object]] = [
        lambda a: a.pop("A1"),
        lambda a: a.update({"E1": "ca. 60"}),
        lambda a: a.update({"A3": "14-09-2014"}),
        lambda a: a.update({"H.erkenning": "best wel"}),
        lambda a: a.update({"Z9": "ja"}),
        lambda a: a.update({"A2.postcode": "370"}),
    ]
    spoiled = dict(given)
    for fault in rng.sample(wrong, rng.choice([1, 1, 2])):
        fault(spoiled)
    return spoiled


def _signals(made: Movement, claims: Mapping[str, list[Key]], rng: random.Random, now: datetime) -> Iterator[Said]:
    known = [key for key in made.initiatives if claims.get(key) and made.initiatives[key].made_up]
    for key in rng.sample(known, SIGNALS):
        partner, external_id = rng.choice(claims[key])
        told = answers.signal(rng, made.initiatives[key]) | {"externalId": external_id}
        yield partner, event(rng, partner, "signal-reported", told, now)


async def tokens_in(folder: Path, platform: Platform) -> Mapping[Key, str]:
    """The tokens in the invitations that arrived, by the claims that they are for: survey knows them by their hash."""
    found: set[str] = set()
    box = mailbox.Maildir(folder, create=False)
    for key in box.iterkeys():
        mail = message_from_bytes(box.get_bytes(key), policy=policy.default)
        if mail.get("X-Burenbus-Kind") == "invitation":
            text = mail.get_body(("plain",))
            found |= set(_LINK.findall(text.get_content() if text else ""))
    hashes = {hashlib.sha256(token.encode()).digest(): token for token in found}
    connection = await asyncpg.connect(platform.database_url("survey"))
    try:
        rows = await connection.fetch(_CLAIMS_OF_TOKENS, list(hashes))
    finally:
        await connection.close()
    return {(r["partner"], r["external_id"]): hashes[r["token_sha256"]] for r in rows}


async def fill_in(platform: Platform, token: str, given: Mapping[str, Any]) -> None:
    """Answers through the form on the web, as a person would: open it, fill it in, confirm what it asks to confirm.

    Raises DeployError when the form is not taken.
    """
    filled = form_of(given, questionnaire(answers.QUESTIONNAIRE))
    async with httpx.AsyncClient(base_url=platform.url, trust_env=False, timeout=30, follow_redirects=True) as client:
        async for attempt in stamina.retry_context(on=_not_there, attempts=20, wait_max=3, timeout=60):
            with attempt:
                await _open_and_send(client, token, filled)


async def _open_and_send(client: httpx.AsyncClient, token: str, filled: Mapping[str, Any]) -> None:
    (await client.get(f"/enquete/{token}")).raise_for_status()
    for _ in range(2):
        sent = await client.post(f"/enquete/{token}", data={**filled, "actie": "versturen"})
        if sent.is_server_error:
            sent.raise_for_status()
        if sent.is_success and sent.url.path.endswith("/bedankt"):
            return
    raise DeployError(f"Het formulier is niet aangenomen ({sent.status_code}).")


def _not_there(error: Exception) -> bool:
    """The page does not answer for a moment: one tries again."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.TransportError)


def early_ones(made: Movement, rng: random.Random, number: int = 4) -> Mapping[str, Initiative]:
    """Initiatives in one list only, of which that list tells once and well: their responses will overtake them."""
    told = Counter((t.partner, t.event["data"].get("externalId")) for t in made.told)
    once = {
        initiative: keys[0]
        for initiative, keys in by_initiative(made.truth).items()
        if len(keys) == 1 and told[keys[0]] == 1 and made.initiatives[initiative].made_up
    }
    return {key: made.initiatives[key] for key in rng.sample(sorted(once), number)}
