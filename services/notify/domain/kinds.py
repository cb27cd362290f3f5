"""What staff can be notified of. A table: a new kind is a row here and a function in `notices`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

How = Literal["at-once", "digest"]
"""A mail for each event, or one mail a day for all of them."""

HOWS: Mapping[How, str] = {"at-once": "meteen", "digest": "in de dagelijkse mail"}


@dataclass(frozen=True)
class Kind:
    """One kind of event that a staff member can follow; `how` is what is proposed."""

    code: str
    label: str
    one: str
    many: str
    how: How


KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "possible-duplicate",
            "een mogelijk dubbel initiatief",
            "mogelijk dubbel initiatief",
            "mogelijk dubbele initiatieven",
            "at-once",
        ),
        Kind(
            "contested-duplicate",
            "een dubbel waar de netwerken niet uitkomen",
            "dubbel waar de netwerken niet uitkomen",
            "dubbelen waar de netwerken niet uitkomen",
            "at-once",
        ),
        Kind("new-initiative", "een nieuw initiatief", "nieuw initiatief", "nieuwe initiatieven", "digest"),
        Kind("bottleneck", "een knelpunt", "knelpunt", "knelpunten", "at-once"),
        Kind("solution", "een oplossing", "oplossing", "oplossingen", "digest"),
        Kind("success", "een succes", "succes", "successen", "digest"),
        Kind("dream", "een droom", "droom", "dromen", "digest"),
        Kind(
            "campaign-opened",
            "een inventarisatie gaat open",
            "geopende inventarisatie",
            "geopende inventarisaties",
            "at-once",
        ),
        Kind(
            "campaign-closing-soon",
            "een inventarisatie sluit bijna",
            "inventarisatie die bijna sluit",
            "inventarisaties die bijna sluiten",
            "at-once",
        ),
        Kind(
            "campaign-closed",
            "een inventarisatie is gesloten",
            "gesloten inventarisatie",
            "gesloten inventarisaties",
            "at-once",
        ),
        Kind("report-published", "de uitkomsten zijn gepubliceerd", "publicatie", "publicaties", "at-once"),
        Kind("partner-boarded", "een nieuwe partner", "nieuwe partner", "nieuwe partners", "digest"),
        Kind("partner-suspended", "een partner staat stil", "stilgezette partner", "stilgezette partners", "at-once"),
        Kind("partner-silent", "een partner laat niets horen", "stille partner", "stille partners", "digest"),
        Kind(
            "sequence-gap",
            "er ontbreken berichten van een partner",
            "partner met ontbrekende berichten",
            "partners met ontbrekende berichten",
            "digest",
        ),
        Kind(
            "event-set-aside",
            "een bericht dat wij niet konden verwerken",
            "fout bij ons waardoor een bericht opzij staat",
            "fouten bij ons waardoor berichten opzij staan",
            "at-once",
        ),
    )
}
