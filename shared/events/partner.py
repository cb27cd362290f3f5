"""What partners publish to exchange `in`. Each type has one taker: the service that decides and answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from .base import PARTNER, Event, Id, Instant, Line, Lines, Model, Prose, Unknown, empty_is_unknown, field
from .codelists import (
    ActivityCode,
    Bottleneck,
    Channel,
    Degree,
    Institution,
    Kind,
    LegalForm,
    LocationPrecision,
    MatchAnswer,
    Phase,
    Purpose,
    Severity,
    SignalKind,
    TargetGroup,
    Theme,
    WithdrawalReason,
)
from .problems import Problem, problem
from .questionnaire import check, questionnaire, versions
from .values import Email, KvkNumber, Number, Phone, Postcode, Region, Website, Year


def _list(value: Any) -> Any:
    return () if empty_is_unknown(value) is None else value


Many = BeforeValidator(_list)
"""Put on lists: null or an empty string counts as an empty list."""


Fte = Annotated[float, Field(ge=0, le=100_000)]


class Activity(Model):
    """What an initiative does, and how close to professional services it does it."""

    activity: ActivityCode = field("What is done.", "Wat er gedaan wordt.")
    degree: Annotated[Degree | None, Unknown] = field(
        "By the residents themselves, with a professional partner, or planned.",
        "Door bewoners zelf, met een professionele partner, of gepland.",
        None,
    )


class Numbers(Model):
    """How many people are involved."""

    volunteers: Annotated[Number | None, Unknown] = field("Volunteers.", "Vrijwilligers.", None)
    members: Annotated[Number | None, Unknown] = field("Members.", "Leden.", None)
    visitors_per_year: Annotated[Number | None, Unknown] = field("Visitors per year.", "Bezoekers per jaar.", None)
    paid_fte: Annotated[Fte | None, Unknown] = field("Paid staff (fte).", "Betaalde krachten (fte).", None)


class Consent(Model):
    """One permission with its proof: who gave it is the contact; when, to which text, and how stand here."""

    purpose: Purpose = field("What it is given for.", "Waarvoor toestemming is gegeven.")
    given: bool = field("Given, or withdrawn.", "Gegeven of ingetrokken.", True)
    at: Instant = field("When.", "Wanneer.")
    text: Annotated[str, Field(min_length=1, max_length=2000), Lines] = field(
        "The text that was agreed to, or its version.", "De tekst waarmee is ingestemd, of de versie daarvan."
    )
    channel: Channel = field("How it was given.", "Hoe de toestemming is gegeven.", "partner")


class Contact(Model):
    """The person to reach. Personal data: stays with registry and notify, never on facts or in answers."""

    person: Annotated[Line | None, Unknown] = field("Name of the contact person.", "Naam van de contactpersoon.", None)
    email: Annotated[Email | None, Unknown] = field("Mail address.", "E-mailadres.", None)
    phone: Annotated[Phone | None, Unknown] = field("Telephone.", "Telefoonnummer.", None)
    published: bool = field(
        "The initiative has published this address itself, for being reached.",
        "Het initiatief heeft dit adres zelf openbaar gemaakt om bereikt te worden.",
        False,
    )
    consents: Annotated[tuple[Consent, ...], Many, Field(max_length=20)] = field("Permissions.", "Toestemmingen.", ())


class InitiativeReported(
    Event,
    type="initiative-reported.v1",
    owner=PARTNER,
    taker="registry",
    personal=frozenset({"contact"}),
    en="The full present state of one initiative as this partner knows it. An upsert: sending it again changes nothing.",
    nl="De volledige stand van één initiatief zoals deze partner het kent. Opnieuw sturen verandert niets.",
):
    external_id: Id = field("The partner's own id of the initiative.", "Het nummer dat de partner zelf gebruikt.")
    name: Annotated[Line, Field(min_length=2)] = field("Name.", "Naam.")
    other_names: Annotated[tuple[Line, ...], Many, Field(max_length=20)] = field(
        "Other names: former, short, dialect.", "Andere namen: vroegere, afgekorte, in dialect.", ()
    )
    kind: Annotated[Kind | None, Unknown] = field("Kind.", "Soort.", None)
    phase: Annotated[Phase | None, Unknown] = field("Phase.", "Fase.", None)
    legal_form: Annotated[LegalForm | None, Unknown] = field("Legal form.", "Rechtsvorm.", None)
    kvk_number: Annotated[KvkNumber | None, Unknown] = field("Chamber of Commerce number.", "KvK-nummer.", None)
    founded: Annotated[Year | None, Unknown] = field("Year of founding.", "Startjaar.", None)
    place: Annotated[Line | None, Unknown] = field("Place.", "Plaats.", None)
    address: Annotated[Line | None, Unknown] = field(
        "Street and number of the meeting place; never someone's home. Used to recognise the initiative, not published.",
        "Straat en nummer van de ontmoetingsplek; nooit een woonadres. Om het initiatief te herkennen, niet openbaar.",
        None,
    )
    postcode: Annotated[Postcode | None, Unknown] = field(
        "Postcode, 4 digits or complete.", "Postcode, 4 cijfers of volledig.", None
    )
    municipality: Annotated[Line | None, Unknown] = field(
        "Municipality: CBS code (GM0344) or name; a former one is recognised.",
        "Gemeente: CBS-code (GM0344) of naam; een vroegere gemeente mag.",
        None,
    )
    website: Annotated[Website | None, Unknown] = field("Website.", "Website.", None)
    target_groups: Annotated[tuple[TargetGroup, ...], Many, Field(max_length=20)] = field(
        "Target groups.", "Doelgroepen.", ()
    )
    themes: Annotated[tuple[Theme, ...], Many, Field(max_length=20)] = field("Themes.", "Thema's.", ())
    activities: Annotated[tuple[Activity, ...], Many, Field(max_length=40)] = field("Activities.", "Activiteiten.", ())
    numbers: Numbers | None = field("Numbers of people.", "Aantallen mensen.", None)
    member_since: Annotated[date | None, Unknown] = field(
        "Member of this partner since.", "Aangesloten bij deze partner sinds.", None
    )
    contact: Contact | None = field("The person to reach.", "De contactpersoon.", None)
    location_precision: LocationPrecision = field(
        "How precisely the location may be shown.", "Hoe precies de plek getoond mag worden.", "postcode"
    )

    def subject(self) -> str:
        return self.external_id


class InitiativeWithdrawn(
    Event,
    type="initiative-withdrawn.v1",
    owner=PARTNER,
    taker="registry",
    en="The partner lists this initiative no longer.",
    nl="De partner heeft dit initiatief niet meer in de lijst.",
):
    external_id: Id = field("The partner's own id of the initiative.", "Het nummer dat de partner zelf gebruikt.")
    reason: WithdrawalReason = field("Why.", "Waarom.")

    def subject(self) -> str:
        return self.external_id


class MatchAnswered(
    Event,
    type="match-answered.v1",
    owner=PARTNER,
    taker="registry",
    en="The partner's answer to a possible duplicate.",
    nl="Het antwoord van de partner op een mogelijk dubbel initiatief.",
):
    match_id: Id = field("The id of the possible duplicate.", "Het nummer van het mogelijk dubbele initiatief.")
    answer: MatchAnswer = field("The answer.", "Het antwoord.")

    def subject(self) -> str:
        return self.match_id


class SurveyResponseSubmitted(
    Event,
    type="survey-response-submitted.v1",
    owner=PARTNER,
    taker="survey",
    personal=frozenset({"answers", "invitationToken"}),
    en="One set of answers to the questionnaire. A later one of the same initiative replaces an earlier one until closing.",
    nl="Eén ingevulde vragenlijst. Een latere van hetzelfde initiatief vervangt een eerdere, tot de sluiting.",
):
    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    questionnaire: Id = field("Version of the questionnaire.", "Versie van de vragenlijst.")
    external_id: Annotated[Id | None, Unknown] = field(
        "The initiative, by the partner's own id.", "Het initiatief, met het eigen nummer van de partner.", None
    )
    initiative_id: Annotated[Id | None, Unknown] = field(
        "The initiative, by the platform's id.", "Het initiatief, met het nummer van het register.", None
    )
    invitation_token: Annotated[Id | None, Unknown] = field(
        "The initiative, by its invitation.", "Het initiatief, met de code uit de uitnodiging.", None
    )
    answers: dict[str, Any] = field(
        "Answers by question code: a code, a list of codes, a number or text, as the questionnaire says.",
        "Antwoorden per vraagcode: een code, een lijst codes, een getal of tekst, zoals de vragenlijst zegt.",
    )
    consents: Annotated[tuple[Consent, ...], Many, Field(max_length=20)] = field(
        "Permissions given with the answers.", "Toestemmingen bij de antwoorden.", ()
    )
    answered_at: Instant | None = field("When it was answered.", "Wanneer het is ingevuld.", None)

    @model_validator(mode="after")
    def _one_initiative(self) -> "SurveyResponseSubmitted":
        if sum(v is not None for v in (self.external_id, self.initiative_id, self.invitation_token)) != 1:
            raise PydanticCustomError(
                "inconsistent",
                "one of three",
                {
                    "detail_nl": "Geef precies één van externalId, initiativeId en invitationToken.",
                    "detail_en": "Give exactly one of externalId, initiativeId and invitationToken.",
                },
            )
        return self

    @classmethod
    def further_faults(cls, data: Mapping[str, Any]) -> Sequence[Problem]:
        """Those of the answers, as far as the questionnaire alone tells them: not whether a municipality or partner exists."""
        version, answers = data.get("questionnaire"), data.get("answers")
        if not isinstance(version, str) or version.strip() not in versions() or not isinstance(answers, dict):
            return ()
        return check(questionnaire(version.strip()), answers).problems

    def subject(self) -> str:
        return self.external_id or self.initiative_id or self.campaign_id


class SignalReported(
    Event,
    type="signal-reported.v1",
    owner=PARTNER,
    taker="survey",
    personal=frozenset({"text"}),
    en="A bottleneck, solution, success or dream that residents told of.",
    nl="Een knelpunt, oplossing, succes of droom waarover bewoners vertelden.",
):
    kind: SignalKind = field("What it is.", "Wat het is.")
    category: Bottleneck = field("What it is about.", "Waar het over gaat.")
    severity: Annotated[Severity | None, Unknown] = field(
        "How heavy it weighs (bottlenecks).", "Hoe zwaar het weegt (bij een knelpunt).", None
    )
    activity: Annotated[ActivityCode | None, Unknown] = field(
        "The activity concerned.", "Om welke activiteit het gaat.", None
    )
    degree: Annotated[Degree | None, Unknown] = field(
        "How close to professional services.", "Hoe dicht bij professionele zorg.", None
    )
    institution: Annotated[Institution | None, Unknown] = field(
        "The institution concerned.", "Om welke instelling het gaat.", None
    )
    text: Annotated[Prose | None, Unknown] = field(
        "In their own words; never published raw.", "In eigen woorden; nooit zo gepubliceerd.", None
    )
    external_id: Annotated[Id | None, Unknown] = field(
        "The initiative, by the partner's own id.", "Het initiatief, met het eigen nummer van de partner.", None
    )
    initiative_id: Annotated[Id | None, Unknown] = field(
        "The initiative, by the platform's id.", "Het initiatief, met het nummer van het register.", None
    )
    region: Annotated[Region | None, Unknown] = field("The region, by CBS code.", "De regio, met CBS-code.", None)
    gathering: Annotated[Line | None, Unknown] = field(
        "The gathering at which it came up.", "De bijeenkomst waar het ter sprake kwam.", None
    )

    @classmethod
    def further_faults(cls, data: Mapping[str, Any]) -> Sequence[Problem]:
        """An initiative named in two ways may be two initiatives."""
        if any(empty_is_unknown(data.get(name)) is None for name in ("externalId", "initiativeId")):
            return ()
        return (
            problem(
                "inconsistent",
                "/data/initiativeId",
                detail_nl="Geef externalId of initiativeId, niet allebei.",
                detail_en="Give externalId or initiativeId, not both.",
            ),
        )

    def subject(self) -> str:
        return self.external_id or self.initiative_id or self.region or "NL"
