"""Signed links: whoever has one may do one thing to one object until a moment. Made by notify, checked by the page's owner.

A link is `<payload>.<HMAC-SHA256>`, both base64url. Opening it shows; only POST acts. Single use is kept by the page's
owner, under `fingerprint(token)`.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime


class LinkInvalid(Exception):
    """The link was not made by us, or for something else."""


class LinkExpired(Exception):
    """The link was ours, but its time is over."""


@dataclass(frozen=True, slots=True)
class Link:
    person: str
    purpose: str
    object_id: str
    expires: datetime


def sign(secret: str, *, person: str, purpose: str, object_id: str, expires: datetime) -> str:
    """The token that lets `person` use `purpose` on `object_id` until `expires`."""
    payload = json.dumps([person, purpose, object_id, int(expires.timestamp())], ensure_ascii=False).encode()
    return f"{_text(payload)}.{_text(_mac(secret, payload))}"


def verify(secret: str, token: str, *, purpose: str, now: datetime) -> Link:
    """What a token allows. Raises LinkInvalid or LinkExpired."""
    try:
        payload_text, _, mac_text = token.partition(".")
        payload, mac = _bytes(payload_text), _bytes(mac_text)
    except (binascii.Error, ValueError) as error:
        raise LinkInvalid from error
    if not hmac.compare_digest(mac, _mac(secret, payload)):
        raise LinkInvalid
    person, for_purpose, object_id, expires = json.loads(payload)
    if for_purpose != purpose:
        raise LinkInvalid
    until = datetime.fromtimestamp(expires, tz=UTC)
    if now >= until:
        raise LinkExpired
    return Link(person, for_purpose, object_id, until)


def fingerprint(token: str) -> bytes:
    """What to remember of a token that may be used once."""
    return hashlib.sha256(token.encode()).digest()


def _mac(secret: str, payload: bytes) -> bytes:
    return hmac.new(secret.encode(), b"burenbus-link\0" + payload, hashlib.sha256).digest()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
