"""The one place that knows RabbitMQ: subscriptions, batches, the outcomes of a message, the relay, the topology."""

from .reactions import Reaction, on, reactions_in

__all__ = ["Reaction", "on", "reactions_in"]
