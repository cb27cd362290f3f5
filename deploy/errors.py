"""What can be told in one sentence, so that the command line shows that sentence and no traceback."""


class DeployError(Exception):
    """What was asked cannot be done. The message says what is missing or wrong and what to do, in Dutch."""

    exit_code = 1


class WrongCommand(DeployError):
    """What was typed cannot be right; nothing was done."""

    exit_code = 2
