"""What an operator measures of a service, in Prometheus's format at /metrics."""

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
        self._outbox_age = gauge("outbox_age_seconds", "Age of the oldest event that is not yet with the broker")
        self._waiting = gauge("waiting_events", "Events that wait for what they name")
        self._set_aside = gauge("set_aside_events", "Events set aside for the operator")
        self.relayed = self._relayed.labels(**labels)
        self.batch = self._batch.labels(**labels)
        self.outbox_age = self._outbox_age.labels(**labels)
        self.waiting = self._waiting.labels(**labels)
        self.set_aside = self._set_aside.labels(**labels)

    def count(self, reaction: str, outcome: str, by: int = 1) -> None:
        self._events.labels(service=self._service, reaction=reaction, outcome=outcome).inc(by)

    def pause(self, queue: str, *, paused: bool) -> None:
        self._paused.labels(service=self._service, queue=queue).set(int(paused))
