"""The survey's knobs."""

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Those of every service, and how many initiatives are invited in one transaction."""

    invitations_at_once: int = Field(5000, ge=1, le=50_000, description="initiatives invited in one transaction")
