"""What is remembered of a local stack between two commands: one file, readable by its owner alone."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.databases import SERVICES
from deploy.local.process import Pid


@dataclass
class State:
    """Addresses, ports and secrets are chosen once and stay, so that links in mails keep working; processes come and go."""

    database_url: str = ""
    """The administrator's address of PostgreSQL."""
    amqp_url: str = ""
    """The administrator's address of RabbitMQ."""
    rabbitmq_api_url: str = ""
    vhost: str = ""
    private_postgres: bool = True
    private_rabbitmq: bool = True
    """Whether the server is ours to start and stop."""
    ports: dict[str, int] = field(default_factory=dict)
    """Process to its HTTP port; `smtp` is the mailbox's other one."""
    pids: dict[str, Pid] = field(default_factory=dict)
    """The processes that were started and not stopped."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Service to the password of its database role and of its broker user."""
    link_secret: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    """What every service is told beside its own, by environment variable."""

    @classmethod
    def load(cls, file: Path) -> "State":
        """Read it back; a new one, with new secrets, when there is none."""
        if not file.exists():
            return cls(
                passwords={service: secrets.token_urlsafe(24) for service in SERVICES},
                link_secret=secrets.token_urlsafe(32),
            )
        data = json.loads(file.read_text("utf-8"))
        pids = {name: Pid(**pid) for name, pid in data.pop("pids").items()}
        return cls(**data, pids=pids)

    def save(self, file: Path) -> None:
        """Write it whole, or not at all."""
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(asdict(self), out, indent=2)
        new.replace(file)
