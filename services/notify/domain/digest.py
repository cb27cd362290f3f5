"""The daily mail: what happened, by kind and region, in the order of the kinds, cut where it gets too long to read."""

from collections.abc import Sequence
from typing import Any

from services.notify.domain.kinds import KINDS
from shared.dutch import capital, count, listing

SHOWN_OF_A_KIND = 25
"""Mail clients cut off a mail of more than 100 KB, and people sooner."""
KINDS_IN_SUBJECT = 4
"""With more kinds, the last of these is "meer"."""


def grouped(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups `{heading, regions: [{where, news}], more}`, as the template takes them."""
    groups = []
    for kind in KINDS.values():
        of_kind = [item for item in items if item["kind"] == kind.code]
        if not of_kind:
            continue
        shown = of_kind[:SHOWN_OF_A_KIND]
        regions = sorted({item["where"] for item in shown})
        groups.append(
            {
                "heading": capital(count(len(of_kind), kind.one, kind.many)),
                "regions": [{"where": w, "news": [item for item in shown if item["where"] == w]} for w in regions],
                "more": len(of_kind) - len(shown),
            }
        )
    return groups


def subject(items: Sequence[dict[str, Any]]) -> str:
    """ "9 nieuwe initiatieven en 3 knelpunten"; of many kinds, the first ones."""
    of_kind = {kind: sum(item["kind"] == kind.code for item in items) for kind in KINDS.values()}
    counts = [count(number, kind.one, kind.many) for kind, number in of_kind.items() if number]
    return listing(counts if len(counts) <= KINDS_IN_SUBJECT else [*counts[: KINDS_IN_SUBJECT - 1], "meer"])


def letter(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the template needs, as JSON. `personal`: it holds links by which this reader can act."""
    groups = grouped(items)
    shown = [item for group in groups for region in group["regions"] for item in region["news"]]
    personal = any(item["link"] and item["link"]["purpose"] for item in shown)
    return {"subject": subject(items), "groups": groups, "personal": personal}
