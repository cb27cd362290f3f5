"""Facts and submissions that the tests of the survey use."""

from typing import Any

from services.survey import admin
from shared.events.partner import SurveyResponseSubmitted
from shared.events.registry import ClaimRef, InitiativeMerged, InitiativeRegistered, InitiativeState
from shared.events.survey import InvitationIssued
from tests.room import Room

ANSWERS = {
    "A1": "Buurtzorg Zeist",
    "A2.postcode": "3705",
    "A2.plaats": "Zeist",
    "A2.gemeente": "GM0355",
    "A4": "stadsdorp",
}


def initiative(
    id: str,  # noqa: A002
    *claims: str,
    version: int = 1,
    kind: type[InitiativeState] = InitiativeRegistered,
    **state: Any,
) -> Any:
    """A fact about an initiative; claims as "partner/externalId"."""
    refs = tuple(ClaimRef(partner=c.split("/")[0], external_id=c.split("/")[1]) for c in claims)
    said = {"status": "active", "name": f"Initiatief {id}", "municipality": "GM0355", "province": "PV26", **state}
    return kind(initiative_id=id, version=version, claims=refs, **said)


def merged(id: str, into: str, *, version: int = 2) -> InitiativeMerged:  # noqa: A002
    """An initiative that went into another."""
    fact: InitiativeMerged = initiative(id, version=version, kind=InitiativeMerged, status="merged", merged_into=into)
    return fact


def response(
    external_id: str | None = None, *, answers: dict[str, Any] | None = None, **said: Any
) -> SurveyResponseSubmitted:
    """A set of answers that is right, for the campaign that `campaign` opens."""
    return SurveyResponseSubmitted(
        **{"campaign_id": "2026", "questionnaire": "2026.1", "external_id": external_id, **said},
        answers=ANSWERS if answers is None else answers,
    )


async def campaign(room: Room, id: str = "2026", opens: str = "2026-09-14", closes: str = "2026-10-31") -> None:  # noqa: A002
    """A campaign that has opened, at the room's time, if that lies in its period."""
    from services.survey import schedule

    async with room.tx() as tx:
        await admin.plan(
            tx, id, title="Zorgzame gemeenschappen 2026", questionnaire="2026.1", opens=opens, closes=closes
        )
    await room.run(schedule.follow_the_clock)


async def tokens(room: Room) -> dict[str, str]:
    """The token that each initiative was last invited with."""
    return {i.initiative_id: i.token for i in await room.said(InvitationIssued) if i.token}
