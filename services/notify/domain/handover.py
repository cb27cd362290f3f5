"""What becomes of a mail after a try to hand it over: delivered, tried again later, or given up.

Reply codes are those of RFC 5321, enhanced codes those of RFC 3463 and its registry.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480))
"""Between tries; the last one is repeated until the mail's deadline."""

LONGEST_REPLY = 500

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_MAILBOX = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
"""Bad mailbox, bad domain, bad syntax, moved, null MX, mailbox disabled."""
_SAYS_SO = re.compile(
    r"(user|recipient|mailbox|address|account)\b.{0,40}\b(unknown|not found|does ?n[o']t exist|disabled|rejected: unknown)"
    r"|no such (user|recipient|mailbox|address|person)|unknown (user|recipient|mailbox|address)|invalid recipient",
    re.IGNORECASE,
)

Reason = Literal["refused", "given-up", "suppressed"]
Stage = Literal["sender", "recipient", "content"]


@dataclass(frozen=True)
class Delivered:
    """The mail server has it."""

    reply: str


@dataclass(frozen=True)
class Again:
    """Not now. `doubtful`: the server may have it all the same, because it went silent after the whole mail was sent."""

    reply: str
    doubtful: bool = False


@dataclass(frozen=True)
class Failed:
    """Never. `mailbox_gone`: the server says that there is no such mailbox, so nothing is sent there again."""

    reason: Reason
    reply: str
    mailbox_gone: bool = False


@dataclass(frozen=True)
class NotBegun:
    """It was never offered to the server: it waits as if nobody had taken it up."""

    reply: str


Outcome = Delivered | Again | Failed | NotBegun


def pause(attempts: int) -> timedelta:
    """How long to wait after the so many-th try."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def said(code: int, text: str) -> str:
    """A server's reply as it can be kept: whatever bytes it sent, in one line that can be read."""
    return "".join(c if c.isprintable() else " " for c in f"{code} {text}").strip()[:LONGEST_REPLY]


def refusal(stage: Stage, code: int, text: str) -> Outcome:
    """What a reply that is not 2xx means.

    4xx: try again. 5xx to recipient or content: never. 5xx to our own sender is our fault, to be mended: try again. To
    the content, what is neither may be said of a mail that was taken: a code that we do not know, or no code at all.
    """
    reply = said(code, text)
    if code < 400:
        return Again(reply, doubtful=stage == "content")
    if code < 500 or stage == "sender":
        return Again(reply)
    return Failed("refused", reply, mailbox_gone=stage == "recipient" and _mailbox_gone(code, text))


def _mailbox_gone(code: int, text: str) -> bool:
    if enhanced := _ENHANCED.match(text):
        return f"{enhanced[2]}.{enhanced[3]}" in _NO_SUCH_MAILBOX
    return code in {550, 551, 553} and bool(_SAYS_SO.search(text))


def settle(outcome: Outcome, *, doubts: int) -> Outcome:
    """What becomes of a mail in the end; `doubts`: earlier tries that may have succeeded.

    One possible duplicate is the most that anybody gets: a second doubt is the last.
    """
    if isinstance(outcome, Again) and outcome.doubtful and doubts:
        return Failed("given-up", f"{outcome.reply} (twice; it may have arrived)")
    return outcome
