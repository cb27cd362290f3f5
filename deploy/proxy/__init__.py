"""Which path belongs to which service: one table for the local gateway and for the proxy in compose."""

import json
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("routes.json")


@dataclass(frozen=True)
class Routes:
    """Path prefixes, each with the service that answers; those that nobody outside may reach, and those for programs."""

    services: dict[str, str]
    private: tuple[str, ...]
    programs: tuple[str, ...]

    def service(self, path: str) -> str | None:
        """Who answers for this path, or None when it is not for the outside. The longest prefix wins."""
        if any(_under(prefix, path) for prefix in self.private):
            return None
        return self.services[max((prefix for prefix in self.services if _under(prefix, path)), key=len)]

    def for_programs(self, path: str) -> bool:
        """Whether a partner's program asks for this path: what goes wrong is told it as a problem (RFC 9457)."""
        return any(_under(prefix, path) for prefix in self.programs)


def _under(prefix: str, path: str) -> bool:
    return prefix in {"/", path} or path.startswith(prefix + "/")


def load(table: Path = TABLE) -> Routes:
    """Read the table. Raises ValueError when no service answers for what is left."""
    data = json.loads(table.read_text("utf-8"))
    routes = Routes(data["routes"], tuple(data["private"]), tuple(data["programs"]))
    if "/" not in routes.services:
        raise ValueError(f"{table}: no service answers for /")
    return routes
