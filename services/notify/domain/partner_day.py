"""The daily mail to the person at a partner: what was sent, and what needs a look, one block for each cause."""

from typing import Any

from shared.dutch import MONTHS, capital, count, date_and_time, listing, number
from shared.events.base import PREFIX
from shared.events.catalogue import by_type
from shared.events.watching import Cause, PartnerDayClosed, SequenceGap


def letter(day: PartnerDayClosed, title: str) -> dict[str, Any]:
    """What the template needs, as JSON."""
    refused = [_block(c) for c in day.causes if c.refused]
    return {
        "title": title,
        "subject": _subject(day, title),
        "summary": _summary(day),
        "sandbox": day.sandbox,
        "refused": refused,
        "remarks": [_block(c) for c in day.causes if not c.refused],
        "more": day.more,
        "gaps": [_gap(gap) for gap in day.gaps],
        "questions": count(day.questions, "nieuwe vraag", "nieuwe vragen") if day.questions else "",
        "one_question": day.questions == 1,
        "silent": _silent(day),
    }


def _subject(day: PartnerDayClosed, title: str) -> str:
    about = [count(day.refused, "bericht geweigerd", "berichten geweigerd")] if day.refused else []
    about += ["er ontbreken berichten"] if day.gaps else []
    about += ["wij horen niets meer van u"] if day.silent else []
    about += [count(day.questions, "nieuwe vraag", "nieuwe vragen")] if day.questions else []
    return f"{title}: {listing(about or ['opmerkingen bij uw berichten'])}"


def _summary(day: PartnerDayClosed) -> str:
    total = day.accepted + day.refused + day.delayed
    if not total:
        return ""
    parts = [f"{number(day.accepted)} aanvaard"] if day.accepted else []
    parts += [f"{number(day.refused)} geweigerd"] if day.refused else []
    parts += [f"{number(day.delayed)} door een fout van ons nog niet verwerkt"] if day.delayed else []
    when = f"{day.day.day} {MONTHS[day.day.month - 1]}"
    sentence = f"Op {when} kregen wij {count(total, 'bericht', 'berichten')} van u: {listing(parts)}."
    if day.corrected:
        sentence += (
            f" Van wat is geweigerd, {'is' if day.corrected == 1 else 'zijn'} er {number(day.corrected)} daarna alsnog"
            " goed binnengekomen. Die staan hier niet bij."
        )
    return sentence


def _block(cause: Cause) -> dict[str, Any]:
    kind = by_type().get((cause.event_type or "").removeprefix(PREFIX))
    parts = [p for p in cause.pointer.split("/") if p and p != "data"]
    return {
        "heading": cause.nl,
        "count": count(cause.count, "bericht", "berichten"),
        "where": " › ".join(parts),
        "kind": kind.type if kind else "",
        "code": cause.code,
        "ids": list(cause.ids),
        "more": cause.count - len(cause.ids),
    }


def _gap(gap: SequenceGap) -> dict[str, Any]:
    numbers = [str(m.first) if m.first == m.last else f"{m.first} tot en met {m.last}" for m in gap.missing]
    return {
        "source": gap.source,
        "count": capital(count(gap.count, "bericht", "berichten")),
        "one": gap.count == 1,
        "numbers": listing(numbers),
    }


def _silent(day: PartnerDayClosed) -> str:
    if day.silent is None:
        return ""
    usual = (
        f" Meestal stuurt u om de {count(day.silent.rhythm_days, 'dag', 'dagen')} iets."
        if day.silent.rhythm_days
        else ""
    )
    return f"Sinds {date_and_time(day.silent.since)} kregen wij niets meer van u.{usual}"
