"""Notify's own knobs."""

from datetime import time, timedelta
from email.utils import parseaddr
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, field_validator, model_validator

from shared.settings import ServiceSettings

_parsed = lru_cache(maxsize=8)(parseaddr)
"""Each mail asks for the sender."""


class Settings(ServiceSettings):
    """Where mail goes out, from whom, and how patiently."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool | None = Field(None, description="true: always; false: never; not set: if the server offers it")
    smtp_tls: bool = Field(False, description="TLS from the first byte (port 465)")
    smtp_connections: int = Field(
        4, ge=1, le=50, description="kept open by each process; each hands over one mail at a time"
    )
    smtp_timeout_s: float = Field(30, ge=1, le=600, description="for handing over one mail, from beginning to end")
    mail_from: str = Field(description="sender: Naam <adres@example.nl>, or the address alone")
    mail_reply_to: str | None = Field(None, description="where answers go; not set: to the sender")
    organisation: str = Field("Nederland Zorgt Voor Elkaar", min_length=1, description="who signs the mails")
    mail_give_up_hours: int = Field(48, ge=1, le=24 * 14, description="how long a mail is tried before it is given up")
    mail_log_days: int = Field(365, ge=1, description="how long the mail log is kept")
    digest_hour: int = Field(8, ge=0, le=23, description="Europe/Amsterdam; for staff who have not chosen a time")
    mails_at_once: int = Field(
        10,
        ge=1,
        description="of one kind, to one staff member, in one hour; the rest goes in one mail at the whole hour",
    )
    login_link_minutes: int = Field(30, ge=5, le=24 * 60)
    session_hours: int = Field(12, ge=1, le=24 * 30)

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            validate_email(parseaddr(value)[1], check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise ValueError("must be a mail address, such as Helpdesk <helpdesk@example.nl>") from error
        return value

    @model_validator(mode="after")
    def _goes_together(self) -> "Settings":
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise ValueError("give smtp_user and smtp_password both, or neither")
        if self.smtp_tls and self.smtp_starttls:
            raise ValueError("smtp_tls and smtp_starttls exclude each other")
        return self

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address that mails come from; the organisation's name if the setting gives none."""
        name, address = _parsed(self.mail_from)
        return name or self.organisation, address

    @property
    def digest_at(self) -> time:
        """When the daily mail goes for who has not chosen."""
        return time(self.digest_hour)

    @property
    def patience(self) -> timedelta:
        """From asking for a mail to giving it up."""
        return timedelta(hours=self.mail_give_up_hours)
