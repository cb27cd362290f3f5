"""The made-up movement: what six partners publish, in order, and which of their claims are the same initiative.

    python -m deploy.demo.movement --seed 1 --out DIR

writes `events.jsonl` (one `{"partner", "event", "refused"}` a line: who says what, and the code of the fault that was put in,
or null) and `truth.csv` (`partner, external_id, initiative, withdrawn`). One seed always gives the same.
"""

import argparse
import copy
import csv
import json
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo import spelling
from deploy.demo.claims import claim
from deploy.demo.faults import FAULTS
from deploy.demo.partners import PARTNERS, Partner
from deploy.demo.world import MADE_UP, Initiative, documented, made_up
from shared import geo
from shared.events.base import PREFIX

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
_STEP = timedelta(seconds=15)
_BLOCK = 40
"""How many events one partner sends before another has its turn."""

_REFUSED, _CORRECTED = 60, 0.3
_UPDATED, _SENT_AGAIN, _SENT_TWICE, _OTHER_BODY, _WITHDRAWN, _MISSPELLED = 120, 70, 60, 6, 45, 25

Key = tuple[str, str]
"""(partner, external id): one claim."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a partner sends it. `refused`: the code of the fault that was put in, None for a sound one."""

    partner: str
    event: Mapping[str, Any]
    refused: str | None = None


@dataclass(frozen=True)
class Movement:
    """The whole: the truth, and what was told of it."""

    initiatives: Mapping[str, Initiative]
    lists: tuple[Told, ...]
    """What every partner knows at first."""
    changes: tuple[Told, ...]
    """What they say later: updates, the same again, withdrawals."""
    truth: Mapping[Key, str]
    """Which initiative each claim is about (its key in `initiatives`); claims that were never accepted are not here."""
    withdrawn: frozenset[Key]

    @property
    def told(self) -> tuple[Told, ...]:
        """All of it, in order."""
        return self.lists + self.changes


class _Teller:
    """Writes events with ids and times that follow from the seed."""

    def __init__(self, rng: random.Random, start: datetime) -> None:
        self.rng = rng
        self.time = start
        self.start = start

    def event(self, partner: Partner, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        self.time += _STEP
        return {
            "specversion": "1.0",
            "id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "source": partner.source_urn,
            "type": f"{PREFIX}{kind}.v1",
            "time": self.time.isoformat(),
            "subject": str(data["externalId"]),
            "datacontenttype": "application/json",
            "data": dict(data),
        }


def movement(seed: int = 1, *, start: datetime = START, count: int = MADE_UP) -> Movement:
    """The nine documented initiatives and `count` made-up ones, as their partners tell of them from `start` on."""
    initiatives = [*documented(), *made_up(random.Random(f"{seed} initiatives"), count)]  # noqa: S311 - repeatable, not secret
    rng = random.Random(f"{seed} partners")  # noqa: S311
    teller = _Teller(rng, start)
    truth: dict[Key, str] = {}
    lists: dict[str, list[tuple[Key, dict[str, Any]]]] = {}
    for partner in PARTNERS:
        known = [i for i in initiatives if _knows(rng, partner, i)]
        known += [i for i in known if rng.random() < partner.twice]
        rng.shuffle(known)
        lists[partner.name] = []
        for number, initiative in enumerate(known, start=1):
            key = (partner.name, partner.numbering.format(number if partner.name != "noorderbuur" else 7 * number))
            truth[key] = initiative.key
            lists[partner.name].append((key, claim(rng, initiative, partner, key[1], start.isoformat())))
    _nobody_is_forgotten(rng, teller, initiatives, lists, truth)
    told, said = _tell_lists(rng, teller, lists, truth)
    later, withdrawn = _tell_changes(rng, teller, said)
    return Movement({i.key: i for i in initiatives}, tuple(told), tuple(later), truth, withdrawn)


def _knows(rng: random.Random, partner: Partner, initiative: Initiative) -> bool:
    within = any(geo.covers(region, initiative.place.municipality) for region in partner.regions)
    return within and (rng.random() < partner.knows or (not initiative.made_up and partner.name != "dorpenlijst"))


def _nobody_is_forgotten(
    rng: random.Random,
    teller: _Teller,
    initiatives: list[Initiative],
    lists: dict[str, list[tuple[Key, dict[str, Any]]]],
    truth: dict[Key, str],
) -> None:
    """An initiative in no list joins the national network directly."""
    national, known = PARTNERS[0], set(truth.values())
    for initiative in initiatives:
        if initiative.key not in known:
            key = (national.name, national.numbering.format(20_000 + len(lists[national.name])))
            truth[key] = initiative.key
            said = claim(rng, initiative, national, key[1], teller.start.isoformat())
            lists[national.name].append((key, said))


def _tell_lists(
    rng: random.Random,
    teller: _Teller,
    lists: Mapping[str, list[tuple[Key, dict[str, Any]]]],
    truth: dict[Key, str],
) -> tuple[list[Told], dict[Key, dict[str, Any]]]:
    """Every list, partners taking turns; some claims are refused at first, and most of those are mended."""
    partners = {p.name: p for p in PARTNERS}
    order = list(_in_turns(lists))
    spoiled = set(rng.sample(range(len(order)), _REFUSED))
    often = Counter(truth.values())
    misspelled = set(rng.sample(range(len(order)), _MISSPELLED)) - spoiled
    told: list[Told] = []
    mended: list[tuple[Key, dict[str, Any]]] = []
    said: dict[Key, dict[str, Any]] = {}
    for n, (key, data) in enumerate(order):
        event = teller.event(partners[key[0]], "initiative-reported", data)
        if n in spoiled:
            wrong = copy.deepcopy(event)
            code = rng.choices(list(FAULTS), list(FAULTS.values()))[0](rng, wrong)
            told.append(Told(key[0], wrong, code))
            if often[truth[key]] == 1 or rng.random() < _CORRECTED:
                mended.append((key, data))
            else:
                often[truth.pop(key)] -= 1
            continue
        if n in misspelled:
            event["data"]["telefoonnummer"] = "zie website"
        told.append(Told(key[0], event))
        said[key] = data
    for key, data in mended:
        told.append(Told(key[0], teller.event(partners[key[0]], "initiative-reported", data)))
        said[key] = data
    return told, said


def _in_turns(lists: Mapping[str, list[tuple[Key, dict[str, Any]]]]) -> Iterator[tuple[Key, dict[str, Any]]]:
    at = dict.fromkeys(lists, 0)
    while any(at[name] < len(rows) for name, rows in lists.items()):
        for name, rows in lists.items():
            yield from rows[at[name] : at[name] + _BLOCK]
            at[name] += _BLOCK


def _tell_changes(
    rng: random.Random, teller: _Teller, said: dict[Key, dict[str, Any]]
) -> tuple[list[Told], frozenset[Key]]:
    """Later: updates, the same again (as a new event, or the very same one), and withdrawals."""
    partners = {p.name: p for p in PARTNERS}
    keys = sorted(said)
    told: list[Told] = []
    for key in rng.sample(keys, _UPDATED):
        said[key] = _updated(rng, said[key])
        told.append(Told(key[0], teller.event(partners[key[0]], "initiative-reported", said[key])))
    told += [
        Told(key[0], teller.event(partners[key[0]], "initiative-reported", said[key]))
        for key in rng.sample(keys, _SENT_AGAIN)
    ]
    told += rng.sample(told, _SENT_TWICE)
    for again in rng.sample(told, _OTHER_BODY):
        changed = copy.deepcopy(dict(again.event))
        changed["data"]["name"] += " (nieuw)"
        told.append(Told(again.partner, changed, "same-id-other-body"))
    withdrawn = rng.sample(keys, _WITHDRAWN)
    for key in withdrawn:
        reason = rng.choices(["verlaat-netwerk", "gestopt", "vergissing"], [50, 40, 10])[0]
        data = {"externalId": key[1], "reason": reason}
        told.append(Told(key[0], teller.event(partners[key[0]], "initiative-withdrawn", data)))
    return told, frozenset(withdrawn)


def _updated(rng: random.Random, data: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(data)
    change = rng.choice(["phase", "website", "phone", "numbers", "name"])
    if change == "phase":
        data["phase"] = "actief"
    elif change == "website" and data.get("website"):
        data["website"] = data["website"].replace("http://", "https://").rstrip("/") + "/nieuws"
    elif change == "phone" and "contact" in data:
        area = f"06-0{rng.randrange(10**7):07d}"
        data["contact"]["phone"] = spelling.phone(rng, area, "dash")
    elif change == "name":
        data["name"] = " ".join(data["name"].split())
        data["otherNames"] = [*data.get("otherNames", []), f"{data['name']} 2.0"]
    else:
        data["numbers"] = {**(data.get("numbers") or {}), "volunteers": rng.randint(3, 90)}
    return data


def by_initiative(truth: Mapping[Key, str]) -> Mapping[str, list[Key]]:
    """The claims of each initiative."""
    found: defaultdict[str, list[Key]] = defaultdict(list)
    for key, initiative in truth.items():
        found[initiative].append(key)
    return found


def write(made: Movement, out: Path) -> None:
    """`events.jsonl` and `truth.csv` in the folder `out`, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "events.jsonl").open("w", encoding="utf-8") as lines:
        for t in made.told:
            row = {"partner": t.partner, "event": t.event, "refused": t.refused}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (out / "truth.csv").open("w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(["partner", "external_id", "initiative", "withdrawn"])
        for (partner, external_id), initiative in made.truth.items():
            rows.writerow([partner, external_id, initiative, int((partner, external_id) in made.withdrawn)])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.movement", description="Write down a made-up movement."
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, another movement (default 1)")
    parser.add_argument("--count", type=int, default=MADE_UP, help=f"made-up initiatives (default {MADE_UP})")
    parser.add_argument("--out", type=Path, required=True, help="folder to write in")
    options = parser.parse_args()
    made = movement(options.seed, count=options.count)
    write(made, options.out)
    print(f"{len(made.initiatives)} initiatives, {len(made.truth)} claims, {len(made.told)} events in {options.out}")


if __name__ == "__main__":
    main()
