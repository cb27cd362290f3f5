"""The columns that a file may have: how each is called by who keeps lists, and what it fills.

Every column is also known by the name of its field in the contract (`externalId`, `contact.email`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from shared.events import questionnaire as asked
from shared.events.codelists import Label, codelist
from shared.events.partner import InitiativeReported, InitiativeWithdrawn, SignalReported, SurveyResponseSubmitted
from shared.events.questionnaire.model import DO_NOT_KNOW, Kind

from .cells import plain
from .choices import Choices
from .model import CONSENTS, PROOF, WHY


class Form(Enum):
    """How the cells of a column are read."""

    LINE = auto()
    PROSE = auto()
    NAMES = auto()
    ONE = auto()
    MANY = auto()
    ACTIVITIES = auto()
    COUNT = auto()
    NUMBER = auto()
    YEAR = auto()
    DAY = auto()
    MOMENT = auto()
    DIGITS = auto()
    KVK = auto()
    PHONE = auto()
    MAIL = auto()
    YES_OR_NO = auto()
    IGNORED = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """One column. `title` is what we call it; `names` are other headings for it. `required` says what to do without it.

    `parts`: several columns may fill it, of which the first that is filled counts; `joins`: its text comes behind that of
    the column that fills the same field.
    """

    pointer: str
    title: Label
    form: Form
    names: tuple[str, ...] = ()
    choices: Choices | None = None
    required: Label | None = None
    parts: bool = False
    joins: bool = False


_IDENTITY = Label(
    "Geef elk initiatief een eigen nummer dat nooit verandert: daaraan herkennen wij het de volgende keer.",
    "Give each initiative a number of its own that never changes: it is recognised by that the next time.",
)
_NEEDED = Label("Zonder deze kolom kan geen rij worden verwerkt.", "Without this column no row can be used.")


def _spec(pointer: str, nl: str, en: str, form: Form, names: str = "", **more: object) -> Spec:
    return Spec(f"/data/{pointer}", Label(nl, en), form, tuple(n for n in names.split("|") if n), **more)  # type: ignore[arg-type]


def _external_id(*, required: bool) -> Spec:
    return _spec(
        "externalId",
        "Nummer",
        "Number",
        Form.LINE,
        "nr|id|extern id|externe id|extern nummer|externe code|eigen nummer|uw nummer|initiatiefnummer|initiatief id|id initiatief"
        "|identifier|code|initiatiefcode|lidnummer|lid id|lidcode|ledennummer|ledencode|lidmaatschapsnummer|deelnemernummer"
        "|deelnemersnummer|relatienummer|relatiecode|relatie id|klantnummer|debiteurnummer|crm nummer|crm id|organisatienummer"
        "|organisatie id|organisatiecode|projectnummer|projectcode|registratienummer|inschrijfnummer|intern nummer|ons nummer"
        "|uniek nummer|unieke code|unieke id|uuid|guid|id nummer|referentie|referentienummer|reference|sleutel|key|volgnummer"
        "|kenmerk|record|record id|recordnummer|row id|objectid|fid" + ("|initiative id" if required else ""),
        required=_IDENTITY if required else None,
    )


@cache
def initiative_reported() -> tuple[Spec, ...]:
    lists = {n: codelist(n) for n in ("kind", "phase", "legal-form", "target-group", "theme", "activity", "purpose")}
    return (
        _external_id(required=True),
        _spec("name", "Naam", "Name", Form.LINE,
              "initiatief|initiatieven|naam initiatief|initiatiefnaam|naam organisatie|organisatie|organisatienaam|titel|initiative|organisation|organization"
              "|title|naam van het initiatief|bewonersinitiatief|burgerinitiatief|zorginitiatief|naam bewonersinitiatief|naam burgerinitiatief"
              "|naam zorginitiatief|naam coöperatie|zorgcoöperatie|naam zorgcoöperatie|naam stichting|naam vereniging|naam collectief"
              "|naam stadsdorp|naam buurthuis|naam buurtinitiatief|naam project|projectnaam|naam groep|lidorganisatie"
              "|officiële naam|statutaire naam|handelsnaam|name of initiative|organisation name|organization name|organisatie of initiatief"
              "|naam of organisatie",
              required=_NEEDED),
        _spec("otherNames", "Andere namen", "Other names", Form.NAMES,
              "andere naam|alias|aliassen|ook bekend als|vroegere naam|vroegere namen|voorheen|vorige naam|oude naam|voormalige naam|bijnaam|roepnaam"
              "|korte naam|werknaam|tweede naam|alternatieve naam|afkorting|other name|also known as|aka|aliases"),
        _spec("kind", "Soort", "Kind", Form.ONE, "soort initiatief|type initiatief|initiatieftype|soort organisatie|type organisatie|organisatietype", choices=lists["kind"]),
        _spec("phase", "Fase", "Phase", Form.ONE, "stadium|stage|ontwikkelfase|levensfase|fase initiatief", choices=lists["phase"]),
        _spec("legalForm", "Rechtsvorm", "Legal form", Form.ONE, "juridische vorm|juridische status|rechtspersoon|rechtspersoonlijkheid", choices=lists["legal-form"]),
        _spec("kvkNumber", "KvK-nummer", "Chamber of Commerce number", Form.KVK,
              "kvk|nummer kvk|kamer van koophandel|nummer kamer van koophandel|inschrijving kvk|kvk inschrijfnummer|kvk dossiernummer|handelsregister|handelsregisternummer|coc|coc number"),
        _spec("founded", "Opgericht", "Founded", Form.YEAR,
              "startjaar|oprichting|oprichtingsjaar|oprichtingsdatum|jaar van oprichting|opgericht in|gestart|gestart in|start|begonnen"
              "|sinds|actief sinds|bestaat sinds|jaar|jaar oprichting|jaar start|jaar gestart|beginjaar|ontstaan|ontstaan in|oprichtdatum|oprichtjaar"
              "|datum opgericht|jaar van start|year|founding year|year of founding|established|started|datum oprichting"),
        _spec("place", "Plaats", "Place", Form.LINE,
              "woonplaats|vestigingsplaats|plaatsnaam|dorp|stad|dorp/stad|plaats/dorp|plaats/stad|dorp of stad|city|town|village|location|locatie|kern|woonkern|dorpskern|bezoekplaats"),
        _spec("address", "Adres", "Address", Form.LINE, "straat|straatnaam|bezoekadres|street|street address|straat en huisnummer|straat huisnummer|straat en nummer|straat nummer|vestigingsadres|postadres|locatieadres|adresregel|adresregel 1|adres 1"),
        _spec("address", "Huisnummer", "House number", Form.LINE, "hnr|huisnummer toevoeging|house number|housenumber", joins=True),
        _spec("postcode", "Postcode", "Postcode", Form.DIGITS, "zipcode|zip|postal code|pc|pc4|pc6|postcode4|postcode6|postcode cijfers|pcode|postkode"),
        _spec("municipality", "Gemeente", "Municipality", Form.LINE,
              "gemeentenaam|naam gemeente|gemeentecode|gm code|woongemeente|burgerlijke gemeente|cbs code|cbs gemeentecode|municipality code|municipality name", parts=True),
        _spec("website", "Website", "Website", Form.DIGITS,
              "url|site|web|webadres|internet|internetadres|internetsite|internetpagina|homepage|www|link|weblink|webpagina|webpage|websiteadres|adres website|link website|link naar website|website url|web site", parts=True),
        _spec("targetGroups", "Doelgroepen", "Target groups", Form.MANY, "doelgroep|doelgroep(en)|target group|voor wie", choices=lists["target-group"]),
        _spec("themes", "Thema's", "Themes", Form.MANY, "thema|themas|thema('s)|theme|hoofdthema|onderwerp|onderwerpen|domein|domeinen|aandachtsgebied|aandachtsgebieden", choices=lists["theme"]),
        _spec("activities", "Activiteiten", "Activities", Form.ACTIVITIES, "activiteit|activiteit(en)|activity|wat doen ze|wat doen jullie|wat doet het initiatief|aanbod|werkzaamheden", choices=lists["activity"]),
        _spec("numbers/volunteers", "Aantal vrijwilligers", "Volunteers", Form.COUNT, "vrijwilligers|actieve vrijwilligers|aantal actieve vrijwilligers|number of volunteers"),
        _spec("numbers/members", "Aantal leden", "Members", Form.COUNT, "leden|ledental|ledenaantal|number of members"),
        _spec("numbers/visitorsPerYear", "Bezoekers per jaar", "Visitors per year", Form.COUNT,
              "bezoekers|bezoekersaantal|aantal bezoekers|aantal bezoekers per jaar|bezoekers jaar|bezoekers pj|aantal bezoekers pj|bezoeken per jaar|aantal bezoeken per jaar|visitors|number of visitors"),
        _spec("numbers/paidFte", "Betaalde krachten (fte)", "Paid staff (fte)", Form.NUMBER,
              "fte|ftes|betaalde krachten|aantal betaalde krachten|aantal fte|betaalde fte|betaald fte|beroepskrachten|paid staff|paid fte"),
        _spec("memberSince", "Aangesloten sinds", "Member since", Form.DAY, "lid sinds|lid vanaf|lid per|datum lid|lidmaatschap sinds|lidmaatschap vanaf|datum lidmaatschap|ingangsdatum lidmaatschap|begindatum lidmaatschap|startdatum lidmaatschap|aangesloten|aangesloten per|datum aangesloten|datum aansluiting|aansluitdatum|joined|member since date"),
        _spec("contact/person", "Contactpersoon", "Contact person", Form.LINE,
              "naam contactpersoon|contactpersoon naam|contact|aanspreekpunt|aanspreekpersoon|contact name|person|naam contact|contactnaam|contactpersoon 1|1e contactpersoon|eerste contactpersoon|trekker|kartrekker"),
        _spec("contact/email", "E-mail", "E-mail", Form.MAIL,
              "mail|emailadres|mailadres|email address|epost|contact email|contactmail", parts=True),
        _spec("contact/phone", "Telefoon", "Phone", Form.PHONE,
              "telefoonnummer|mobiel|mobiele nummer|mobiel nummer|mobiele telefoon|telefoon mobiel|vaste telefoon|vast nummer|gsm|telephone|telephone number|phone number|mobile|mobile phone|cell|06|06 nummer|06nr", parts=True),
        _spec("contact/published", "Contact is openbaar", "Contact is public", Form.YES_OR_NO,
              "adres openbaar|email openbaar|contactgegevens openbaar|gegevens openbaar|contact openbaar|openbaar|published|public"),
        *(
            _spec(f"contact/consents/{code}", f"Toestemming {label.nl}", f"Consent {label.en}", Form.YES_OR_NO,
                  f"toestemming {code}|mag {label.nl}|akkoord {label.nl}|consent {code}")
            for code, label in lists["purpose"].items()
        ),
        *_proof(),
        _spec("locationPrecision", "Plek tonen", "Show location", Form.ONE,
              "locatie tonen|plek op de kaart|nauwkeurigheid locatie|location precision", choices=codelist("location-precision")),
    )  # fmt: skip


def _proof() -> Iterator[Spec]:
    """What goes for all consents of a row: when they were given, to which text, and how."""
    at = CONSENTS.removeprefix("/data/")
    yield _spec(
        f"{at}/at",
        *PROOF["at"],
        Form.MOMENT,
        "toestemming datum|toestemming op|datum akkoord|consent date|consent at",
    )
    yield _spec(
        f"{at}/text",
        *PROOF["text"],
        Form.LINE,
        "toestemming tekst|toestemmingstekst|versie toestemming|consent text",
    )
    yield _spec(f"{at}/channel", "Toestemming via", "Consent through", Form.ONE, "kanaal toestemming|toestemming kanaal|consent channel", choices=codelist("channel"))  # fmt: skip


@cache
def initiative_withdrawn() -> tuple[Spec, ...]:
    return (
        _external_id(required=True),
        _spec("reason", "Reden", "Reason", Form.ONE, "reden van vertrek|reden vertrek|waarom|waarom weg|reden afmelding|withdrawal reason",
              choices=codelist("withdrawal"), required=_NEEDED),
    )  # fmt: skip


@cache
def signal_reported() -> tuple[Spec, ...]:
    return (
        _spec("kind", "Soort signaal", "Kind of signal", Form.ONE, "signaal|soort|signal|kind", choices=codelist("signal"), required=_NEEDED),
        _spec("category", "Onderwerp", "Category", Form.ONE, "categorie|waarover|knelpunt|bottleneck|topic", choices=codelist("bottleneck"), required=_NEEDED),
        _spec("severity", "Zwaarte", "Severity", Form.ONE, "ernst|hoe zwaar", choices=codelist("severity")),
        _spec("activity", "Activiteit", "Activity", Form.ONE, "", choices=codelist("activity")),
        _spec("degree", "Mate van professionele zorg", "Degree", Form.ONE, "professioneel|graad", choices=codelist("degree")),
        _spec("institution", "Instelling", "Institution", Form.ONE, "organisatie|partij", choices=codelist("institution")),
        _spec("text", "Toelichting", "Text", Form.PROSE, "tekst|in eigen woorden|omschrijving|beschrijving|opmerking|explanation|description"),
        _external_id(required=False),
        _spec("initiativeId", "Registernummer", "Registry id", Form.LINE, "platform id|burenbus id"),
        _spec("region", "Regio", "Region", Form.LINE, "regiocode|region code|cbs code"),
        _spec("gathering", "Bijeenkomst", "Gathering", Form.LINE, "bij welke bijeenkomst|event|meeting"),
    )  # fmt: skip


@cache
def survey_response() -> tuple[Spec, ...]:
    """The columns of the newest questionnaire: one a question, headed by its code ("B2", "H.erkenning", "A1 naam")."""
    newest = asked.questionnaire(asked.versions()[-1])
    forms = {
        Kind.TEXT: Form.LINE, Kind.PROSE: Form.PROSE, Kind.POSTCODE: Form.DIGITS, Kind.MUNICIPALITY: Form.LINE, Kind.YEAR: Form.YEAR,
        Kind.ONE: Form.ONE, Kind.MANY: Form.MANY, Kind.PARTNERS: Form.NAMES, Kind.NUMBER: Form.NUMBER, Kind.MARK: Form.COUNT,
        Kind.CONSENT: Form.YES_OR_NO,
    }  # fmt: skip
    called = Counter(plain(text) for field in newest.fields.values() for text in {field.nl, field.en})
    questions = []
    for code, field in newest.fields.items():
        choices: dict[str, Label] = {o.code: Label(o.nl, o.en) for o in field.options}
        if field.may_be_unknown:
            choices[DO_NOT_KNOW] = Label("weet niet / wil niet zeggen", "don't know / would rather not say")
        title = Label(code, code)
        names = tuple(
            text for text in (field.nl, field.en) if called[plain(text)] == 1
        )  # "anders, namelijk" is many questions
        questions.append(Spec(f"/data/answers/{code}", title, forms[field.kind], names, choices))
    return (
        _external_id(required=False),
        _spec("initiativeId", "Registernummer", "Registry id", Form.LINE, "platform id|burenbus id"),
        _spec("invitationToken", "Uitnodigingscode", "Invitation code", Form.LINE, "uitnodiging|code uitnodiging|invitation|invitation token|token"),
        _spec("campaignId", "Inventarisatie", "Campaign", Form.LINE, "campagne|inventarisatienummer|campaign", required=_NEEDED),
        _spec("questionnaire", "Vragenlijst", "Questionnaire", Form.LINE, "versie vragenlijst|vragenlijstversie|questionnaire version", required=_NEEDED),
        _spec("answeredAt", "Ingevuld op", "Answered at", Form.MOMENT, "datum|ingevuld|invuldatum|date|tijdstempel|timestamp"),
        *questions,
    )  # fmt: skip


COLUMNS = {
    InitiativeReported.type: initiative_reported,
    InitiativeWithdrawn.type: initiative_withdrawn,
    SurveyResponseSubmitted.type: survey_response,
    SignalReported.type: signal_reported,
}
"""The event types that a file may hold, the most usual first."""

IGNORED = Spec("", WHY, Form.IGNORED)
"""The column that a file of refused rows has more."""
