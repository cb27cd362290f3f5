"""Scores matching against a known truth: `python -m deploy.bench.matching DIR`.

DIR holds `events.jsonl` (one `{"partner": …, "event": CloudEvent}` a line, in the order in which they came) and
`truth.csv` (partner, external_id, initiative: claims of one initiative carry the same value). Claims go through the very
features, keys, comparison and grouping of the registry, in batches as there; only the index stands in memory.

Pairwise precision: of the pairs of claims that were merged, how many are the same. Recall: of the pairs that are the
same, how many were merged, or put to people. Share to people: claims named in a question, of all.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.registry.domain.features import Features, blocking_keys, features, values
from services.registry.domain.grouping import Group, plan
from services.registry.domain.linkage.frequencies import Count, Frequencies
from services.registry.domain.matching import MatchingSettings, Member, judge, ruled_out
from services.registry.store.candidates import CANDIDATES, KEY_LIMIT, worth
from shared.events.partner import InitiativeReported, InitiativeWithdrawn

ClaimKey = tuple[str, str]
BATCH = 100


class MemoryIndex:
    """The index of `store.candidates`, in memory: the same limits and the same order."""

    def __init__(self) -> None:
        self.claims: dict[ClaimKey, Features] = {}
        self.holders: defaultdict[str, dict[ClaimKey, None]] = defaultdict(dict)
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def index(self, key: ClaimKey, one: Features) -> None:
        """Makes a new or changed claim findable."""
        self.drop(key)
        self.claims[key] = one
        for k in blocking_keys(one):
            self.holders[k][key] = None
        for v in values(one):
            self.counts[v][key[0]] += 1

    def drop(self, key: ClaimKey) -> None:
        """Takes a claim out."""
        if (one := self.claims.pop(key, None)) is None:
            return
        for k in blocking_keys(one):
            del self.holders[k][key]
        for v in values(one):
            self.counts[v][key[0]] -= 1

    def find(self, key: ClaimKey) -> list[ClaimKey]:
        """Those that share a selective key, most telling first."""
        weights: defaultdict[ClaimKey, float] = defaultdict(float)
        for k in blocking_keys(self.claims[key]):
            held = self.holders[k]
            if len(held) <= KEY_LIMIT:
                for other in held:
                    weights[other] += worth(len(held))
        weights.pop(key, None)
        return sorted(weights, key=lambda o: (-weights[o], o))[:CANDIDATES]

    def frequencies(self, wanted: Iterable[Features]) -> Frequencies:
        """How often the values of these features occur."""
        return Frequencies(
            len(self.claims),
            {
                v: Count(sum(c.values()), max(c.values()))
                for v in {v for one in wanted for v in values(one)}
                if (c := self.counts.get(v))
            },
        )


@dataclass
class Grouping:
    """The registry's grouping of claims, kept in memory."""

    settings: MatchingSettings = field(default_factory=MatchingSettings)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    group_of: dict[ClaimKey, str] = field(default_factory=dict)
    members: dict[str, list[ClaimKey]] = field(default_factory=dict)
    age: dict[str, int] = field(default_factory=dict)
    questions: dict[frozenset[ClaimKey], float] = field(default_factory=dict)
    refused: int = 0
    compared: int = 0

    def report(self, batch: Sequence[tuple[ClaimKey, Features]]) -> None:
        """A batch of new or changed claims."""
        latest = dict(batch)
        for key, one in latest.items():
            self.index.index(key, one)
            if key not in self.group_of:
                self.group_of[key] = f"{len(self.age)}"
                self.members[self.group_of[key]] = [key]
                self.age[self.group_of[key]] = len(self.age)
        counted = self.index.frequencies(latest.values())
        near = {
            (self.group_of[k], self.group_of[o])
            for k, one in latest.items()
            for o in self.index.find(k)
            if not ruled_out(one, self.index.claims[o], counted, self.settings, same_partner=k[0] == o[0])
        }
        near = {(a, b) for a, b in near if a != b}
        involved = {g for pair in near for g in pair} | {self.group_of[k] for k in latest}
        frequencies = self.index.frequencies(self.index.claims[k] for g in involved for k in self._live(g))
        groups = [
            Group(g, (self.age[g],), tuple(Member(*k, self.index.claims[k]) for k in self._live(g)))
            for g in sorted(involved)
            if self._live(g)
        ]
        known = {g.id for g in groups}

        def judged(ones: Sequence[Member], others: Sequence[Member]) -> Any:
            self.compared += len(ones) * len(others)
            return judge(ones, others, "", frequencies, self.settings)

        made = plan(groups, [p for p in near if known.issuperset(p)], (), judged)
        for union in made.unions:
            moved = self.members.pop(union.absorbed)
            self.members[union.survivor] += moved
            self.group_of.update(dict.fromkeys(moved, union.survivor))
        for q in made.questions:
            pair = frozenset((self.members[q.one][0], self.members[q.other][0]))
            self.questions[pair] = q.comparison.probability

    def withdraw(self, key: ClaimKey) -> None:
        """The partner lists it no longer."""
        self.index.drop(key)

    def _live(self, group: str) -> list[ClaimKey]:
        return [k for k in self.members[group] if k in self.index.claims]


@dataclass(frozen=True)
class Score:
    """How well a grouping agrees with the truth. `people_wide` counts all claims of both initiatives of a question."""

    claims: int
    true_pairs: int
    merged_pairs: int
    merged_right: int
    found_or_asked: int
    questions: int
    people: int
    people_wide: int
    wrong: tuple[tuple[ClaimKey, ClaimKey], ...]
    missed: tuple[tuple[ClaimKey, ClaimKey], ...]

    @property
    def precision(self) -> float:
        return self.merged_right / self.merged_pairs if self.merged_pairs else 1.0

    @property
    def recall_merged(self) -> float:
        return self.merged_right / self.true_pairs if self.true_pairs else 1.0

    @property
    def recall(self) -> float:
        return self.found_or_asked / self.true_pairs if self.true_pairs else 1.0

    @property
    def to_people(self) -> float:
        return self.people / self.claims if self.claims else 0.0


def score(grouping: Grouping, truth: Mapping[ClaimKey, str]) -> Score:
    """Of the claims whose truth is known."""
    known = [k for k in grouping.group_of if k in truth]
    by_truth: defaultdict[str, list[ClaimKey]] = defaultdict(list)
    by_group: defaultdict[str, list[ClaimKey]] = defaultdict(list)
    for k in known:
        by_truth[truth[k]].append(k)
        by_group[grouping.group_of[k]].append(k)
    same = {p for ks in by_truth.values() for p in combinations(sorted(ks), 2)}
    merged = {p for ks in by_group.values() for p in combinations(sorted(ks), 2)}
    open_questions = {
        frozenset(grouping.group_of[k] for k in pair)
        for pair in grouping.questions
        if len({grouping.group_of[k] for k in pair}) == 2
    }
    asked = {
        (min(a, b), max(a, b))
        for one, other in map(sorted, open_questions)
        for a, b in product(by_group[one], by_group[other])
    }
    people = {k for pair in grouping.questions for k in pair}
    wide = {k for pair in open_questions for g in pair for k in by_group[g]}
    return Score(
        claims=len(known),
        true_pairs=len(same),
        merged_pairs=len(merged),
        merged_right=len(merged & same),
        found_or_asked=len((merged | asked) & same),
        questions=len(grouping.questions),
        people=len(people),
        people_wide=len(wide),
        wrong=tuple(sorted(merged - same)),
        missed=tuple(sorted(same - merged - asked)),
    )


def read_truth(directory: Path) -> dict[ClaimKey, str]:
    """(partner, external id) → the initiative that it is."""
    with (directory / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {(r["partner"], r["external_id"]): r["initiative"] for r in csv.DictReader(file)}


def read_events(directory: Path) -> Iterator[tuple[str, InitiativeReported | InitiativeWithdrawn | None]]:
    """Partner and data of every event about initiatives, in order; None for one that the contract refuses."""
    with (directory / "events.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            event = row["event"]
            kind = str(event.get("type", "")) if isinstance(event, dict) else ""
            try:
                if kind.endswith(InitiativeReported.type):
                    yield row["partner"], InitiativeReported.model_validate(event["data"])
                elif kind.endswith(InitiativeWithdrawn.type):
                    yield row["partner"], InitiativeWithdrawn.model_validate(event["data"])
            except ValidationError:
                yield row["partner"], None


def run(directory: Path, settings: MatchingSettings | None = None) -> Grouping:
    """The grouping of all events."""
    grouping = Grouping(settings or MatchingSettings())
    batch: list[tuple[ClaimKey, Features]] = []
    for partner, data in read_events(directory):
        if data is None:
            grouping.refused += 1
        elif isinstance(data, InitiativeReported):
            batch.append(((partner, data.external_id), features(data)))
        if batch and (len(batch) == BATCH or isinstance(data, InitiativeWithdrawn)):
            grouping.report(batch)
            batch = []
        if isinstance(data, InitiativeWithdrawn):
            grouping.withdraw((partner, data.external_id))
    grouping.report(batch)
    return grouping


def main(
    directory: Annotated[Path, typer.Argument(help="Holds events.jsonl and truth.csv.")],
    show: Annotated[int, typer.Option(help="Show so many wrong merges and missed pairs.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
) -> None:
    """Scores matching against a known truth."""
    start = perf_counter()
    grouping = run(directory)
    seconds = perf_counter() - start
    result = score(grouping, read_truth(directory))
    figures = {
        "claims": result.claims,
        "refused": grouping.refused,
        "initiatives_found": len({grouping.group_of[k] for k in grouping.group_of}),
        "initiatives_truth": len(set(read_truth(directory).values())),
        "true_pairs": result.true_pairs,
        "precision": round(result.precision, 4),
        "recall_merged": round(result.recall_merged, 4),
        "recall": round(result.recall, 4),
        "questions": result.questions,
        "to_people_share": round(result.to_people, 4),
        "to_people_share_wide": round(result.people_wide / max(result.claims, 1), 4),
        "comparisons": grouping.compared,
        "seconds": round(seconds, 1),
    }
    typer.echo(json.dumps(figures) if as_json else "\n".join(f"{k:22} {v}" for k, v in figures.items()))
    for title, pairs in (("wrongly merged", result.wrong), ("missed", result.missed)):
        for one, other in pairs[:show]:
            typer.echo(f"\n{title}: {one} {other}")
            _explain(grouping, one, other)


def _explain(grouping: Grouping, one: ClaimKey, other: ClaimKey) -> None:
    a, b = (Member(*k, grouping.index.claims[k]) for k in (one, other) if k in grouping.index.claims)
    found = judge([a], [b], "", grouping.index.frequencies([a.features, b.features]), grouping.settings).comparison
    candidate = other in grouping.index.find(one) or one in grouping.index.find(other)
    typer.echo(f"  p={found.probability:.3f} bits={found.bits:.1f} candidate={candidate}")
    typer.echo(f"  {a.features}\n  {b.features}")
    for e in found.evidence:
        typer.echo(f"  {e.weight:+5.1f} {e.compared}: {e.en}")


if __name__ == "__main__":
    typer.run(main)
