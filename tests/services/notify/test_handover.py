"""What a mail server's replies mean."""

from datetime import timedelta

import pytest

from services.notify.domain.handover import Again, Delivered, Failed, pause, refusal, settle


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome"),
    [
        ("recipient", 450, "4.2.0 greylisted", Again("450 4.2.0 greylisted")),
        ("recipient", 550, "5.1.1 user unknown", Failed("refused", "550 5.1.1 user unknown", mailbox_gone=True)),
        ("recipient", 550, "No such user here", Failed("refused", "550 No such user here", mailbox_gone=True)),
        ("recipient", 550, "mailbox not found", Failed("refused", "550 mailbox not found", mailbox_gone=True)),
        ("recipient", 550, "5.7.1 blocked, unknown user", Failed("refused", "550 5.7.1 blocked, unknown user")),
        ("recipient", 552, "5.2.2 mailbox full", Failed("refused", "552 5.2.2 mailbox full")),
        ("content", 554, "5.1.1 spam", Failed("refused", "554 5.1.1 spam")),
        ("sender", 550, "5.7.1 not allowed", Again("550 5.7.1 not allowed")),
        ("content", 421, "closing", Again("421 closing")),
        ("recipient", 299, "well", Again("299 well")),
        ("content", 299, "well", Again("299 well", doubtful=True)),
        ("content", -1, "Malformed\x00 \udce9", Again("-1 Malformed", doubtful=True)),
    ],
)
def test_a_reply_means(stage, code, text, outcome):
    """4xx: again. 5xx: never, and only a recipient that does not exist is suppressed. Our own sender: our fault."""
    assert refusal(stage, code, text) == outcome


def test_pauses_grow_to_eight_hours():
    """1, 5, 15, 30 minutes, 1, 2, 4, 8 hours, and 8 from then on: about ten tries in 48 hours."""
    assert [pause(n) // timedelta(minutes=1) for n in range(1, 11)] == [1, 5, 15, 30, 60, 120, 240, 480, 480, 480]


def test_a_second_doubt_is_the_last():
    """Nobody gets a mail three times: one that may have arrived twice is given up."""
    doubt = Again("no answer", doubtful=True)
    assert settle(doubt, doubts=0) == doubt
    assert isinstance(settle(doubt, doubts=1), Failed)
    assert settle(Again("451"), doubts=1) == Again("451")
    assert settle(Delivered("250"), doubts=1) == Delivered("250")
