"""What is said to the small service."""

from shared.events.partner import SignalReported, SurveyResponseSubmitted
from shared.events.registry import InitiativeRegistered, PartnerBoarded, PartnerChanged
from tests.room import source_of


def order(text: str, initiative: str | None = None) -> SignalReported:
    """A signal whose text the small service obeys."""
    return SignalReported(kind="knelpunt", category="financiering", text=text, initiative_id=initiative)


def response(campaign: str = "2026", initiative: str = "1") -> SurveyResponseSubmitted:
    return SurveyResponseSubmitted(
        campaign_id=campaign, questionnaire="2026.1", initiative_id=initiative, answers={"A1": "De Buurt"}
    )


def initiative(number: str, version: int = 1) -> InitiativeRegistered:
    return InitiativeRegistered(initiative_id=number, version=version, status="active", name="De Buurt")


def boarded(partner: str, version: int = 1) -> PartnerBoarded:
    return PartnerBoarded(partner=partner, version=version, title=partner, sources=(source_of(partner),))


def suspended(partner: str, version: int = 2) -> PartnerChanged:
    return PartnerChanged(
        partner=partner, version=version, title=partner, sources=(source_of(partner),), status="suspended"
    )
