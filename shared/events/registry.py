"""Facts that registry says: partners, initiatives, possible duplicates, contacts. All but `contact-changed` and
`partner-contact-changed` are public matter."""

from typing import Annotated, Literal

from pydantic import Field

from .base import Event, Id, Line, Model, Version, field
from .codelists import Kind, LegalForm, LocationPrecision, MatchAnswer, Phase, Purpose, TargetGroup, Theme
from .partner import Activity
from .values import Email, Region, Website, Year

OWNER = "registry"


# --- partners ------------------------------------------------------------------------------------------------------


class PartnerState(Event):
    """The whole public state of a partner, in every fact about it."""

    partner: Id = field("Name on the bus, [a-z0-9-]{2,30}.", "Naam op de bus.")
    version: Version = field("Version of this partner's state.", "Versie van deze stand.")
    title: Line = field("Name for people.", "Naam voor mensen.")
    sources: tuple[str, ...] = field(
        "CloudEvents sources that are this partner's.", "Bronnen die bij deze partner horen."
    )
    regions: tuple[Region, ...] = field("Regions it works in.", "Regio's waar de partner werkt.", ())
    status: Literal["active", "suspended", "removed"] = field(
        "Whether it takes part.", "Of de partner meedoet.", "active"
    )
    sandbox: bool = field("Tries things out: nothing counts.", "Probeert uit: niets telt mee.", False)

    def subject(self) -> str:
        return self.partner


class PartnerBoarded(
    PartnerState, type="partner-boarded.v1", owner=OWNER, en="A partner has joined.", nl="Een partner is aangesloten."
):
    pass


class PartnerChanged(
    PartnerState,
    type="partner-changed.v1",
    owner=OWNER,
    en="A partner's state changed.",
    nl="De gegevens van een partner zijn veranderd.",
):
    pass


class PartnerSuspended(
    PartnerState, type="partner-suspended.v1", owner=OWNER, en="A partner is suspended.", nl="Een partner staat stil."
):
    pass


# --- initiatives -----------------------------------------------------------------------------------------------------


class ClaimRef(Model):
    """One partner's word for the initiative."""

    partner: Id = field("The partner.", "De partner.")
    external_id: Id = field("Its id of the initiative.", "Het nummer van het initiatief bij die partner.")


class InitiativeState(Event):
    """The whole public state of an initiative, in every fact about it: a listener needs no other fact to be right.

    `version` counts up by one for each change of this initiative; a lower version never overwrites a higher one.
    """

    initiative_id: Id = field("The platform's id (UUIDv7).", "Het nummer in het register.")
    version: Version = field("Version of this initiative's state.", "Versie van deze stand.")
    status: Literal["active", "closed", "merged"] = field(
        "Active, closed, or merged into another.", "Actief, gestopt, of samengevoegd."
    )
    merged_into: Id | None = field("Where it went, when merged.", "Waarin het is opgegaan.", None)
    name: Line = field("Name.", "Naam.")
    other_names: tuple[Line, ...] = field("Other names.", "Andere namen.", ())
    kind: Kind | None = field("Kind.", "Soort.", None)
    phase: Phase | None = field("Phase.", "Fase.", None)
    legal_form: LegalForm | None = field("Legal form.", "Rechtsvorm.", None)
    founded: Year | None = field("Year of founding.", "Startjaar.", None)
    place: Line | None = field("Place.", "Plaats.", None)
    pc4: Annotated[str, Field(pattern=r"^[1-9][0-9]{3}$")] | None = field(
        "Postcode, 4 digits.", "Postcode, 4 cijfers.", None
    )
    municipality: Region | None = field("Municipality, CBS code.", "Gemeente, CBS-code.", None)
    province: Region | None = field("Province, CBS code.", "Provincie, CBS-code.", None)
    website: Website | None = field("Website.", "Website.", None)
    target_groups: tuple[TargetGroup, ...] = field("Target groups.", "Doelgroepen.", ())
    themes: tuple[Theme, ...] = field("Themes.", "Thema's.", ())
    activities: tuple[Activity, ...] = field("Activities.", "Activiteiten.", ())
    listed: bool = field("May be shown on the map and in the list.", "Mag op de kaart en in de lijst.", False)
    location_precision: LocationPrecision = field(
        "How precisely it may be shown.", "Hoe precies de plek getoond mag worden.", "postcode"
    )
    memberships: tuple[Id, ...] = field("Partners that it belongs to.", "Netwerken waarbij het is aangesloten.", ())
    claims: tuple[ClaimRef, ...] = field("Who speaks of it, under which id.", "Wie het kent, onder welk nummer.", ())

    def subject(self) -> str:
        return self.initiative_id


class InitiativeRegistered(
    InitiativeState,
    type="initiative-registered.v1",
    owner=OWNER,
    en="A new initiative stands in the registry.",
    nl="Er staat een nieuw initiatief in het register.",
):
    pass


class InitiativeChanged(
    InitiativeState,
    type="initiative-changed.v1",
    owner=OWNER,
    en="An initiative's public state changed.",
    nl="De gegevens van een initiatief zijn veranderd.",
):
    pass


class InitiativeMerged(
    InitiativeState,
    type="initiative-merged.v1",
    owner=OWNER,
    en="An initiative turned out to be another one, and resolves to it.",
    nl="Een initiatief bleek een ander te zijn en verwijst daarheen.",
):
    pass


class InitiativeSplit(
    InitiativeState,
    type="initiative-split.v1",
    owner=OWNER,
    en="A merge was undone: this initiative stands on its own again.",
    nl="Een samenvoeging is ongedaan gemaakt: dit initiatief staat weer op zichzelf.",
):
    split_from: Id = field("What it was part of.", "Waar het deel van was.")


class InitiativeClosed(
    InitiativeState,
    type="initiative-closed.v1",
    owner=OWNER,
    en="No partner lists this initiative any longer.",
    nl="Geen enkele partner heeft dit initiatief nog in de lijst.",
):
    pass


# --- possible duplicates and contacts ----------------------------------------------------------------------------


class Evidence(Model):
    """One reason for or against two records being the same; `weight` in bits (log2 of the likelihood ratio)."""

    compared: str = field("What was compared.", "Wat is vergeleken.")
    weight: float = field("Bits for (positive) or against (negative).", "Hoe sterk het ervoor of ertegen pleit.")
    nl: str = field("In words, Dutch.", "In woorden.")
    en: str = field("In words, English.", "In woorden, Engels.")


class Side(Model):
    """What is public of one of the two."""

    initiative_id: Id = field("The platform's id.", "Het nummer in het register.")
    name: Line = field("Name.", "Naam.")
    place: Line | None = field("Place.", "Plaats.", None)
    municipality: Region | None = field("Municipality, CBS code.", "Gemeente, CBS-code.", None)
    kind: Kind | None = field("Kind.", "Soort.", None)
    website: Website | None = field("Website.", "Website.", None)
    claims: tuple[ClaimRef, ...] = field("Who speaks of it.", "Wie het kent.", ())


class GivenAnswer(Model):
    """What one partner answered."""

    partner: Id = field("The partner.", "De partner.")
    answer: MatchAnswer = field("Its answer.", "Het antwoord.")


class PossibleDuplicateFound(
    Event,
    type="possible-duplicate-found.v1",
    owner=OWNER,
    en="Two initiatives may be the same; partners and staff are asked. Said again, with a higher version, when it is settled.",
    nl="Twee initiatieven zijn misschien hetzelfde; partners en medewerkers beslissen.",
):
    match_id: Id = field("The id of the question.", "Het nummer van de vraag.")
    version: Version = field("Version of the question.", "Versie van de vraag.")
    status: Literal["open", "same", "different"] = field(
        "Open, or how it was settled.", "Open, of hoe het is beslist.", "open"
    )
    one: Side = field("The one.", "Het ene.")
    other: Side = field("The other.", "Het andere.")
    probability: Annotated[float, Field(ge=0, le=1)] = field(
        "How likely they are the same.", "Hoe waarschijnlijk het hetzelfde is."
    )
    evidence: tuple[Evidence, ...] = field("What speaks for and against.", "Wat ervoor en ertegen pleit.", ())
    regions: tuple[Region, ...] = field("Regions of either.", "Regio's van beide.", ())
    staff_decide: bool = field(
        "The partners do not agree, or do not know: staff decide now.",
        "De partners zijn het niet eens, of weten het niet: een medewerker beslist.",
        False,
    )
    answers: tuple[GivenAnswer, ...] = field(
        "What partners answered; a partner is told its own answer alone.",
        "Wat partners antwoordden; een partner ziet alleen het eigen antwoord.",
        (),
    )

    def subject(self) -> str:
        return self.match_id


class ContactChanged(
    Event,
    type="contact-changed.v1",
    owner=OWNER,
    personal=frozenset({"email", "person"}),
    en="The address at which an initiative may be reached, from registry to notify only. Without address: it is gone.",
    nl="Het adres waarop een initiatief bereikt mag worden, alleen van register naar notify.",
):
    initiative_id: Id = field("The initiative.", "Het initiatief.")
    version: Version = field("Version of the contact.", "Versie van het contact.")
    person: Line | None = field("Name.", "Naam.", None)
    email: Email | None = field("Mail address.", "E-mailadres.", None)
    purposes: tuple[Purpose, ...] = field(
        "What the address may be used for.", "Waarvoor het adres gebruikt mag worden.", ()
    )

    def subject(self) -> str:
        return self.initiative_id


class PartnerContactChanged(
    Event,
    type="partner-contact-changed.v1",
    owner=OWNER,
    personal=frozenset({"email"}),
    en="Where the person at a partner gets mail, from registry to notify only. Without address: there is none any more.",
    nl="Waar de contactpersoon van een partner mail krijgt, alleen van register naar notify.",
):
    partner: Id = field("The partner.", "De partner.")
    version: Version = field("Version of the partner's state.", "Versie van de stand van de partner.")
    email: Email | None = field("Mail address.", "E-mailadres.", None)

    def subject(self) -> str:
        return self.partner
