"""Facts that registry says of how a partner is doing: what it should look at, what is missing, when it has gone quiet."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from .base import Event, Id, Instant, Model, field
from .registry import OWNER


class PartnerSilent(
    Event,
    type="partner-silent.v1",
    owner=OWNER,
    en="A partner has been quiet for three times its rhythm. Said again, with `ended`, when it sends again.",
    nl="Een partner is drie keer zo lang stil als gewoonlijk. Nog eens gezegd als er weer iets komt.",
):
    partner: Id = field("The partner.", "De partner.")
    since: Instant = field("When it last sent something.", "Wanneer er voor het laatst iets kwam.")
    rhythm_days: int | None = field(
        "Days that usually lie between two days on which it sends (median).",
        "Dagen die er meestal tussen twee dagen met berichten zitten (mediaan).",
        None,
    )
    ended: Instant | None = field("When it sent something again.", "Wanneer er weer iets kwam.", None)

    def subject(self) -> str:
        return self.partner


class Missing(Model):
    """Numbers in a row of which no event was received."""

    first: int = field("First number.", "Eerste nummer.")
    last: int = field("Last number.", "Laatste nummer.")


class SequenceGap(
    Event,
    type="sequence-gap.v1",
    owner=OWNER,
    en="Numbers are missing in the events of one source of a partner. Said again when the last of them has come in.",
    nl="Er ontbreken volgnummers bij een bron van een partner. Nog eens gezegd als ze er alle zijn.",
):
    partner: Id = field("The partner.", "De partner.")
    source: str = field("The source whose numbers these are.", "De bron waarvan dit de volgnummers zijn.")
    status: Literal["open", "filled"] = field("Whether any is missing.", "Of er nog iets ontbreekt.")
    since: Instant = field("When the first was missed.", "Wanneer de eerste werd gemist.")
    missing: Annotated[tuple[Missing, ...], Field(max_length=50)] = field(
        "What is missing, lowest first; the first fifty.", "Wat ontbreekt, laagste eerst; de eerste vijftig.", ()
    )
    count: int = field("How many events are missing.", "Hoeveel gebeurtenissen ontbreken.", 0)

    def subject(self) -> str:
        return self.source


class Cause(Model):
    """One fault or warning, and the events that had it."""

    event_type: str | None = field("Type of the events.", "Type van de gebeurtenissen.", None)
    code: Id = field("The code, as in the answers.", "De code, zoals in de antwoorden.")
    pointer: str = field("Where in the event, as in the answers.", "Waar in de gebeurtenis.", "")
    refused: bool = field("Refused for it; else accepted all the same.", "Geweigerd; anders toch aanvaard.")
    nl: str = field(
        "What is wrong and what to do, without the value sent; in Dutch.",
        "Wat er mis is en wat te doen, zonder de waarde.",
    )
    en: str = field("The same in English.", "Hetzelfde in het Engels.")
    count: int = field("How many events.", "Hoeveel gebeurtenissen.")
    ids: tuple[str, ...] = field(
        "What they were about, by the partner's own id, else their own ids; the first of them where there are many.",
        "Waarover ze gingen, met het nummer van de partner.",
        (),
    )


class PartnerDayClosed(
    Event,
    type="partner-day-closed.v1",
    owner=OWNER,
    en="What a partner sent on a day, and what its person should look at. Not said of a day that leaves nothing to say.",
    nl="Wat een partner op een dag stuurde, en waar de contactpersoon naar moet kijken.",
):
    partner: Id = field("The partner.", "De partner.")
    day: date = field("The day (Europe/Amsterdam); the last, if it is about more.", "De dag.")
    sandbox: bool = field("It tries things out.", "Probeert uit.", False)
    accepted: int = field("Events accepted.", "Aanvaarde gebeurtenissen.")
    refused: int = field("Events refused.", "Geweigerde gebeurtenissen.")
    corrected: int = field(
        "Of those refused: what has been accepted since.", "Van de geweigerde: wat daarna is aanvaard.", 0
    )
    delayed: int = field(
        "Events that are delayed by a fault of the platform.", "Gebeurtenissen die door een fout van ons wachten.", 0
    )
    questions: int = field("New questions about possible duplicates.", "Nieuwe vragen over mogelijk dubbele.", 0)
    causes: tuple[Cause, ...] = field("Faults and warnings, most frequent first.", "Fouten en waarschuwingen.", ())
    more: int = field("Events with faults that are not listed here.", "Gebeurtenissen die hier niet bij staan.", 0)
    gaps: tuple[SequenceGap, ...] = field("Gaps in sequences, new that day.", "Nieuwe gaten in volgnummers.", ())
    silent: PartnerSilent | None = field("It has gone quiet.", "Er komt niets meer.", None)

    def subject(self) -> str:
        return self.partner
