"""The pages of a partner, visited."""

from tests.services.registry.door.conftest import door, open_door

__all__ = ["door", "open_door"]  # fixtures
