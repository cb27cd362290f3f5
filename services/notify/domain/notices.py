"""What staff read of an event: a title, a sentence, the facts, and where to go. One function per kind of event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shared import geo
from shared.dutch import capital, count, date, last_day, listing, number, percentage
from shared.events.codelists import label
from shared.events.registry import InitiativeState, PossibleDuplicateFound, Side
from shared.events.reporting import ReportPublished
from shared.events.survey import CampaignState, SignalRecorded

COUNTRY = "NL"
EVERYONE = ""
"""Instead of a region: concerns everyone who follows this kind, wherever."""

SIGNALS: Mapping[str, str] = {
    "knelpunt": "bottleneck",
    "oplossing": "solution",
    "succes": "success",
    "droom": "dream",
}
"""Which kind of notification a kind of signal gives."""

EVIDENCE_SHOWN = 4

Titles = Mapping[str, str]
"""Partners' names for people, by their name on the bus."""


@dataclass(frozen=True)
class Link:
    """Where the reader can go. With `purpose`, the link is signed for the reader: it lets them act on `object_id`."""

    label: str
    path: str
    purpose: str | None = None
    object_id: str | None = None


@dataclass(frozen=True)
class Notice:
    """One event that staff may want to know. `about` with `kind` names it: told again, it is the same notice."""

    kind: str
    about: str
    regions: frozenset[str]
    """The regions in which it happened and all wider ones; EVERYONE for what concerns the whole movement."""
    where: str
    """The region under which it stands in the daily mail."""
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    link: Link | None = None
    brief: str = ""
    """Its line in the daily mail, under the kind and the region; without one, the title."""

    def item(self) -> dict[str, Any]:
        """What a template needs of it, as JSON."""
        return {
            "kind": self.kind,
            "where": self.where,
            "title": self.title,
            "brief": self.brief or self.title,
            "text": self.text,
            "facts": [list(fact) for fact in self.facts],
            "link": asdict(self.link) if self.link else None,
        }


@dataclass(frozen=True)
class Reach:
    """Of the initiatives invited to a campaign: each is one of these three."""

    mailed: int
    """Their invitation was delivered."""
    answered: int
    """They answered, and were not mailed: before the mail went, or without an address."""
    missed: int
    """Neither mailed nor heard from: no address that may be used, or the mail could not be delivered."""


def new_initiative(state: InitiativeState, partners: Titles) -> Notice:
    """An initiative stands in the registry for the first time."""
    where = region_name(state.municipality) or state.place or region_name(state.province)
    facts = pairs_of(
        ("Plaats", _place(state.place, state.municipality)),
        ("Soort", _label("kind", state.kind)),
        ("Thema's", listing([label("theme", theme) for theme in state.themes])),
        ("Bekend bij", listing(sorted({partners.get(c.partner, c.partner) for c in state.claims}))),
        ("Website", state.website),
    )
    return Notice(
        kind="new-initiative",
        about=state.initiative_id,
        regions=wider(state.municipality, state.province),
        where=heading(state.province),
        title=f"Nieuw initiatief in {where}: {state.name}" if where else f"Nieuw initiatief: {state.name}",
        text=f"{state.name} staat nu in het register.",
        facts=facts,
        link=_region_page(state.municipality or state.province),
        brief=f"{state.name}, {where}" if where else state.name,
    )


def possible_duplicate(found: PossibleDuplicateFound) -> Notice:
    """Two initiatives may be one; whoever gets the mail can decide."""
    strongest = sorted(found.evidence, key=lambda e: -abs(e.weight))[:EVIDENCE_SHOWN]
    return Notice(
        kind="possible-duplicate",
        about=found.match_id,
        regions=wider(*found.regions, found.one.municipality, found.other.municipality),
        where=heading(province(found.one.municipality)),
        title=f"Hetzelfde initiatief? ‘{found.one.name}’ en ‘{found.other.name}’",
        text="Deze twee lijken op elkaar, maar wij weten het niet zeker. Wilt u kijken of het één initiatief is?",
        facts=pairs_of(
            ("Het ene", _side(found.one)),
            ("Het andere", _side(found.other)),
            ("Pleit ervoor", _series([e.nl for e in strongest if e.weight > 0])),
            ("Pleit ertegen", _series([e.nl for e in strongest if e.weight < 0])),
        ),
        link=Link("Bekijk en beslis", f"/register/dubbel/{found.match_id}", "decide-duplicate", found.match_id),
        brief=f"‘{found.one.name}’ en ‘{found.other.name}’",
    )


def contested_duplicate(found: PossibleDuplicateFound, partners: Titles) -> Notice:
    """The networks do not agree about a possible duplicate, or none of them knows: whoever gets the mail decides."""
    asked = possible_duplicate(found)
    said = {a.answer for a in found.answers}
    apart = len(said - {"onzeker"}) > 1
    return replace(
        asked,
        kind="contested-duplicate",
        title=f"De netwerken {'zijn het niet eens' if apart else 'weten het niet'}: {asked.brief}",
        text="Zijn deze twee hetzelfde initiatief? De netwerken komen er niet uit. Wilt u beslissen?",
        facts=(
            *((partners.get(a.partner, a.partner), label("match", a.answer)) for a in found.answers),
            *asked.facts,
        ),
    )


def signal(recorded: SignalRecorded, initiative: str | None) -> Notice:
    """Residents told of a bottleneck, a solution, a success or a dream; `initiative` is the name of theirs, if known."""
    what = capital(label("signal", recorded.kind))
    about = label("bottleneck", recorded.category)
    where = region_name(recorded.region)
    severity = _label("severity", recorded.severity)
    brief = f"{capital(about)} ({severity})" if severity else capital(about)
    title = f"{what} over {about}" if recorded.region == COUNTRY else f"{what} in {where} over {about}"
    return Notice(
        kind=SIGNALS[recorded.kind],
        about=recorded.signal_id,
        regions=wider(recorded.region),
        where=heading(province(recorded.region)),
        title=f"{title} ({severity})" if severity else title,
        text=f"Er is een {label('signal', recorded.kind)} gemeld: {about}.",
        facts=pairs_of(
            ("Initiatief", initiative),
            ("Regio", where),
            ("Hoe zwaar", severity),
            ("Activiteit", _label("activity", recorded.activity)),
            ("Wie doet het", _label("degree", recorded.degree)),
            ("Instelling", _label("institution", recorded.institution)),
            ("Gemeld op", recorded.gathering),
        ),
        link=_region_page(recorded.region),
        brief=", ".join([brief, initiative or where or ""]).rstrip(", "),
    )


def campaign_opened(campaign: CampaignState) -> Notice:
    """Initiatives can take part from now on."""
    return _campaign(
        "campaign-opened",
        campaign,
        title=f"{campaign.title} is open",
        text=(
            f"{campaign.title} is open. Initiatieven kunnen meedoen tot en met {last_day(campaign.closes)}."
            " Ze krijgen een uitnodiging per mail."
        ),
    )


def campaign_closing_soon(campaign: CampaignState, provinces: Sequence[tuple[str, int, int]]) -> Notice:
    """A campaign closes within a week; `provinces`: code, invited, responded."""
    rate = percentage(campaign.responded, campaign.invited)
    return _campaign(
        "campaign-closing-soon",
        campaign,
        title=f"{campaign.title} sluit {last_day(campaign.closes)}: {rate} deed mee",
        text=(
            f"Tot nu toe deden {number(campaign.responded)} van de {number(campaign.invited)} uitgenodigde initiatieven"
            f" mee met {campaign.title} ({rate}). Meedoen kan nog tot en met {last_day(campaign.closes)}."
        ),
        facts=_rates(provinces),
    )


def campaign_closed(campaign: CampaignState, provinces: Sequence[tuple[str, int, int]], reach: Reach) -> Notice:
    """A campaign has closed; `reach`: who of those invited was mailed, and why the others were not."""
    rate = percentage(campaign.responded, campaign.invited)
    sentences = [
        f"{campaign.title} is gesloten.",
        f"{number(campaign.responded)} van de {number(campaign.invited)} uitgenodigde initiatieven deden mee ({rate}).",
        f"{count(reach.mailed, 'initiatief kreeg', 'initiatieven kregen')} de uitnodiging per mail.",
    ]
    if reach.answered:
        sentences.append(f"{count(reach.answered, 'initiatief deed', 'initiatieven deden')} mee zonder die mail.")
    if reach.missed:
        missed = count(reach.missed, "initiatief is niet bereikt", "initiatieven zijn niet bereikt")
        sentences.append(f"{missed}: er was geen adres dat wij daarvoor mogen gebruiken, of de mail kwam niet aan.")
    return _campaign(
        "campaign-closed",
        campaign,
        title=f"{campaign.title} is gesloten: {rate} deed mee",
        text=" ".join(sentences),
        facts=_rates(provinces),
    )


def report_published(report: ReportPublished) -> Notice:
    """The results of a campaign can be read."""
    return Notice(
        kind="report-published",
        about=report.publication_id,
        regions=frozenset({EVERYONE}),
        where=heading(None),
        title=f"De uitkomsten staan online: {report.title}",
        text=f"U kunt de uitkomsten van {report.title} lezen voor het hele land en per provincie.",
        facts=(("Gepubliceerd", date(report.at)),),
        link=Link("Lees de uitkomsten", f"/regio/{COUNTRY}"),
    )


def _campaign(
    kind: str, campaign: CampaignState, title: str, text: str, facts: tuple[tuple[str, str], ...] = ()
) -> Notice:
    return Notice(
        kind=kind,
        about=campaign.campaign_id,
        regions=frozenset({EVERYONE}),
        where=heading(None),
        title=title,
        text=text,
        facts=facts,
        link=Link("Bekijk de cijfers", f"/regio/{COUNTRY}"),
    )


def _rates(provinces: Sequence[tuple[str, int, int]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (region_name(code) or code, f"{percentage(responded, invited)} ({number(responded)} van {number(invited)})")
        for code, invited, responded in provinces
    )


def _series(sentences: Sequence[str]) -> str:
    """Short sentences as one line: only the first keeps its capital. An abbreviation (`KvK`, `AED`) keeps its own."""
    first, *rest = sentences or ("",)
    return "; ".join([first, *(_small(sentence) for sentence in rest)])


def _small(sentence: str) -> str:
    word = sentence.split(" ", 1)[0]
    return sentence[:1].lower() + sentence[1:] if word[1:] == word[1:].lower() else sentence


def pairs_of(*pairs: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs if value)


def _label(codes: str, code: str | None) -> str | None:
    return label(codes, code) if code else None


def region_name(code: str | None) -> str | None:
    found = geo.region(code) if code else None
    return found.name if found else code


def wider(*codes: str | None) -> frozenset[str]:
    """These regions and all that they lie in; the country if nothing closer is known."""
    return frozenset(wide for code in codes if code for wide in geo.regions_of(code)) or frozenset({COUNTRY})


def province(code: str | None) -> str | None:
    return next((wide for wide in geo.regions_of(code) if wide.startswith("PV")), None) if code else None


def heading(province: str | None) -> str:
    return region_name(province) or "Heel Nederland"


def _place(place: str | None, municipality: str | None) -> str | None:
    town = region_name(municipality)
    return f"{place} (gemeente {town})" if place and town and place != town else place or town


def _side(side: Side) -> str:
    place = _place(side.place, side.municipality)
    return f"{side.name}, {place}" if place else side.name


def _region_page(code: str | None) -> Link | None:
    region = province(code) or COUNTRY
    where = "heel Nederland" if region == COUNTRY else region_name(region)
    return Link(f"Bekijk {where}", f"/regio/{region}")
