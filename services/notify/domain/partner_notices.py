"""What staff read of partners and of the platform's own work: who joins or goes quiet, what is missing, what failed."""

from collections.abc import Sequence

from shared.dutch import count, date, date_and_time, listing
from shared.events.base import PREFIX
from shared.events.operation import EventSetAside
from shared.events.registry import PartnerState
from shared.events.watching import PartnerSilent, SequenceGap

from .notices import EVERYONE, Notice, Titles, heading, pairs_of, province, region_name, wider


def partner_boarded(partner: PartnerState) -> Notice:
    """A partner has joined."""
    return _partner(
        "partner-boarded",
        partner.partner,
        partner,
        title=f"Nieuwe partner: {partner.title}",
        text=f"{partner.title} is aangesloten en kan initiatieven melden.",
    )


def partner_suspended(partner: PartnerState) -> Notice:
    """A partner is kept out until further notice."""
    return _partner(
        "partner-suspended",
        f"{partner.partner}:{partner.version}",
        partner,
        title=f"Partner staat stil: {partner.title}",
        text=f"{partner.title} is stilgezet. Wat deze partner stuurt, wordt geweigerd tot de partner weer meedoet.",
    )


def partner_silent(silent: PartnerSilent, partners: Titles, regions: Sequence[str]) -> Notice:
    """A partner has been quiet for three times its rhythm."""
    title = partners.get(silent.partner, silent.partner)
    return Notice(
        kind="partner-silent",
        about=f"{silent.partner}:{silent.since.isoformat()}",
        regions=wider(*regions) if regions else frozenset({EVERYONE}),
        where=heading(province(regions[0]) if regions else None),
        title=f"{title} laat al een tijd niets horen",
        text=(
            f"Sinds {date_and_time(silent.since)} kwam er niets meer van {title}. Dat is veel langer dan gewoonlijk."
            " Misschien is er iets mis bij de partner. Wilt u het vragen?"
        ),
        brief=f"{title}, sinds {date(silent.since)}",
    )


def sequence_gap(gap: SequenceGap, partners: Titles, regions: Sequence[str]) -> Notice:
    """Events of a partner did not arrive, by the numbers that it gives them."""
    title = partners.get(gap.partner, gap.partner)
    missing = listing([str(m.first) if m.first == m.last else f"{m.first} tot en met {m.last}" for m in gap.missing])
    return Notice(
        kind="sequence-gap",
        about=f"{gap.partner}:{gap.source}:{gap.since.isoformat()}",
        regions=wider(*regions) if regions else frozenset({EVERYONE}),
        where=heading(province(regions[0]) if regions else None),
        title=f"Er ontbreken berichten van {title}",
        text=(
            f"Van {title} {'ontbreekt' if gap.count == 1 else 'ontbreken'} {count(gap.count, 'bericht', 'berichten')}:"
            " de volgnummers sluiten niet aan. De partner heeft hier ook bericht van gekregen."
        ),
        facts=pairs_of(("Bron", gap.source), ("Nummers", missing), ("Sinds", date_and_time(gap.since))),
        brief=f"{title}: {count(gap.count, 'bericht', 'berichten')}",
    )


def event_set_aside(event: EventSetAside, partners: Titles) -> Notice:
    """A service failed on an event: the fault is ours, and an operator has to look."""
    whose = partners.get(event.partner, event.partner) if event.partner else None
    return Notice(
        kind="event-set-aside",
        about=f"{event.service}:{event.reaction}:{event.cause}:{event.at.date()}",
        regions=frozenset({EVERYONE}),
        where=heading(None),
        title=f"Opzij gezet in {event.service}: {event.cause}",
        text=(
            "Een dienst kon een bericht niet verwerken en heeft het opzij gezet. De fout ligt bij ons. Over deze oorzaak"
            " mailen wij hoogstens één keer per dag; er kunnen meer berichten door opzij staan."
        ),
        facts=pairs_of(
            ("Dienst", event.service),
            ("Waar het misging", event.reaction),
            ("Oorzaak", event.cause),
            ("Soort bericht", (event.event_type or "").removeprefix(PREFIX)),
            ("Van", whose or "onszelf"),
            ("Sinds", date_and_time(event.at)),
            ("Bekijken met", f"burenbus dead list --service {event.service}"),
        ),
        brief=f"{event.service}: {event.cause}",
    )


def _partner(kind: str, about: str, partner: PartnerState, title: str, text: str) -> Notice:
    return Notice(
        kind=kind,
        about=about,
        regions=wider(*partner.regions) if partner.regions else frozenset({EVERYONE}),
        where=heading(province(partner.regions[0]) if partner.regions else None),
        title=title,
        text=text,
        brief=partner.title,
        facts=pairs_of(
            ("Werkt in", listing([region_name(code) or code for code in partner.regions]) or "heel Nederland")
        ),
    )
