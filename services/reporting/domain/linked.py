"""Which numbers an outsider can work out from published tables, and what else to leave out so that he cannot.

The tables of one question over all regions hang together: the options of a row add up to its base, and the provinces of a
column add up to their landsdeel and to the country. Such a table with one hierarchy is a network: each number is the flow
along an edge, each sum is a node where what comes in goes out. A number that is left out can be worked out exactly when its
flow cannot change by one while everything that is known stays as it is, so when no cycle of the network runs through its edge
on which every flow has room. Where there is none, the cheapest cycle over numbers that are still shown says what to leave out
too.

Source: L.H. Cox, "Network models for complementary cell suppression", Journal of the American Statistical Association 90
(1995), and J. Castro, "Network flows heuristics for complementary cell suppression", LNCS 2316 (2002).
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

SMALL = 5
"""Numbers from 1 to one below this are never shown."""

FREE = 0
"""The cost of a cycle over numbers that are left out already."""


class Shown(Enum):
    """What an outsider is told of a number."""

    EXACT = "exact"
    SMALL = "small"  # it is at least 1 and less than SMALL
    LEFT_OUT = "left out"  # it is not small, and not zero either
    HIDDEN = "hidden"  # nothing at all: the table of that region is not shown


Region = str
Option = str
Node = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """One cell of the table: how many in `region` gave `option`."""

    region: Region
    option: Option


@dataclass(frozen=True, slots=True)
class _Step:
    to: Node
    number: Number
    up: bool


class LinkedTable:
    """The numbers of one question for every region of a tree, and what is shown of each.

    `parents` gives the region above each region (None above the country); a region without children is a leaf. `counts` holds
    the leaves' numbers, for every option; they make up the wider regions' numbers. `harmless` numbers may be known, however
    small.
    """

    def __init__(
        self,
        parents: Mapping[Region, Region | None],
        options: Iterable[Option],
        counts: Mapping[Region, Mapping[Option, int]],
        hidden: Iterable[Region] = (),
        harmless: Iterable[Number] = (),
    ) -> None:
        self.parents = dict(parents)
        self.options = tuple(options)
        self._inner = {p for p in self.parents.values() if p is not None}
        self.values: defaultdict[Number, int] = defaultdict(int)
        for leaf in self.parents.keys() - self._inner:
            for option in self.options:
                at: Region | None = leaf
                while at is not None:
                    self.values[Number(at, option)] += counts.get(leaf, {}).get(option, 0)
                    at = self.parents[at]
        self.hidden = set(hidden)
        self.harmless = frozenset(harmless)
        self.left_out: set[Number] = set()

    def base(self, region: Region) -> int:
        """What the options of a region add up to."""
        return sum(self.values[Number(region, option)] for option in self.options)

    def shown(self, number: Number) -> Shown:
        if number.region in self.hidden:
            return Shown.HIDDEN
        if 1 <= self.values[number] < SMALL:
            return Shown.SMALL
        return Shown.LEFT_OUT if number in self.left_out else Shown.EXACT

    def small(self) -> Iterator[Number]:
        """Every number that has to stay unknown, narrow regions first, in a fixed order."""
        depth = {region: sum(1 for _ in self._above(region)) for region in self.parents}
        for region in sorted(self.parents, key=lambda r: (-depth[r], r)):
            for number in (Number(region, option) for option in self.options):
                if 1 <= self.values[number] < SMALL and number not in self.harmless:
                    yield number

    def exposed(self) -> list[Number]:
        """The small numbers that can be worked out exactly from what is shown now."""
        steps = self._steps(relaxed=False)
        return [n for n in self.small() if self._cycle(n, steps) is None]

    def protect(self) -> None:
        """Leaves out more until no small number can be worked out.

        Where leaving out single numbers cannot do it, the region's table is hidden, then the next wider one; in the end all
        of them.
        """
        changed = True
        while changed and not self.hidden >= self.parents.keys():
            changed = False
            known = self._steps(relaxed=False)
            for number in list(self.small()):
                if self._cycle(number, known) is not None:
                    continue
                changed = True
                cycle = self._cycle(number, self._steps(relaxed=True))
                if cycle is None:
                    self._hide_more(number.region)
                else:
                    self.left_out |= {n for n in cycle if self.shown(n) is Shown.EXACT}
                known = self._steps(relaxed=False)

    # --- the network ---

    def _above(self, region: Region) -> Iterator[Region]:
        at = self.parents[region]
        while at is not None:
            yield at
            at = self.parents[at]

    def _hide_more(self, region: Region) -> None:
        for at in (region, *self._above(region)):
            if at not in self.hidden:
                self.hidden.add(at)
                return
        self.hidden |= self.parents.keys()

    def _ends(self, number: Number) -> tuple[Node, Node]:
        """The edge of a number runs from its option in the wider region to its option here; in a leaf, to the row."""
        above = self.parents[number.region]
        start: Node = (above, number.option) if above is not None else ("",)
        end: Node = (number.region, number.option) if number.region in self._inner else (number.region,)
        return start, end

    def _room(self, number: Number, shown: Shown) -> tuple[bool, bool]:
        """Whether an outsider must think it possible that the number is one higher, or one lower."""
        value = self.values[number]
        if shown is Shown.HIDDEN:
            return True, value > 0
        if shown is Shown.SMALL:
            return value < SMALL - 1, value > 1
        return True, value > SMALL

    def _steps(self, *, relaxed: bool) -> dict[Node, list[tuple[int, _Step]]]:
        """From each node, where one may go and at what cost; `relaxed`: also over numbers that would have to be left out."""
        steps: defaultdict[Node, list[tuple[int, _Step]]] = defaultdict(list)
        for region in self.parents:
            for option in self.options:
                number = Number(region, option)
                shown = self.shown(number)
                cost = FREE
                if shown is Shown.EXACT:
                    if not relaxed or self.values[number] < SMALL:  # a zero stays shown
                        continue
                    cost = self.values[number]
                higher, lower = self._room(number, shown)
                start, end = self._ends(number)
                if higher:
                    steps[start].append((cost, _Step(end, number, up=True)))
                if lower:
                    steps[end].append((cost, _Step(start, number, up=False)))
        return steps

    def _cycle(self, number: Number, steps: Mapping[Node, list[tuple[int, _Step]]]) -> list[Number] | None:
        """The cheapest cycle through the edge of `number`, as the numbers on it besides; None if there is none."""
        start, end = self._ends(number)
        higher, lower = self._room(number, self.shown(number))
        ways = [_cheapest(steps, end, start, number)] if higher else []
        ways += [_cheapest(steps, start, end, number)] if lower else []
        found = [w for w in ways if w is not None]
        return min(found, key=lambda w: w[0])[1] if found else None


def _cheapest(
    steps: Mapping[Node, list[tuple[int, _Step]]], start: Node, goal: Node, without: Number
) -> tuple[int, list[Number]] | None:
    """The cheapest path (Dijkstra), never along the edge of `without`; ties by the order of nodes, so always the same."""
    best: dict[Node, int] = {start: FREE}
    came: dict[Node, tuple[Node, Number]] = {}
    queue: list[tuple[int, Node]] = [(FREE, start)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node == goal:
            path = []
            while node != start:
                node, number = came[node]
                path.append(number)
            return cost, path
        if cost > best[node]:
            continue
        for extra, step in steps.get(node, ()):
            if step.number != without and cost + extra < best.get(step.to, cost + extra + 1):
                best[step.to] = cost + extra
                came[step.to] = (node, step.number)
                heapq.heappush(queue, (cost + extra, step.to))
    return None
