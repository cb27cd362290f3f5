"""The knobs of reporting."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """None of its own: what may be shown is a rule, not a setting."""
