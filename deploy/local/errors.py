"""What can be told in one sentence, so that the command line shows that sentence and no traceback."""


class LocalError(Exception):
    """The local stack cannot do what was asked. The message says what is missing or wrong and what to do, in Dutch."""
