"""One module a subject; each says which figures it makes (`NAMES`) and makes them (`measure`)."""

from . import latency, memory, registering, relay, report_data, responses, unchanged

MODULES = (responses, unchanged, registering, latency, relay, report_data, memory)
"""In the order in which they are measured."""
