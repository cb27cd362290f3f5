"""Signals: bottlenecks, solutions, successes and dreams that residents told of."""

from collections.abc import Sequence

from services.survey.handlers import facts
from services.survey.store import initiatives, lock_attribution, signals
from services.survey.store.initiatives import Claim, Place
from services.survey.store.signals import Signal
from shared.bus import on
from shared.events.base import Received
from shared.events.envelope import new_id
from shared.events.partner import SignalReported
from shared.events.problems import Problem, problem
from shared.transaction import Tx


@on(SignalReported, batch=True)
async def record_signals(events: Sequence[Received[SignalReported]], tx: Tx) -> None:
    """A signal belongs to its initiative's region, else to the one that was given, else to the whole country."""
    await lock_attribution(tx, change=False)
    claims = await initiatives.of_claims(tx, {c for e in events if (c := _claim(e))})
    gone_to = await initiatives.roots(tx, [e.data.initiative_id for e in events if e.data.initiative_id])
    places = await initiatives.places(tx, {*claims.values(), *gone_to.values()})
    new: list[Signal] = []
    texts: dict[str, str] = {}
    for event in events:
        if faults := event.data.further_faults(event.data.wire()):
            tx.refuse(event, *faults)
            continue
        warnings = [problem("unknown-field", pointer) for pointer in event.unknown]
        claim, named = _claim(event), event.data.initiative_id
        about = claims.get(claim) if claim else gone_to.get(named) if named else None
        if about is None and (claim or named):
            tx.wait(event, *_unknown(claim, named))
            continue
        signal = _signal(event, places[about] if about else None)
        new.append(signal)
        if event.data.text:
            texts[signal.id] = event.data.text
        tx.emit(facts.of_signal(signal), because=event)
        tx.accept(event, "recorded", initiative_id=about, warnings=warnings)
    if new:
        await signals.insert(tx, new, texts)


def _claim(event: Received[SignalReported]) -> Claim | None:
    if event.data.external_id is None or event.partner is None:
        return None
    return event.partner, event.data.external_id


def _unknown(claim: Claim | None, named: str | None) -> tuple[str, Problem]:
    if claim:
        partner, external_id = claim
        return f"claim:{partner}/{external_id}", problem("unknown-initiative", "/data/externalId", value=external_id)
    return f"initiative:{named}", problem("unknown-initiative", "/data/initiativeId", value=named)


def _signal(event: Received[SignalReported], about: Place | None) -> Signal:
    said = event.data
    given = said.region or "NL"
    return Signal(
        id=new_id(),
        version=1,
        kind=said.kind,
        category=said.category,
        severity=said.severity,
        activity=said.activity,
        degree=said.degree,
        institution=said.institution,
        gathering=said.gathering,
        partner=event.partner,
        external_id=said.external_id,
        named_initiative=said.initiative_id,
        named_region=said.region,
        initiative_id=about.id if about else None,
        region=(about.closest_region or given) if about else given,
        received_at=event.received_at,
    )
