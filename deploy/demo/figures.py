"""The figures of the demo, counted from what the services hold, the mailbox got and the pages show."""

import mailbox
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

import asyncpg
import httpx

from deploy.demo.administer import CAMPAIGN
from deploy.demo.movement import Movement
from deploy.demo.platform import Platform
from deploy.demo.score import Score, score
from deploy.errors import DeployError
from shared import geo

_CLAIMS = "SELECT partner, external_id, initiative_id::text AS initiative FROM claim"
_ASKED = "SELECT one_partner, one_external_id, other_partner, other_external_id FROM match WHERE asks = 'merge'"
_FOUND = "SELECT status, count(*) AS number FROM initiative WHERE status <> 'merged' GROUP BY status"
_ANSWERS = """
SELECT outcome, codes, count(DISTINCT (partner, event_source, coalesce(event_id, id))) AS number
FROM answer WHERE outcome NOT IN ('delayed', 'duplicate') GROUP BY outcome, codes
"""
"""An event that a partner sends again is the same event; the same id with another body is another."""
_SET_ASIDE = "SELECT count(*) FROM bus.set_aside"
_INVITED = """
SELECT initiative.province, count(DISTINCT initiative.id) AS number
FROM invitation JOIN initiative ON initiative.id = invitation.initiative_id
WHERE campaign_id = $1 AND withdrawn_for IS DISTINCT FROM 'merged'
GROUP BY initiative.province
"""
_COUNTED = """
SELECT initiative.province, count(*) AS number
FROM response JOIN initiative ON initiative.id = response.initiative_id
WHERE campaign_id = $1 AND counted
GROUP BY initiative.province
"""


@dataclass(frozen=True)
class Figures:
    """What became of the journey. Shares are fractions."""

    initiatives_truth: int
    initiatives_active: int
    """What the pages count."""
    initiatives_closed: int
    """Those that have ended; they stay in the register."""
    matching: Score
    outcomes: Mapping[str, int]
    """Events in the registry's history, by what became of them; one that was sent again counts once."""
    refusals: Mapping[str, int]
    """By code; one event may have several."""
    set_aside: int
    counted: Mapping[str, int]
    """Responses that count, by province; '' where the initiative's province is not known."""
    invited: Mapping[str, int]
    mails: Mapping[str, int]
    map_url: str
    report_url: str

    @property
    def initiatives_found(self) -> int:
        return self.initiatives_active + self.initiatives_closed

    @property
    def published(self) -> int:
        return sum(self.outcomes.values())

    @property
    def refused(self) -> int:
        return self.outcomes.get("refused", 0)

    @property
    def responses(self) -> int:
        return sum(self.counted.values())

    @property
    def response_rate(self) -> float:
        return self.responses / max(sum(self.invited.values()), 1)


async def read(platform: Platform, made: Movement) -> Figures:
    """Reads all of them. Raises DeployError when a page that should be there is not."""
    registry = await asyncpg.connect(platform.database_url("registry"))
    try:
        held = {(r["partner"], r["external_id"]): r["initiative"] for r in await registry.fetch(_CLAIMS)}
        asked = {((r[0], r[1]), (r[2], r[3])) for r in await registry.fetch(_ASKED)}
        found = {r["status"]: r["number"] for r in await registry.fetch(_FOUND)}
        answers = await registry.fetch(_ANSWERS)
    finally:
        await registry.close()
    outcomes, refusals = Counter[str](), Counter[str]()
    for answer in answers:
        outcomes[answer["outcome"]] += answer["number"]
        if answer["outcome"] == "refused":
            refusals.update(dict.fromkeys(answer["codes"], answer["number"]))
    survey = await asyncpg.connect(platform.database_url("survey"))
    try:
        counted = {r["province"] or "": r["number"] for r in await survey.fetch(_COUNTED, CAMPAIGN)}
        invited = {r["province"] or "": r["number"] for r in await survey.fetch(_INVITED, CAMPAIGN)}
    finally:
        await survey.close()
    return Figures(
        initiatives_truth=len(set(made.truth.values())),
        initiatives_active=found.get("active", 0),
        initiatives_closed=found.get("closed", 0),
        matching=score(made.truth, held, asked),
        outcomes=outcomes,
        refusals=refusals,
        set_aside=await _set_aside(platform),
        counted=counted,
        invited=invited,
        mails=mails(platform.mail),
        map_url=await _page(f"{platform.url}/kaart"),
        report_url=await _page(f"{platform.url}/regio/{_most(counted)}"),
    )


def mails(folder: Path) -> Mapping[str, int]:
    """Mails in a Maildir, by what kind they say they are; one that was sent again, marked as such, is one mail."""
    parser = BytesHeaderParser()
    box = mailbox.Maildir(folder, create=False)
    heads = {key: parser.parsebytes(box.get_bytes(key)) for key in box.iterkeys()}
    kinds = {str(h.get("Message-ID", key)): str(h.get("X-Burenbus-Kind", "anders")) for key, h in heads.items()}
    return dict(sorted(Counter(kinds.values()).items()))


async def _set_aside(platform: Platform) -> int:
    total = 0
    for service in platform.environments:
        connection = await asyncpg.connect(platform.database_url(service))
        try:
            total += await connection.fetchval(_SET_ASIDE)
        finally:
            await connection.close()
    return total


def _most(counted: Mapping[str, int]) -> str:
    """The province with most responses: its report has most to show."""
    provinces = {p.code: counted.get(p.code, 0) for p in geo.provinces()}
    return max(provinces, key=lambda code: provinces[code])


async def _page(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.get(url)
    if not answer.is_success:
        raise DeployError(f"De pagina {url} is er niet: {answer.status_code}")
    return url
