"""What an operator measures of a service, in Prometheus's format at /metrics."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector


class Telemetry:
    """The figures of one service; built with it, so that two in one process do not mix."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = {"service": service}
        self._service = service

        def counter(name: str, what: str, *extra: str) -> Counter:
            return Counter(f"burenbus_{name}", what, ["service", *extra], registry=self.registry)

        def gauge(name: str, what: str, *extra: str) -> Gauge:
            return Gauge(f"burenbus_{name}", what, ["service", *extra], registry=self.registry)

        self._events = counter("events", "Events by reaction and by what became of them", "reaction", "outcome")
        self._relayed = counter("relayed_events", "Events handed to the broker and confirmed")
        self._batch = Histogram(
            "burenbus_batch_seconds",
            "Time of one batch, from transaction to acknowledgement",
            ["service"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._paused = gauge("paused_queues", "Queues that are paused because every message fails", "queue")
        self._lag = Histogram(
            "burenbus_reaction_lag_seconds",
            "From when a fact was said, or a partner's event was taken from the broker, to its commit; of the oldest of each batch",
            ["service", "reaction"],
            registry=self.registry,
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 86400),
        )
        self._late = gauge("reaction_late_seconds", "The same, of the last batch", "reaction")
        self._refused = counter("refusals", "Faults for which events were refused, by code", "code")
        self._again = counter("retries", "Events that were run again, by why", "why")
        self._depth = gauge("queue_messages", "Messages that wait in a queue, those held here included", "queue")
        self._oldest = gauge("queue_oldest_seconds", "How long the oldest message of a queue is held here", "queue")
        self._causes = gauge("set_aside_by_cause", "Events set aside, by what went wrong", "cause")
        self._mails = gauge("mails_waiting", "Mails that are to be handed over now, or were not in time")
        self._mail_age = gauge("mails_oldest_seconds", "How long the oldest of them waits")
        self._outbox = gauge("outbox_events", "Events that are not yet with the broker")
        self._outbox_age = gauge("outbox_age_seconds", "Age of the oldest event that is not yet with the broker")
        self._waiting = gauge("waiting_events", "Events that wait for what they name")
        self._set_aside = gauge("set_aside_events", "Events set aside for the operator")
        self.relayed = self._relayed.labels(**labels)
        self.batch = self._batch.labels(**labels)
        self.outbox_age = self._outbox_age.labels(**labels)
        self.outbox = self._outbox.labels(**labels)
        self.waiting = self._waiting.labels(**labels)
        self.set_aside = self._set_aside.labels(**labels)

    def count(self, reaction: str, outcome: str, by: int = 1) -> None:
        self._events.labels(service=self._service, reaction=reaction, outcome=outcome).inc(by)

    def pause(self, queue: str, *, paused: bool) -> None:
        self._paused.labels(service=self._service, queue=queue).set(int(paused))

    def late(self, reaction: str, seconds: float) -> None:
        """How far behind a reaction is; clocks that differ may make that less than nothing."""
        self._lag.labels(service=self._service, reaction=reaction).observe(max(seconds, 0))
        self._late.labels(service=self._service, reaction=reaction).set(max(seconds, 0))

    def refuse(self, code: str, by: int) -> None:
        self._refused.labels(service=self._service, code=code).inc(by)

    def again(self, why: str, by: int) -> None:
        if by:
            self._again.labels(service=self._service, why=why).inc(by)

    def queues(self, found: Mapping[str, tuple[int, float]]) -> None:
        """Of each queue how many messages wait, and how long the oldest is held here."""
        self._depth.clear()
        self._oldest.clear()
        for queue, (messages, oldest_s) in found.items():
            self._depth.labels(service=self._service, queue=queue).set(messages)
            self._oldest.labels(service=self._service, queue=queue).set(oldest_s)

    def causes(self, found: Mapping[str, int]) -> None:
        """How many events are set aside, for each cause."""
        self._causes.clear()
        for cause, number in found.items():
            self._causes.labels(service=self._service, cause=cause).set(number)

    def mails(self, waiting: int, oldest_s: float) -> None:
        """Of a service that sends mail: what should have left."""
        self._mails.labels(service=self._service).set(waiting)
        self._mail_age.labels(service=self._service).set(oldest_s)
