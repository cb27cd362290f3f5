"""Facts that survey says: campaigns, invitations, responses (answers by code, no open text), signals."""

from typing import Any, Literal

from .base import Event, Id, Instant, Line, Version, field
from .codelists import ActivityCode, Bottleneck, Degree, Institution, Purpose, Severity, SignalKind
from .values import Region

OWNER = "survey"


class CampaignState(Event):
    """The whole state of a campaign, in every fact about it."""

    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    version: Version = field("Version of this state.", "Versie van deze stand.")
    title: Line = field("Title for people.", "Titel voor mensen.")
    questionnaire: Id = field("Version of the questionnaire.", "Versie van de vragenlijst.")
    opens: Instant = field("Opens at (inclusive).", "Gaat open op.")
    closes: Instant = field("Closes at (exclusive).", "Sluit op.")
    status: Literal["scheduled", "open", "closed"] = field("Where it stands.", "Hoe het ervoor staat.")
    invited: int = field("Initiatives invited so far.", "Uitgenodigde initiatieven tot nu toe.", 0)
    responded: int = field("Initiatives whose response counts.", "Initiatieven waarvan de inzending telt.", 0)

    def subject(self) -> str:
        return self.campaign_id


class CampaignScheduled(
    CampaignState,
    type="campaign-scheduled.v1",
    owner=OWNER,
    en="A campaign is planned.",
    nl="Een inventarisatie is gepland.",
):
    pass


class CampaignOpened(
    CampaignState, type="campaign-opened.v1", owner=OWNER, en="A campaign has opened.", nl="Een inventarisatie is open."
):
    pass


class CampaignClosingSoon(
    CampaignState,
    type="campaign-closing-soon.v1",
    owner=OWNER,
    en="A campaign closes within a week.",
    nl="Een inventarisatie sluit binnen een week.",
):
    pass


class CampaignClosed(
    CampaignState,
    type="campaign-closed.v1",
    owner=OWNER,
    en="A campaign has closed.",
    nl="Een inventarisatie is gesloten.",
):
    pass


class InvitationIssued(
    Event,
    type="invitation-issued.v1",
    owner=OWNER,
    personal=frozenset({"token", "url"}),
    en="An initiative is asked to answer. The only place where the plain token travels.",
    nl="Een initiatief is gevraagd mee te doen. Alleen hier reist de code mee.",
):
    invitation_id: Id = field("The invitation.", "De uitnodiging.")
    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    initiative_id: Id = field("The initiative.", "Het initiatief.")
    token: Id | None = field(
        "The plain token: whoever has it may answer. Left out when the invitation is restated: only its hash is kept.",
        "De code waarmee geantwoord kan worden. Ontbreekt als de uitnodiging opnieuw wordt gemeld.",
        None,
    )
    url: str | None = field(
        "The form, with the token; left out with it.", "Het formulier, met de code; ontbreekt met de code.", None
    )
    title: Line = field("Title of the campaign.", "Titel van de inventarisatie.")
    closes: Instant = field("Closes at.", "Sluit op.")

    def subject(self) -> str:
        return self.initiative_id


class InvitationWithdrawn(
    Event,
    type="invitation-withdrawn.v1",
    owner=OWNER,
    en="An initiative is asked no longer.",
    nl="Een uitnodiging is ingetrokken.",
):
    invitation_id: Id = field("The invitation.", "De uitnodiging.")
    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    initiative_id: Id = field("The initiative.", "Het initiatief.")
    reason: Literal["closed", "merged", "erased"] = field("Why.", "Waarom.")

    def subject(self) -> str:
        return self.initiative_id


class ResponseState(Event):
    """The whole state of one counted response. One initiative has at most one that counts in a campaign."""

    response_id: Id = field("The response.", "De inzending.")
    campaign_id: Id = field("The campaign.", "De inventarisatie.")
    initiative_id: Id = field("The initiative for which it counts now.", "Het initiatief waarvoor het nu telt.")
    version: Version = field("Version of this response's state.", "Versie van deze stand.")
    counted: bool = field("Whether it counts; a replaced response does not.", "Of de inzending telt.")
    replaced_by: Id | None = field(
        "The response that counts instead.", "De inzending die in plaats hiervan telt.", None
    )
    partner: Id | None = field("Through whom it came.", "Via wie het kwam.", None)
    answers: dict[str, Any] = field(
        "Answers by question code; open text left out.", "Antwoorden per vraag; zonder open tekst."
    )
    answered_at: Instant = field("When it was answered.", "Wanneer het is ingevuld.")

    def subject(self) -> str:
        return self.initiative_id


class ResponseRecorded(
    ResponseState, type="response-recorded.v1", owner=OWNER, en="A response counts.", nl="Een inzending telt mee."
):
    pass


class ResponseReplaced(
    ResponseState,
    type="response-replaced.v1",
    owner=OWNER,
    en="A response counts no longer, or for another initiative.",
    nl="Een inzending telt niet meer, of voor een ander initiatief.",
):
    pass


class InitiativeDescribed(
    Event,
    type="initiative-described.v1",
    owner=OWNER,
    en="What an initiative said of itself in its response: registry holds it above what others say.",
    nl="Wat een initiatief in de vragenlijst over zichzelf zegt.",
):
    initiative_id: Id = field("The initiative.", "Het initiatief.")
    response_id: Id = field("The response it stood in.", "De inzending.")
    at: Instant = field("When it was said.", "Wanneer het is gezegd.")
    fields: dict[str, Any] = field(
        "What it says, under the field names of initiative-reported: name, kind, phase, legalForm, founded, place, postcode, municipality, themes, targetGroups, activities.",
        "Wat het zegt, met de veldnamen van initiative-reported.",
    )

    def subject(self) -> str:
        return self.initiative_id


class ConsentsGiven(
    Event,
    type="consents-given.v1",
    owner=OWNER,
    en="Permissions that an initiative gave or withheld with its response.",
    nl="Toestemmingen die een initiatief gaf of niet gaf.",
):
    initiative_id: Id = field("The initiative.", "Het initiatief.")
    response_id: Id | None = field("The response it stood in.", "De inzending.", None)
    at: Instant = field("When.", "Wanneer.")
    given: tuple[Purpose, ...] = field("Given.", "Gegeven.", ())
    withheld: tuple[Purpose, ...] = field("Not given, or withdrawn.", "Niet gegeven, of ingetrokken.", ())
    text: str = field("The text that was agreed to, or its version.", "De tekst, of de versie daarvan.")
    channel: str = field("How.", "Hoe.")

    def subject(self) -> str:
        return self.initiative_id


class SignalRecorded(
    Event,
    type="signal-recorded.v1",
    owner=OWNER,
    en="A bottleneck, solution, success or dream was recorded (without its text).",
    nl="Een knelpunt, oplossing, succes of droom is vastgelegd (zonder de tekst).",
):
    signal_id: Id = field("The signal.", "Het signaal.")
    version: Version = field("Version.", "Versie.", 1)
    kind: SignalKind = field("What it is.", "Wat het is.")
    category: Bottleneck = field("What it is about.", "Waar het over gaat.")
    severity: Severity | None = field("How heavy.", "Hoe zwaar.", None)
    activity: ActivityCode | None = field("Activity.", "Activiteit.", None)
    degree: Degree | None = field("Degree of professional service.", "Hoe dicht bij professionele zorg.", None)
    institution: Institution | None = field("Institution.", "Instelling.", None)
    initiative_id: Id | None = field("The initiative.", "Het initiatief.", None)
    region: Region = field("Region, CBS code (NL when nothing closer is known).", "Regio, CBS-code.")
    gathering: Line | None = field("The gathering.", "De bijeenkomst.", None)

    def subject(self) -> str:
        return self.signal_id
