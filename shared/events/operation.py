"""Facts that any service says of its own work, for those who run the platform. Never what an event held."""

from .base import ANY_SERVICE, Event, Id, Instant, field

OWNER = ANY_SERVICE


class EventSetAside(
    Event,
    type="event-set-aside.v1",
    owner=OWNER,
    en="A service failed on an event, and set it aside. Said once for a cause, while nothing of that cause stands aside yet.",
    nl="Een dienst kon een gebeurtenis niet verwerken en heeft hem opzij gezet. Eén keer per oorzaak.",
):
    service: Id = field("Which service.", "Welke dienst.")
    reaction: Id = field("The function that failed.", "De functie waar het misging.")
    cause: str = field("Kind of fault, and where in the code.", "Soort fout, en waar in de code.")
    event_type: str | None = field("Type of the event.", "Type van de gebeurtenis.", None)
    partner: Id | None = field(
        "Whose event it was; none for one of the platform's own.",
        "Van welke partner; leeg bij een gebeurtenis van onszelf.",
        None,
    )
    at: Instant = field("When.", "Wanneer.")

    def subject(self) -> str:
        return self.service
