"""Why a server could not be reached or takes nothing, in Dutch: libraries say it in English and at length."""

import socket
import ssl
from collections.abc import Iterator

from aiormq.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ConnectionNotAllowed,
    DeliveryError,
    IncompatibleProtocolError,
    ProbableAuthenticationError,
    PublishError,
)

_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((AuthenticationError, ProbableAuthenticationError), "gebruiker of wachtwoord klopt niet, of is niet meer geldig"),
    (
        ConnectionNotAllowed,
        "deze gebruiker mag niet in deze vhost, of die bestaat niet; klopt het einde van het adres?",
    ),
    (ChannelAccessRefused, "deze gebruiker mag dat niet; is het de gebruiker van uw netwerk?"),
    (ChannelNotFoundEntity, "daar staat geen exchange 'in'; klopt de vhost aan het einde van het adres?"),
    (PublishError, "geen wachtrij neemt dit aan; is uw aansluiting er nog?"),
    (DeliveryError, "uw wachtrij is vol; wij verwerken wat u eerder stuurde. Probeer het straks opnieuw"),
    (ssl.SSLCertVerificationError, "het certificaat van de server klopt niet"),
    (ssl.SSLError, "de beveiligde verbinding mislukt; klopt http(s) of amqp(s) in het adres?"),
    (IncompatibleProtocolError, "daar antwoordt iets anders dan RabbitMQ; klopt de poort?"),
    (socket.gaierror, "die naam bestaat niet"),
    (ConnectionRefusedError, "er luistert daar niets; klopt de poort?"),
    (TimeoutError, "er komt geen antwoord"),
    (ConnectionError, "de verbinding is verbroken"),
)


_TEXTS = (
    ("Connection.Close", "deze gebruiker mag niet in deze vhost, of die bestaat niet; klopt het einde van het adres?"),
    ("SSL", "de beveiligde verbinding mislukt; klopt http(s) of amqp(s) in het adres?"),
    ("Name or service", "die naam bestaat niet"),
    ("nodename", "die naam bestaat niet"),
    ("No address", "die naam bestaat niet"),
    ("imed out", "er komt geen antwoord"),
    ("Connect call failed", "er luistert daar niets; klopt de poort?"),
    ("onnection refused", "er luistert daar niets; klopt de poort?"),
    ("disconnected", "de verbinding is verbroken"),
    ("RemoteProtocolError", "daar antwoordt iets anders dan het platform"),
    ("URL", "het adres klopt niet"),
)
"""Of errors that carry the other only as text."""


def why(error: BaseException | None) -> str:
    """The reason in a few words; what is not known is said by its kind."""
    causes = list(_causes(error))
    for one in causes:
        if type(one) is not AMQPConnectionError:
            for kinds, words in _WORDS:
                if isinstance(one, kinds):
                    return words
        for text, words in _TEXTS:
            if text in str(one) or text in type(one).__name__:
                return words
    if any("Timeout" in type(one).__name__ for one in causes):
        return "er komt geen antwoord"
    return type(error).__name__ if error is not None else "onbekend"


def sentence(error: BaseException | None) -> str:
    """The reason as the end of a sentence, with its full stop or question mark."""
    reason = why(error)
    return reason if reason.endswith("?") else f"{reason}."


WRONG_ACCESS = (
    "Het token is onbekend of geldt niet meer. Kijk wat er in BURENBUS_TOKEN staat, of in het bestand van --token-file."
)
"""What somebody at the command line does about a 401; the platform's own words are for who writes a program."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """It, and what it came from."""
    seen: set[int] = set()
    waiting = [error] if error is not None else []
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [e for e in (one.__cause__, one.__context__, *getattr(one, "exceptions", ())) if e is not None]
