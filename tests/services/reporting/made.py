"""Facts for tests, with what does not matter filled in."""

from datetime import UTC, datetime
from typing import Any

from shared.events.registry import InitiativeRegistered
from shared.events.survey import (
    CampaignClosed,
    CampaignOpened,
    InvitationIssued,
    ResponseRecorded,
    SignalRecorded,
)

OPENS = datetime(2026, 9, 13, 22, 0, tzinfo=UTC)
CLOSES = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
CAMPAIGN = "2026"


def initiative(key: str, municipality: str | None = "GM0344", **fields: Any) -> InitiativeRegistered:
    """An initiative in the city of Utrecht, on the map."""
    said = {"version": 1, "status": "active", "name": f"Buurtzorg {key}", "kind": "stadsdorp", "listed": True, **fields}
    if municipality and "province" not in said:
        from services.reporting.domain import regions

        said["province"] = regions.leaf(municipality)
    return InitiativeRegistered(initiative_id=key, municipality=municipality, **said)


def opened(**fields: Any) -> CampaignOpened:
    return CampaignOpened(**_campaign(status="open", **fields))


def closed(**fields: Any) -> CampaignClosed:
    return CampaignClosed(**_campaign(status="closed", **{"version": 3, **fields}))


def _campaign(**fields: Any) -> dict[str, Any]:
    return {
        "campaign_id": CAMPAIGN,
        "version": 2,
        "title": "Zorgzame gemeenschappen 2026",
        "questionnaire": "2026.1",
        "opens": OPENS,
        "closes": CLOSES,
        **fields,
    }


def invited(key: str, initiative_id: str | None = None) -> InvitationIssued:
    return InvitationIssued(
        invitation_id=f"v-{key}",
        campaign_id=CAMPAIGN,
        initiative_id=initiative_id or key,
        token="een-code-die-hier-niet-hoort",
        url="https://burenbus.example/enquete/een-code-die-hier-niet-hoort",
        title="Zorgzame gemeenschappen 2026",
        closes=CLOSES,
    )


def responded(key: str, answers: dict[str, Any] | None = None, **fields: Any) -> ResponseRecorded:
    said = {"version": 1, "counted": True, "initiative_id": key, "answered_at": OPENS, **fields}
    return ResponseRecorded(response_id=f"r-{key}", campaign_id=CAMPAIGN, answers=answers or {}, **said)


def signal(key: str, **fields: Any) -> SignalRecorded:
    said = {"kind": "knelpunt", "category": "erkenning", "region": "PV26", **fields}
    return SignalRecorded(signal_id=key, **said)
