"""Facts that notify says: what became of a mail. No address, no text."""

from typing import Literal

from .base import Event, Id, Instant, field

OWNER = "notify"


class NotificationDelivered(
    Event,
    type="notification-delivered.v1",
    owner=OWNER,
    en="A mail was handed to the mail server.",
    nl="Een mail is aan de mailserver overgedragen.",
):
    delivery_id: Id = field("The delivery.", "De verzending.")
    kind: Id = field("Kind of mail: invitation, digest, …", "Soort mail.")
    about: Id | None = field("What it was about.", "Waar het over ging.", None)
    at: Instant = field("When.", "Wanneer.")

    def subject(self) -> str:
        return self.delivery_id


class NotificationFailed(
    Event,
    type="notification-failed.v1",
    owner=OWNER,
    en="A mail could not be delivered, and is not tried again.",
    nl="Een mail kon niet worden bezorgd.",
):
    delivery_id: Id = field("The delivery.", "De verzending.")
    kind: Id = field("Kind of mail.", "Soort mail.")
    about: Id | None = field("What it was about.", "Waar het over ging.", None)
    reason: Literal["refused", "given-up", "suppressed"] = field("Why.", "Waarom.")
    at: Instant = field("When.", "Wanneer.")

    def subject(self) -> str:
        return self.delivery_id
