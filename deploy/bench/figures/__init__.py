"""One module a subject; each says which figures it makes (`NAMES`) and makes them (`measure`)."""

from . import burst, latency, mails, memory, registering, relay, replicas, report_data, responses, unchanged

MODULES = (responses, unchanged, registering, latency, relay, report_data, mails, memory, replicas, burst)
"""In the order in which they are measured."""
