"""What the registry does when something is said: one function per event."""

from . import answers, claims, forwarding, matches, statements

MODULES = (statements, claims, matches, forwarding, answers)
"""Facts first: what an initiative said of itself counts for the claims that come in the same batch."""
