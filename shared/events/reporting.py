"""Facts that reporting says."""

from .base import Event, Id, Instant, Line, field
from .values import Region

OWNER = "reporting"


class ReportPublished(
    Event,
    type="report-published.v1",
    owner=OWNER,
    en="The results of a campaign are published, frozen.",
    nl="De uitkomsten van een inventarisatie zijn gepubliceerd.",
):
    publication_id: Id = field("The publication.", "De publicatie.")
    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    title: Line = field("Title.", "Titel.")
    regions: tuple[Region, ...] = field("Regions with a report.", "Regio's met een rapport.")
    at: Instant = field("When.", "Wanneer.")

    def subject(self) -> str:
        return self.publication_id
