"""Which event brought a fact about, so that one trace follows it through all services."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.events.base import Received

Causes = Mapping[str, Received[Any]]
"""The event that brought it about, by the id of an initiative or a response."""

NO_CAUSES: Causes = MappingProxyType({})
