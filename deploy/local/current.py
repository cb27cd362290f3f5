"""Which stack a command is about when it does not say so."""

import sys
from functools import cache

from deploy.local import stack
from deploy.local.stack import Stack


def current() -> Stack:
    """That of `burenbus up`; when it does not run but a demo does, the demo's, and then stderr says so once."""
    own, demo = Stack(stack.VAR), Stack(stack.DEMO)
    if own.runs or not demo.runs:
        return own
    _tell()
    return demo


@cache
def _tell() -> None:
    print("Er draait geen eigen platform, wel een demo: dit gaat over de demo.", file=sys.stderr)
