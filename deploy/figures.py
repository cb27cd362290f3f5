"""What the services measure of themselves, gathered from their /metrics on one line each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ServiceFigures:
    """One service, as far as it can tell. Times in seconds."""

    queued: int
    longest_queue: str | None
    oldest_s: float
    late_s: float
    latest: str | None
    """The reaction that is furthest behind, by its last batch."""
    outbox: int
    outbox_age_s: float
    refused: dict[str, int]
    waiting: int
    set_aside: dict[str, int]
    retries: int
    mails: int | None
    mail_age_s: float


def ask(address: str) -> ServiceFigures | None:
    """The figures of the service at this address; None if it does not answer."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        answer = httpx.get(f"{address}/metrics", timeout=TIMEOUT_S, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        return None
    return read(sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)


def read(samples: Iterable["Sample"]) -> ServiceFigures:
    """The figures in what Prometheus would scrape."""
    by_name: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_name[sample.name.removeprefix("burenbus_")].append(sample)

    def highest(name: str, label: str) -> tuple[float, str | None]:
        found = max(by_name[name], key=lambda s: s.value, default=None)
        return (found.value, found.labels[label]) if found and found.value else (0.0, None)

    def each(name: str, label: str) -> dict[str, int]:
        return {s.labels[label]: int(s.value) for s in by_name[name] if s.value}

    def total(name: str) -> float:
        return sum(s.value for s in by_name[name])

    late_s, latest = highest("reaction_late_seconds", "reaction")
    return ServiceFigures(
        queued=int(total("queue_messages")),
        longest_queue=highest("queue_messages", "queue")[1],
        oldest_s=highest("queue_oldest_seconds", "queue")[0],
        late_s=late_s,
        latest=latest,
        outbox=int(total("outbox_events")),
        outbox_age_s=total("outbox_age_seconds"),
        refused=each("refusals_total", "code"),
        waiting=int(total("waiting_events")),
        set_aside=each("set_aside_by_cause", "cause"),
        retries=int(total("retries_total")),
        mails=int(total("mails_waiting")) if by_name["mails_waiting"] else None,
        mail_age_s=total("mails_oldest_seconds"),
    )
