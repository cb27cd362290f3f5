"""How partners are doing: kept with every answer, and told to them and to staff when something needs a look."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from services.registry.domain import looking, sequences, silence
from services.registry.domain.sequences import OVERTAKING, Numbered
from services.registry.store import days, history, partners
from services.registry.store import sequences as numbering
from services.registry.store.days import Due, Sent, Silent, ToLookAt
from services.registry.store.sequences import SourceKey, Watched
from shared.dutch import HERE
from shared.events.answers import Answer, EventAccepted, EventDelayed, EventRefused
from shared.events.base import Received
from shared.events.problems import Problem
from shared.events.watching import Cause, Missing, PartnerDayClosed, PartnerSilent, SequenceGap
from shared.transaction import Tx

AGAIN_AFTER = timedelta(days=1)
"""Of one source with ever more gaps it is told once a day."""
LET_GO_AFTER = timedelta(days=30)
"""The bus keeps what was sent no longer either."""
TOLD_FROM = time(6)
"""Before this hour (Europe/Amsterdam) yesterday is not told of: answers may be on their way."""
SHOWN_GAPS, SHOWN_CAUSES, SHOWN_IDS, SHOWN_BYTES = 50, 40, 100, 30_000
"""An event holds 64 KB; a mail that people read, less."""
HABIT_DAYS = timedelta(days=730)


async def note(tx: Tx, answers: Sequence[Received[Answer]]) -> None:
    """What these answers say of the partners that get them. Call before they are kept in the history."""
    today = today_here(tx.now)
    await days.count(tx, today, _sent(answers))
    await _look_at(tx, today, answers)
    await _follow_numbers(tx, answers)
    for was in await days.end_silence(tx, {a.data.partner for a in answers}):
        _tell(tx, was.partner, _silent(was, ended=tx.now))


def today_here(now: datetime) -> date:
    """The day in the Netherlands."""
    return now.astimezone(HERE).date()


# --- with every answer ---------------------------------------------------------------------------------------------


def _sent(answers: Sequence[Received[Answer]]) -> dict[str, Sent]:
    """What each partner sent; a repeated event shows that it sends, and counts no further."""
    found: dict[str, Sent] = {}
    for said in (a.data for a in answers):
        was = found.get(said.partner) or Sent(0, 0, said.received_at)
        accepted = isinstance(said, EventAccepted) and said.outcome != "duplicate"
        refused = isinstance(said, EventRefused)
        last = max(was.last_at, said.received_at)
        found[said.partner] = Sent(was.accepted + accepted, was.refused + refused, last)
    return found


async def _look_at(tx: Tx, today: date, answers: Sequence[Received[Answer]]) -> None:
    """Of one thing only the latest word is looked at: what was refused and is mended needs no one's eye."""
    latest: dict[tuple[str, str], Answer] = {}
    well: set[tuple[str, str]] = set()
    for said in (a.data for a in answers):
        if isinstance(said, EventDelayed):
            continue
        e = said.event
        key = said.partner, looking.about(e.type, e.subject, e.id, e.sha256)
        if isinstance(said, EventRefused) or (said.outcome not in ("unchanged", "duplicate") and _faults(said)):  # type: ignore[attr-defined]
            latest[key] = said
            well.discard(key)
        elif isinstance(said, EventAccepted) and said.outcome != "duplicate" and e.type in looking.ABOUT_ONE:
            latest.pop(key, None)
            well.add(key)
    accepted = {key for key, said in latest.items() if isinstance(said, EventAccepted)}
    if well or accepted:
        await days.settled(tx, today, well | accepted)
    if latest:
        faults = [f for (_, about), said in latest.items() for f in _to_look_at(said, about)]
        await days.replace(tx, today, latest, faults)


def _faults(said: Answer) -> Sequence[Problem]:
    found = (
        said.problems if isinstance(said, EventRefused) else said.warnings if isinstance(said, EventAccepted) else ()
    )
    return [p for p in found if p.code not in looking.NO_NEWS]


def _to_look_at(said: Answer, about: str) -> list[ToLookAt]:
    found = {(p.code, looking.pointer(p)): p for p in _faults(said)}
    return [
        ToLookAt(said.partner, said.event.type, about, isinstance(said, EventRefused), code, at, *looking.words(p))
        for (code, at), p in found.items()
    ]


async def _follow_numbers(tx: Tx, answers: Sequence[Received[Answer]]) -> None:
    numbered: defaultdict[SourceKey, list[Answer]] = defaultdict(list)
    for said in (a.data for a in answers):
        if said.event.sequence is not None and said.event.source is not None:
            numbered[said.partner, said.event.source].append(said)
    if not numbered:
        return
    own = await numbering.registered(tx, numbered.keys())
    if not own:
        return
    known = await numbering.lock_runs(tx, own)
    for key in sorted(own):
        run, gaps = known.get(key, (None, ()))
        now, open_ = sequences.follow(run, gaps, await _numbers(tx, key, numbered[key]), tx.now)
        if now is not None and (now, open_) != (run, gaps):
            await numbering.keep(tx, key, now, open_ if open_ != gaps else None)


async def _numbers(tx: Tx, key: SourceKey, said: Sequence[Answer]) -> list[Numbered]:
    """The numbers in the order in which they came, and whether their event was answered before."""
    low = [s.event.id for s in said if (s.event.sequence or 0) <= sequences.NEW_BEGINNING and s.event.id]
    before = await history.answered_before(tx, *key, low) if low else set()
    found = []
    for s in said:
        again = s.event.id in before or (isinstance(s, EventAccepted) and s.outcome == "duplicate")
        found.append(Numbered(s.event.sequence or 0, again))
        if s.event.id:
            before = {*before, s.event.id} if (s.event.sequence or 0) <= sequences.NEW_BEGINNING else before
    return found


# --- as time passes ------------------------------------------------------------------------------------------------


async def tell_gaps(tx: Tx, limit: int) -> None:
    """Partner and staff hear of numbers that have been missing for longer than events overtake each other, and the
    partner that the last of them has come in."""
    for filled in await numbering.take_filled(tx, limit):
        assert filled.since is not None
        gap = SequenceGap(partner=filled.partner, source=filled.source, status="filled", since=filled.since)
        await _say(tx, filled.partner, gap)
    before = tx.now - OVERTAKING
    found = await numbering.lock_to_tell(tx, missed_before=before, again_before=tx.now - AGAIN_AFTER, limit=limit)
    for watched in found:
        await numbering.mark_told(tx, watched, missed_before=before)
        await _say(tx, watched.partner, _gap(watched, before))
    await numbering.let_go(tx, LET_GO_AFTER)


def _gap(watched: Watched, missed_before: datetime) -> SequenceGap:
    gaps = [g for g in watched.gaps if g.missed_at <= missed_before or g.told]
    return SequenceGap(
        partner=watched.partner,
        source=watched.source,
        status="open",
        since=watched.since or min(g.missed_at for g in gaps),
        missing=tuple(Missing(first=g.first, last=g.last) for g in gaps[:SHOWN_GAPS]),
        count=sum(map(len, gaps)),
    )


async def notice_silence(tx: Tx) -> None:
    """Partner and staff hear, once, of a partner that has been quiet for three times its rhythm."""
    today = today_here(tx.now)
    for partner, (sent, last_at) in (await days.habits(tx, silence.MOST_INTERVALS + 1)).items():
        rhythm = silence.is_silent(sent, today)
        if rhythm is not None:
            silent = Silent(partner, last_at, rhythm)
            if await days.begin_silence(tx, silent):
                _tell(tx, partner, _silent(silent))
    await days.forget(tx, today, HABIT_DAYS)


def _silent(was: Silent, *, ended: datetime | None = None) -> PartnerSilent:
    return PartnerSilent(partner=was.partner, since=was.since, rhythm_days=was.rhythm_days, ended=ended)


async def close_days(tx: Tx, limit: int) -> None:
    """What a partner sent until yesterday is told once, if anything in it needs a look."""
    if tx.now.astimezone(HERE).time() < TOLD_FROM:
        return
    today = today_here(tx.now)
    for due in await days.lock_due(tx, today, limit):
        closed = await _day(tx, due, today - timedelta(days=1))
        if closed.causes or closed.gaps or closed.silent or closed.questions:
            tx.emit(closed)
        await days.close(tx, due.partner, closed.day)


async def _day(tx: Tx, due: Due, until: date) -> PartnerDayClosed:
    begin, end = _midnight(due.told_until + timedelta(days=1)), _midnight(until + timedelta(days=1))
    accepted, refused, corrected = await days.totals(tx, due.partner, due.told_until, until)
    shown, more = _shown(await days.causes(tx, due.partner, until))
    silent = await days.silent_since(tx, due.partner, begin, end)
    return PartnerDayClosed(
        partner=due.partner,
        day=until,
        sandbox=due.sandbox,
        accepted=accepted,
        refused=refused,
        corrected=corrected,
        delayed=await days.still_delayed(tx, due.partner, begin, end),
        questions=await days.new_questions(tx, due.partner, begin, end),
        causes=shown,
        more=more,
        gaps=tuple(_gap(w, tx.now - OVERTAKING) for w in await numbering.told_between(tx, due.partner, begin, end)),
        silent=_silent(silent) if silent else None,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=HERE)


def _shown(causes: Sequence[days.Cause]) -> tuple[tuple[Cause, ...], int]:
    """As much as an event holds; and how many events are left out."""
    shown, left_bytes = list[Cause](), SHOWN_BYTES
    for cause in causes[:SHOWN_CAUSES]:
        ids = []
        for one in cause.ids[:SHOWN_IDS]:
            left_bytes -= len(one.encode()) + 4
            if left_bytes < 0:
                break
            ids.append(one)
        left_bytes -= len(cause.nl.encode()) + len(cause.en.encode())
        if left_bytes < 0 and shown:
            break
        shown.append(
            Cause(
                event_type=cause.event_type,
                code=cause.code,
                pointer=cause.pointer,
                refused=cause.refused,
                nl=cause.nl[:1000],
                en=cause.en[:1000],
                count=cause.count,
                ids=tuple(ids),
            )
        )
    return tuple(shown), sum(c.count for c in causes[len(shown) :])


async def _say(tx: Tx, partner: str, gap: SequenceGap) -> None:
    """To the partner; and to all, but of one that tries out."""
    known = await partners.find(tx, partner)
    if known is not None and not known.sandbox:
        tx.emit(gap)
    tx.tell(partner, gap)


def _tell(tx: Tx, partner: str, silent: PartnerSilent) -> None:
    tx.emit(silent)
    tx.tell(partner, silent)
