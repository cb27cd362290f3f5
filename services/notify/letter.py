"""Writes a mail: from what the queue holds and the templates, to subject, text and HTML in Dutch. Signs the reader's links."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.domain.greeting import addressee
from services.notify.domain.kinds import KINDS
from services.notify.post import INVITATION_MAILS, PARTNER_DAY
from services.notify.settings import Settings
from services.notify.store.deliveries import Claimed
from shared import dutch, links

DECIDE, UNSUBSCRIBE, LOGIN, SESSION = "decide-duplicate", "unsubscribe", "login", "session"
"""Purposes of signed links."""

INITIATIVE, STAFF, PARTNER = "initiative", "staff", "partner"
"""What a reader unsubscribes from: mails to initiatives, those to staff, or those to the person at a partner."""

DECIDE_DAYS, UNSUBSCRIBE_DAYS = 7, 730

TEMPLATES = Path(__file__).parent / "templates" / "mail"


@dataclass(frozen=True)
class Letter:
    """What a person reads. Subject and texts are Dutch."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str | None
    """Where one click ends it; None for a mail that the reader asked for."""


class Writer:
    """Writes the mails of one platform."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = settings.link_secret.get_secret_value()

    def write(self, mail: Claimed) -> Letter:
        """The letter for a mail. Raises jinja2 errors if the queue holds less than the template needs."""
        name = "notice" if mail.kind in KINDS else mail.kind
        unsubscribe_url = self._unsubscribe_url(mail)
        context = {
            **mail.letter,
            "kind": mail.kind,
            "person": addressee(mail.name),
            "unsubscribe_url": unsubscribe_url,
            "url_of": lambda link: self._url_of(link, mail),
            "login_url": self._login_url(mail),
        }
        text = self._text.get_template(f"{name}.txt")
        return Letter(
            subject=" ".join(self._block(text, "subject", context).split()),
            text=re.sub(r"\n{3,}", "\n\n", text.render(context).strip()) + "\n",
            html=self._html.get_template(f"{name}.html").render(context),
            unsubscribe_url=unsubscribe_url,
        )

    def _url_of(self, link: dict[str, Any], mail: Claimed) -> str:
        url = self._settings.public_url + str(link["path"])
        if link["purpose"] is None:
            return url
        expires = mail.created_at + timedelta(days=DECIDE_DAYS)
        return f"{url}?sleutel={self._sign(mail.recipient, link['purpose'], link['object_id'], expires)}"

    def _login_url(self, mail: Claimed) -> str | None:
        if mail.kind != "login-link":
            return None
        url = f"{self._settings.public_url}/inloggen/{self._sign(mail.recipient, LOGIN, mail.about, mail.deadline)}"
        return f"{url}?{urlencode({'verder': mail.letter['onward']})}" if mail.letter["onward"] else url

    def _unsubscribe_url(self, mail: Claimed) -> str | None:
        if mail.kind == "login-link":
            return None
        what = PARTNER if mail.kind == PARTNER_DAY else INITIATIVE if mail.kind in INVITATION_MAILS else STAFF
        expires = mail.created_at + timedelta(days=UNSUBSCRIBE_DAYS)
        return f"{self._settings.public_url}/afmelden/{self._sign(mail.recipient, UNSUBSCRIBE, what, expires)}"

    def _sign(self, person: str, purpose: str, object_id: str, expires: datetime) -> str:
        return links.sign(self._secret, person=person, purpose=purpose, object_id=object_id, expires=expires)

    def _block(self, template: Template, name: str, context: dict[str, Any]) -> str:
        return "".join(template.blocks[name](template.new_context(context)))

    @cached_property
    def _text(self) -> Environment:
        return _environment(self._settings, autoescape=False)

    @cached_property
    def _html(self) -> Environment:
        return _environment(self._settings, autoescape=True)


def _environment(settings: Settings, *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701 - False for plain text only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"organisation": settings.organisation, "public_url": settings.public_url}
    environment.filters |= {
        "last_day": lambda text: dutch.last_day(datetime.fromisoformat(text)),
        "number": dutch.number,
    }
    return environment
