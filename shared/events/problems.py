"""What can be wrong with an event, said to the person who can mend it: RFC 9457 problems with a stable code.

Every code has one text in Dutch and one in English. A code is never reused for another meaning; a new fault gets a new code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .codelists import Label

DOCUMENTATION = "https://zorgzame-gemeenschappen.nl/contract/problems"
"""Where the explanation of each code is published; `#<code>` is appended. The name of a code, whatever host a platform has."""
_explained = {"at": DOCUMENTATION}


@dataclass(frozen=True)
class Code:
    """A kind of fault: what it means and what to do, in both languages. `{…}` is filled in from the fault."""

    code: str
    nl: str
    en: str


def _codes(*codes: Code) -> Mapping[str, Code]:
    assert len({c.code for c in codes}) == len(codes)
    return {c.code: c for c in codes}


CODES = _codes(
    # the message
    Code("not-json", "De inhoud is geen geldige JSON: {detail}. Stuur UTF-8 JSON.", "The body is not valid JSON: {detail}. Send UTF-8 JSON."),
    Code("too-large", "Het bericht is {size} bytes. Het mag {limit} bytes zijn.", "The message is {size} bytes; the limit is {limit} bytes."),
    Code("too-deep", "De gegevens zijn dieper genest dan {limit} lagen.", "The data is nested deeper than {limit} levels."),
    Code("batch-size", "Een bundel bevat 1 tot {limit} gebeurtenissen; deze bevat er {size}.", "A batch holds 1 to {limit} events; this one holds {size}."),
    Code("mixed-batch", "Alle gebeurtenissen in een bundel hebben hetzelfde type.", "All events of a batch have the same type."),
    Code("content-type", "Het content-type {value} is onbekend. Gebruik {expected}.", "Content type {value} is unknown. Use {expected}."),
    # the envelope
    Code("not-cloudevent", "Dit is geen CloudEvent: {detail}.", "This is not a CloudEvent: {detail}."),
    Code("missing", "{field} ontbreekt. Vul dit veld in.", "{field} is missing. Fill in this field."),
    Code("specversion", "specversion moet 1.0 zijn.", "specversion must be 1.0."),
    Code("unknown-type", "Het type {value} bestaat niet. Welke er zijn, staat in het contract: /contract.", "Type {value} does not exist. Which there are, the contract says: /contract."),
    Code("unknown-version", "Versie {value} van dit type bestaat niet. Wel: {known}.", "Version {value} of this type does not exist. Known: {known}."),
    Code("not-for-partners", "Een partner mag dit type niet sturen.", "This type cannot be sent by a partner."),
    Code("routing-key", "De routing key {value} hoort niet bij type {type}. Gebruik {expected}.", "Routing key {value} does not belong to type {type}. Use {expected}."),
    Code("another-identity", "De bron {value} is niet van u. Gebruik een bron die bij uw aansluiting hoort.", "Source {value} is not yours. Use a source that was registered for you."),
    Code("unknown-partner", "Wij kennen deze partner niet (meer).", "This partner is not (or no longer) known."),
    Code("suspended", "Uw aansluiting staat stil. Neem contact op met de helpdesk.", "Your connection is suspended. Contact the helpdesk."),
    Code("same-id-other-body", "Er was al een gebeurtenis met dit id en een andere inhoud. Geef een verbeterde gebeurtenis een nieuw id.", "An event with this id and another body was received before. Give a corrected event a new id."),
    Code("future", "De tijd {value} ligt in de toekomst. Controleer uw klok.", "Time {value} lies in the future. Check your clock."),
    Code("time", "{value} is geen bestaand tijdstip met tijdzone, zoals 2026-09-14T09:30:00+02:00.", "{value} is not an existing time with an offset, such as 2026-09-14T09:30:00+02:00."),
    # the data: one code for each way in which a field can be wrong
    Code("type", "Hier hoort {expected}; u stuurde {got}.", "This must be {expected}; you sent {got}."),
    Code("too-short", "Dit veld is te kort: minstens {limit} {characters}.", "This field is too short: at least {limit} {characters}."),
    Code("too-long", "Dit veld is te lang: hoogstens {limit}.", "This field is too long: at most {limit}."),
    Code("too-small", "Dit getal is te klein: minstens {limit}.", "This number is too small: at least {limit}."),
    Code("too-big", "Dit getal is te groot: hoogstens {limit}.", "This number is too large: at most {limit}."),
    Code("not-in-list", "{value} staat niet in de lijst. Kies uit: {known}.", "{value} is not in the list. Choose from: {known}."),
    Code("repeated", "{value} staat er twee keer.", "{value} occurs twice."),
    Code("control-characters", "Dit veld bevat tekens die niet mogen (stuurtekens of omkering van de schrijfrichting).", "This field has characters that are not allowed (control characters or direction overrides)."),
    Code("format", "Dit heeft niet de goede vorm: {expected}.", "This does not have the right form: {expected}."),
    Code("email", "Dit is geen e-mailadres. Geef een adres zoals naam@voorbeeld.nl.", "This is not an e-mail address. Give an address such as name@example.nl."),
    Code("phone", "Dit is geen telefoonnummer: {detail}. Geef 10 cijfers, zoals 030 1234567, of een nummer dat met + begint.", "This is not a telephone number: {detail}. Give 10 digits, such as 030 1234567, or a number that begins with +."),
    Code("date", "{value} is geen bestaande datum. Geef een datum zoals 2026-09-14.", "{value} is not an existing date. Give a date such as 2026-09-14."),
    Code("postcode", "Dit is geen postcode. Geef 4 cijfers, of 4 cijfers en 2 letters.", "This is not a postcode. Give 4 digits, or 4 digits and 2 letters."),
    Code("unknown-postcode", "Postcode {value} bestaat niet.", "Postcode {value} does not exist."),
    Code("municipality", "{value} is geen gemeente die wij kennen. Geef de CBS-code (GM0344) of de naam.", "{value} is not a municipality we know. Give the CBS code (GM0344) or the name."),
    Code("website", "Dit is geen webadres. Geef bijvoorbeeld https://voorbeeld.nl.", "This is not a web address. Give for example https://example.nl."),
    Code("kvk", "Dit is geen KvK-nummer: 8 cijfers.", "This is not a Chamber of Commerce number: 8 digits."),
    Code("year", "{value} is geen jaartal. Geef een jaar met 4 cijfers, zoals 2014.", "{value} is not a year. Give 4 digits, such as 2014."),
    Code("number", "{value} is geen heel getal. Geef een getal zonder 'ca.', woorden of komma, zoals 60.", "{value} is not a whole number. Give a number without 'ca.', words or a point, such as 60."),
    Code("decimal", "{value} is geen getal. Geef een getal zonder 'ca.' of woorden, zoals 2 of 1,5.", "{value} is not a number. Give a number without 'ca.' or words, such as 2 or 1.5."),
    Code("too-early", "De datum {value} ligt voor {limit}.", "Date {value} is before {limit}."),
    Code("inconsistent", "{detail_nl}", "{detail_en}"),
    # what the platform knows
    Code("unknown-initiative", "Wij kennen geen initiatief {value}. Meld het initiatief eerst.", "No initiative {value} is known. Report the initiative first."),
    Code("unknown-invitation", "Deze uitnodiging kennen wij niet.", "This invitation is not known."),
    Code("withdrawn-invitation", "Deze uitnodiging is ingetrokken: het initiatief staat niet meer in het register.", "This invitation was withdrawn: the initiative is no longer in the registry."),
    Code("unknown-campaign", "De inventarisatie {value} bestaat niet.", "Campaign {value} does not exist."),
    Code("campaign-not-open", "De inventarisatie gaat pas open op {opens}.", "The campaign opens on {opens}."),
    Code("campaign-closed", "De inventarisatie is gesloten op {closed}. Deze inzending telt niet meer mee.", "The campaign closed on {closed}. This response does not count."),
    Code("questionnaire-version", "Deze inventarisatie gebruikt vragenlijst {expected}, niet {value}.", "This campaign uses questionnaire {expected}, not {value}."),
    Code("unknown-question", "Vraag {value} staat niet in vragenlijst {questionnaire}.", "Question {value} is not in questionnaire {questionnaire}."),
    Code("answer-required", "Vraag {field} moet beantwoord worden.", "Question {field} must be answered."),
    Code("not-applicable", "Vraag {field} hoort alleen bij: {detail_nl}.", "Question {field} only applies to: {detail_en}."),
    Code("unknown-match", "Wij kennen deze vraag over een mogelijk dubbel initiatief niet.", "This possible duplicate is not known."),
    Code("not-your-match", "Deze vraag gaat niet over een initiatief uit uw lijst.", "This possible duplicate is not about an initiative on your list."),
    Code("superseded", "Er is al een nieuwere opgave van {value}.", "A newer report of {value} has been received."),
    Code("unknown-field", "Het veld {field} kennen wij niet en gebruiken wij niet. Controleer de spelling.", "Field {field} is unknown and was not used. Check the spelling."),
    Code("dropped", "Deze gebeurtenis kon door een fout bij ons niet worden verwerkt en is vervallen. Geldt zij nog? Stuur haar dan opnieuw, met een nieuw id.", "This event could not be processed because of a fault of ours and was dropped. If it still holds, send it again with a new id."),
    Code("more", "Er zijn nog {count} fouten. Verbeter eerst deze.", "There are {count} more. Mend these first."),
    # the HTTP door
    Code("token", "Het token ontbreekt, is onbekend of geldt niet meer. Stuur: Authorization: Bearer <token>.", "The token is missing, unknown or no longer valid. Send: Authorization: Bearer <token>."),
    Code("content-encoding", "De inhoud mag niet ingepakt zijn ({value}). Stuur hem zoals hij is.", "The body must not be encoded ({value}). Send it as it is."),
    Code("too-slow", "De inhoud was niet binnen {limit} seconden binnen. Stuur het opnieuw, of in kleinere delen.", "The body did not arrive within {limit} seconds. Send it again, or in smaller parts."),
    Code("too-fast", "U stuurt sneller dan {limit} per seconde. Wacht {seconds} seconden en stuur het opnieuw.", "You send faster than {limit} a second. Wait {seconds} seconds and send it again."),
    Code("too-many-requests", "Er staan al {limit} verzoeken van u open. Wacht tot er een klaar is.", "You have {limit} requests open already. Wait until one is done."),
    Code("queue-full", "Uw wachtrij is vol: wij verwerken wat u eerder stuurde. Stuur dit straks opnieuw, met hetzelfde id.", "Your queue is full: what you sent earlier is being processed. Send this again later, with the same id."),
    Code("platform-away", "Wij kunnen dit nu niet aannemen. Stuur het straks opnieuw, met hetzelfde id.", "This cannot be taken now. Send it again later, with the same id."),
    Code("unknown-event", "Wij kennen geen gebeurtenis {value} van u.", "No event {value} of yours is known."),
    Code("unknown-parameter", "De parameter {value} bestaat hier niet. Kies uit: {known}.", "There is no parameter {value} here. Choose from: {known}."),
    Code("parameter", "De waarde {value} kan hier niet.", "Value {value} cannot be used here."),
    # warnings: the event was accepted all the same
    Code("set-aside-value", "De waarde was niet bruikbaar en is leeg gelaten: {detail_nl}", "The value could not be used and was left empty: {detail_en}"),
    Code("merged-municipality", "{value} hoort nu bij {now}. Dat hebben wij ingevuld.", "{value} is now part of {now}, which was filled in."),
    Code("no-region", "Wij kunnen niet zien in welke gemeente dit is ({given}). Geef de gemeente of de postcode.", "The municipality cannot be told from this ({given}). Give the municipality or the postcode."),
    Code("postcode-elsewhere", "Postcode {value} hoort bij {there}, en u noemt {given}. Kijk welke van de twee klopt.", "Postcode {value} is in {there}, and you give {given}. See which of the two is right."),
    Code("future-year", "Het startjaar {value} ligt in de toekomst. Klopt dat?", "The year of founding, {value}, lies in the future. Is that right?"),
    Code("no-consent", "Er is geen toestemming of openbaar adres voor de contactpersoon. Het initiatief krijgt geen uitnodiging per mail.", "There is neither consent nor a published address for the contact: no invitation will be mailed."),
    # a file of rows: CSV, Excel, OpenDocument
    Code("file-too-large", "Het bestand is te groot: hoogstens {limit}. Bewaar alleen het werkblad met de lijst, zonder plaatjes en lege rijen, als CSV. Is uw lijst echt zo lang? Laat uw systeem hem dan sturen.", "The file is too large: at most {limit}. Keep only the worksheet with the list, without pictures and empty rows, as CSV. Is the list really that long? Have your system send it."),
    Code("file-kind", "Dit soort bestand lezen wij niet: {detail}. Geef CSV, Excel (.xlsx) of OpenDocument (.ods).", "This kind of file is not read: {detail}. Give CSV, Excel (.xlsx) or OpenDocument (.ods)."),
    Code("file-unreadable", "Dit bestand is niet te lezen: {detail}.", "This file cannot be read: {detail}."),
    Code("file-password", "Dit bestand is beveiligd met een wachtwoord. Sla het op zonder wachtwoord.", "This file is protected by a password. Save it without one."),
    Code("file-unpacks", "Dit bestand is uitgepakt veel te groot. Kopieer de rijen naar een nieuw, leeg bestand.", "Unpacked, this file is far too large. Copy the rows into a new, empty file."),
    Code("file-empty", "Er staan geen rijen in dit bestand.", "There are no rows in this file."),
    Code("no-headings", "Wij vinden geen rij met kolomkoppen. Zet boven de rijen koppen zoals {known}.", "No row of headings was found. Put headings above the rows, such as {known}."),
    Code("missing-column", "Er is geen kolom {column}. {detail}", "There is no column {column}. {detail}"),
    Code("column-twice", "Twee kolommen zijn {column}: {value}. Verwijder of hernoem er een.", "Two columns are {column}: {value}. Remove or rename one of them."),
    Code("same-number", "Nummer {value} staat in meer rijen: {rows}. Elk initiatief heeft een eigen nummer en één rij.", "Number {value} is in more than one row: {rows}. Each initiative has a number of its own, and one row."),
    Code("unknown-column", "De kolom {value} kennen wij niet en gebruiken wij niet.{detail}", "Column {value} is unknown and was not used.{detail}"),
    Code("unread-sheet", "Het werkblad {value} is niet gelezen. Wij lezen één werkblad.", "Worksheet {value} was not read. One worksheet is read."),
    Code("macros", "In dit bestand zitten macro's. Die voeren wij niet uit; wij lezen alleen de cellen.", "This file has macros. They are not run; only the cells are read."),
    Code("outside-columns", "Naast de kolommen met een kop staat nog iets: {value}. Dat gebruiken wij niet.", "There is something beside the columns with a heading: {value}. It was not used."),
    Code("sum-row", "Overgeslagen, omdat het een optelling is: rij {value}. Is dat toch een initiatief? Vul dan ook de plaats in.", "Passed over, because it adds up others: row {value}. If that is an initiative all the same, fill in its place too."),
    Code("formula-error", "De formule in deze cel geeft een fout. De cel is leeg gelezen.", "The formula in this cell gives an error. The cell was read as empty."),
    Code("became-date", "Het rekenblad heeft van deze cel een datum gemaakt: {value}. Klopt dat niet, maak de kolom dan tekst.", "The spreadsheet made a date of this cell: {value}. If that is wrong, format the column as text."),
    Code("columns-together", "Van de kolommen {value} telt in elke rij de eerste die gevuld is.", "Of the columns {value} the first that is filled counts in each row."),
    Code("read-as", "{value} is gelezen als {now}.", "{value} was read as {now}."),
    Code("no-consent-columns", "Er zijn geen kolommen met toestemmingen. Contactgegevens zonder toestemming gebruiken wij niet om te mailen.", "There are no columns with consents. Contact details without consent are not used for mail."),
    Code("sandbox", "Uw aansluiting staat op proef. Wij hebben dit gecontroleerd en niet bewaard.", "Your connection is in the sandbox: this was checked, and not kept."),
)  # fmt: skip

OF_MEMORY = frozenset({"unknown-initiative", "unknown-invitation", "unknown-match"})
"""Faults that only what came before can tell. A partner in the sandbox, of whom nothing is kept, does not hear them."""


class Problem(BaseModel):
    """One fault of one event, as a partner reads it. `value` is left out where it may be personal data."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    pointer: str
    code: str
    value: Any = None
    nl: str
    en: str
    documentation: str


def explain_at(public_url: str) -> None:
    """Lets the faults told from now on lead to the pages of this platform: said once, as a process starts."""
    _explained["at"] = public_url.rstrip("/") + urlsplit(DOCUMENTATION).path


def problem(code: str, pointer: str = "", *, value: Any = None, personal: bool = False, **details: Any) -> Problem:
    """A fault at `pointer` (RFC 6901, "" = the whole event). Texts are filled in from `value` and `details`.

    Raises KeyError for a code that is not in CODES.
    """
    known = CODES[code]
    pointer = _printable(pointer)  # it may hold the name of a field, which is the sender's
    if code == "too-short":
        details["characters"] = (
            Label("teken", "character") if details.get("limit") == 1 else Label("tekens", "characters")
        )
    fill = {
        "field": pointer.rsplit("/", 1)[-1] or Label("het bericht", "the message"),
        "value": _UNSAID if personal or value is None else value,
        **details,
    }
    return Problem(
        pointer=pointer,
        code=code,
        value=None if personal else _jsonable(value),
        nl=_filled(known.nl, fill, "nl"),
        en=_filled(known.en, fill, "en"),
        documentation=f"{_explained['at']}#{code}",
    )


def kind_of(value: Any) -> Label:
    """What was sent, in words."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), Label("iets anders", "something else"))


TEXT = Label("tekst", "text")
NUMBER = Label("een getal", "a number")
YES_OR_NO = Label("true of false", "true or false")
LIST = Label("een lijst", "a list")
OBJECT = Label("een object", "an object")
_KINDS: tuple[tuple[type, Label], ...] = (
    (bool, YES_OR_NO),
    (int, NUMBER),
    (float, NUMBER),
    (str, TEXT),
    (list, LIST),
    (dict, OBJECT),
    (type(None), Label("null", "null")),
)
_UNSAID = Label("deze waarde", "this value")
"""Stands for a value that may be personal, or that is no single value."""


def _filled(text: str, fill: Mapping[str, Any], language: str) -> str:
    filled = text.format_map(_Blank({k: _in_words(k, v, language) for k, v in fill.items()}))
    return filled[:1].upper() + filled[1:] if fill["value"] is _UNSAID and text.startswith("{value}") else filled


def _in_words(name: str, value: Any, language: str) -> str:
    """What a sender wrote is cut where it is long; what may be chosen (`known`) is shown in full."""
    if isinstance(value, Label):
        return str(getattr(value, language))
    return ", ".join(map(str, value)) if name == "known" else _short(value)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _short(value: Any, limit: int = 200) -> str:
    """As text of one line, cut where it is long."""
    text = _printable(str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _jsonable(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 2**53 else _short(value)  # NaN and Infinity compare false
    return _short(value)
