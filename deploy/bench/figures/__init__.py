"""One module a subject; each says which figures it makes (`NAMES`) and makes them (`measure`)."""

from . import responses

MODULES = (responses,)
"""In the order in which they are measured."""
