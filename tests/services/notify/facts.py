"""Facts as the other services say them."""

from datetime import UTC, datetime
from typing import Any

from shared.events.base import Event
from shared.events.operation import EventSetAside
from shared.events.registry import (
    ClaimRef,
    ContactChanged,
    Evidence,
    InitiativeRegistered,
    PartnerBoarded,
    PartnerSuspended,
    PossibleDuplicateFound,
    Side,
)
from shared.events.reporting import ReportPublished
from shared.events.survey import (
    CampaignClosed,
    CampaignClosingSoon,
    CampaignOpened,
    InvitationIssued,
    InvitationWithdrawn,
    ResponseRecorded,
    SignalRecorded,
)
from shared.events.watching import Missing, PartnerSilent, SequenceGap
from tests.room import NOW

CLOSES = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
"""Midnight after 31 October in Amsterdam, where winter time has begun."""


def initiative(key: str = "i1", **changes: Any) -> InitiativeRegistered:
    values = {
        "initiative_id": key,
        "version": 1,
        "status": "active",
        "name": "Zorgcoöperatie Austerlitz",
        "kind": "zorgcooperatie",
        "place": "Austerlitz",
        "municipality": "GM0355",
        "province": "PV26",
        "claims": (ClaimRef(partner="omzien", external_id="7"),),
        **changes,
    }
    return InitiativeRegistered(**values)


def contact(key: str = "i1", **changes: Any) -> ContactChanged:
    values = {
        "initiative_id": key,
        "version": 1,
        "email": f"{key}@austerlitz.example",
        "person": "Bep Jansen",
        "purposes": ("uitnodiging",),
        **changes,
    }
    return ContactChanged(**values)


def _campaign(**changes: Any) -> dict[str, Any]:
    return {
        "campaign_id": "2026",
        "version": 2,
        "title": "Zorgzame gemeenschappen in kaart 2026",
        "questionnaire": "2026.1",
        "opens": NOW,
        "closes": CLOSES,
        "status": "open",
        **changes,
    }


def opened(**changes: Any) -> CampaignOpened:
    return CampaignOpened(**_campaign(**changes))


def closing_soon(**changes: Any) -> CampaignClosingSoon:
    return CampaignClosingSoon(**_campaign(version=3, invited=1471, responded=206, **changes))


def closed(**changes: Any) -> CampaignClosed:
    return CampaignClosed(**_campaign(version=4, status="closed", invited=1471, responded=323, **changes))


def invitation(key: str = "i1", **changes: Any) -> InvitationIssued:
    values = {
        "invitation_id": f"inv-{key}",
        "campaign_id": "2026",
        "initiative_id": key,
        "token": "geheim",
        "url": "http://burenbus.example/enquete/geheim",
        "title": "Zorgzame gemeenschappen in kaart 2026",
        "closes": CLOSES,
        **changes,
    }
    return InvitationIssued(**values)


def withdrawn(key: str = "i1", reason: str = "closed") -> InvitationWithdrawn:
    return InvitationWithdrawn(invitation_id=f"inv-{key}", campaign_id="2026", initiative_id=key, reason=reason)


def response(key: str = "i1", **changes: Any) -> ResponseRecorded:
    values = {
        "response_id": f"r-{key}",
        "campaign_id": "2026",
        "initiative_id": key,
        "version": 1,
        "counted": True,
        "answers": {},
        "answered_at": NOW,
        **changes,
    }
    return ResponseRecorded(**values)


def signal(key: str = "s1", **changes: Any) -> SignalRecorded:
    values = {
        "signal_id": key,
        "kind": "knelpunt",
        "category": "financiering",
        "severity": "groot",
        "region": "GM0344",
        **changes,
    }
    return SignalRecorded(**values)


def duplicate(**changes: Any) -> PossibleDuplicateFound:
    values = {
        "match_id": "m1",
        "version": 1,
        "one": Side(initiative_id="i1", name="Zorgcoöperatie Austerlitz", place="Austerlitz", municipality="GM0355"),
        "other": Side(initiative_id="i2", name="Austerlitz Zorgt", place="Austerlitz", municipality="GM0355"),
        "probability": 0.8,
        "evidence": (
            Evidence(compared="name", weight=4.0, nl="de namen lijken op elkaar", en="the names are alike"),
            Evidence(compared="phone", weight=-3.0, nl="een ander telefoonnummer", en="another telephone number"),
        ),
        "regions": ("GM0355",),
        **changes,
    }
    return PossibleDuplicateFound(**values)


def one_of_each() -> tuple[Event, ...]:
    """Of each kind that staff can follow, one."""
    return (
        PartnerBoarded(partner="noaber", version=1, title="Noaber Oost", sources=("urn:x",), regions=("PV23",)),
        PartnerSuspended(partner="noaber", version=2, title="Noaber Oost", sources=("urn:x",), status="suspended"),
        PartnerSilent(partner="omzien", since=NOW),
        initiative(),
        duplicate(),
        duplicate(match_id="m2", staff_decide=True),
        SequenceGap(
            partner="omzien", source="urn:x", status="open", since=NOW, missing=(Missing(first=8, last=8),), count=1
        ),
        EventSetAside(service="survey", reaction="record_signals", cause="KeyError at f:3", at=NOW),
        signal("s1"),
        signal("s2", kind="oplossing", severity=None),
        signal("s3", kind="succes", severity=None, region="PV26"),
        signal("s4", kind="droom", severity=None, category="ruimte", region="NL"),
        opened(),
        closing_soon(),
        closed(),
        ReportPublished(publication_id="p", campaign_id="2026", title="In kaart 2026", regions=("NL",), at=NOW),
    )
