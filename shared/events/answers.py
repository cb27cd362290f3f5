"""What the platform answers to a partner, in queue `feedback.<partner>`: one answer for every event it published.

Any taker may say these; `owner` is "taker". Never a personal field, never open text.
"""

from typing import Annotated, Literal

from pydantic import Field

from .base import Event, Id, Instant, Model, field
from .problems import Problem

OWNER = "taker"


class AboutEvent(Model):
    """Which event is answered, as far as it could be read."""

    id: str | None = field(
        "Its id; where it has none that can be read: the first id in the message, else the message's own (AMQP message-id).",
        "Het id; is dat er niet of onleesbaar, dan het eerste id in het bericht, of anders dat van het bericht (AMQP message-id).",
        None,
    )
    source: str | None = field("Its source.", "De bron.", None)
    type: str | None = field("Its type.", "Het type.", None)
    subject: str | None = field("Its subject.", "Het onderwerp.", None)
    sequence: int | None = field(
        "The number that the partner gave it, if it numbers its events.",
        "Het volgnummer dat de partner eraan gaf, als die nummert.",
        None,
    )
    sha256: str | None = field(
        "Where its own id could not be read: the SHA-256 (hex) of the message's body as it was sent.",
        "Is het eigen id onleesbaar: de SHA-256 (hex) van de inhoud van het bericht, zoals verstuurd.",
        None,
    )


class Answer(Event):
    partner: Id = field("Whom it is for.", "Voor wie.")
    event: AboutEvent = field("The event that is answered.", "De gebeurtenis die beantwoord wordt.")
    received_at: Instant = field("When it was received.", "Wanneer het binnenkwam.")

    def subject(self) -> str:
        return self.event.id or ""


class EventAccepted(
    Answer,
    type="event-accepted.v1",
    owner=OWNER,
    en="Accepted, and what became of it.",
    nl="Aanvaard, en wat ermee is gebeurd.",
):
    outcome: Literal["new", "changed", "unchanged", "duplicate", "recorded", "replaced"] = field(
        "What became of it; duplicate = this very event was seen before.", "Wat ermee is gebeurd."
    )
    initiative_id: Id | None = field(
        "The platform's id of the initiative.", "Het nummer van het initiatief in het register.", None
    )
    warnings: tuple[Problem, ...] = field("What was accepted all the same.", "Wat toch is aanvaard.", ())


class EventRefused(
    Answer,
    type="event-refused.v1",
    owner=OWNER,
    en="Refused, with every reason (RFC 9457).",
    nl="Geweigerd, met alle redenen.",
):
    title: str = field("Short, for people.", "Kort, voor mensen.", "Geweigerd / Refused")
    status: int = field("As HTTP would say it.", "Zoals HTTP het zegt.", 400)
    problems: Annotated[tuple[Problem, ...], Field(min_length=1)] = field("Every fault.", "Alle fouten.")


class EventDelayed(
    Answer,
    type="event-delayed.v1",
    owner=OWNER,
    en="The fault is the platform's; the final answer follows.",
    nl="De fout ligt bij ons; het antwoord volgt.",
):
    pass
