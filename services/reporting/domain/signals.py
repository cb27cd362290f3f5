"""What a signal adds one to: its kind and, for a bottleneck, what it is about."""

from services.reporting.domain.fields import Block, Counted
from shared.events.codelists import codelist
from shared.events.questionnaire import Condition
from shared.events.survey import SignalRecorded


def _counted(code: str, label: str, codes: str, condition: Condition | None = None) -> Counted:
    return Counted(
        code, label, tuple((c, text.nl) for c, text in codelist(codes).items()), several=False, condition=condition
    )


KIND = _counted("signal", "Wat kwam er binnen?", "signal")
BOTTLENECK = _counted("knelpunt", "Waar gaan de knelpunten over?", "bottleneck", Condition("signal", ("knelpunt",)))
BLOCKS = (
    Block("signal", KIND.label, "Signalen", (KIND,)),
    Block("knelpunt", BOTTLENECK.label, "Signalen", (BOTTLENECK,)),
)


def items(signal: SignalRecorded) -> tuple[str, ...]:
    """The items of one signal, sorted."""
    found = {KIND.item(signal.kind)}
    if signal.kind == "knelpunt":
        found.add(BOTTLENECK.item(signal.category))
    return tuple(sorted(found))
