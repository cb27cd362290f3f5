"""A stack of the test's own."""

import secrets
from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack
from tests.servers import VAR


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack with servers of its own."""
    stack = Stack(VAR / f"test-stack-{secrets.token_hex(4)}")
    try:
        stack.up()
        yield stack
    finally:
        stack.down()
        stack.wipe()
        (stack.directory / "stack.lock").unlink()
        stack.directory.rmdir()  # and nothing else was left in it
