"""What `burenbus status` tells of the messages is what the services measured."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.figures import read
from shared.telemetry import Telemetry


def test_each_figure_reaches_the_screen() -> None:
    """Written by the service's own telemetry, read back from its text."""
    told = Telemetry("survey")
    told.queues({"survey.from.omzien": (12, 3.5), "survey.dead": (0, 0)})
    told.late("count_responses", 4.5)
    told.late("know_initiative", 0.5)
    told.refuse("campaign-closed", 3)
    told.refuse("type", 1)
    told.causes({"LookupError at x:3": 2})
    told.again("waiting", 5)
    told.again("replay", 2)
    told.outbox.set(7)
    told.outbox_age.set(61)
    told.waiting.set(9)
    text = generate_latest(told.registry).decode()
    found = read(s for family in text_string_to_metric_families(text) for s in family.samples)
    assert (found.queued, found.longest_queue, found.oldest_s) == (12, "survey.from.omzien", 3.5)
    assert (found.late_s, found.latest) == (4.5, "count_responses")
    assert found.refused == {"campaign-closed": 3, "type": 1}
    assert found.set_aside == {"LookupError at x:3": 2}
    assert (found.outbox, found.outbox_age_s, found.waiting, found.retries) == (7, 61, 9, 7)
    assert found.mails is None
    told.causes({})
    told.mails(4, 30)
    text = generate_latest(told.registry).decode()
    found = read(s for family in text_string_to_metric_families(text) for s in family.samples)
    assert (found.set_aside, found.mails, found.mail_age_s) == ({}, 4, 30)
