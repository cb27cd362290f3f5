"""Whether two reports of an initiative say the same: one hash, for who remembers what was said and for who will say it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .partner import InitiativeReported


def split_contact(data: InitiativeReported) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A report as two parts: what is said of the initiative, and the personal data of its contact."""
    fields = data.wire()
    return fields, fields.pop("contact", None)


def content_hash(fields: Mapping[str, Any], contact: Mapping[str, Any] | None) -> bytes:
    """The same for the same content, in whatever order or spacing it came."""
    text = json.dumps([fields, contact], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def content_sha256(data: InitiativeReported) -> bytes:
    """The hash of a whole report, as the registry keeps it of a claim."""
    return content_hash(*split_contact(data))
