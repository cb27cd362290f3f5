"""What may be shown of counted answers.

- Numbers from 1 to 4 are shown as "<5"; others are left out where they would give one back (see `linked`). Zeros are shown.
- Where several answers may be given, nearly all (all but 1 to 4) says as much as a few: it is shown as more than the base less 5.
- No table of a region with fewer than MINIMUM_BASE answers: its landsdeel's stands there instead, or the country's.
- Percentages are whole, of the base of that table; below FIRM_BASE answers they are an indication.
- What is asked only after a certain answer is not shown where that answer's own number is not shown: its base would give
  that number back.

Source of the limits: the platform's rules for publishing, which follow the usual practice of official statistics (A. Hundepool
and others, *Statistical Disclosure Control*, 2012).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.reporting.domain.fields import Counted
from services.reporting.domain.linked import SMALL, LinkedTable, Number, Shown

MINIMUM_BASE = 10
FIRM_BASE = 30

_CHOSEN, _NOT_CHOSEN = "chosen", "not chosen"

Counts = Mapping[str, Mapping[str, int]]
"""For each leaf of the tree, the number of each item."""

Tree = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """One number as it is shown. `percentage` only where the number itself is."""

    option: str
    label: str
    shown: str
    number: int | None
    percentage: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """The answers to one field in one region."""

    field: str
    label: str
    base: int
    cells: tuple[Cell, ...]

    @property
    def indicative(self) -> bool:
        return self.base < FIRM_BASE


def percentage(number: int, base: int) -> int:
    """Rounded to the nearest whole, halves up."""
    return (200 * number + base) // (2 * base)


def tables(field: Counted, counts: Counts, tree: Tree, hidden: Iterable[str] = ()) -> dict[str, Table | None]:
    """The table of a field for every region; None where there is none to show. `hidden`: never in these regions."""
    base = bases(field, counts, tree)
    covered = {r for r in tree if base[r] < MINIMUM_BASE} | set(hidden)
    shown = _several if field.several else _one
    return shown(field, counts, tree, base, covered)


def bases(field: Counted, counts: Counts, tree: Tree) -> dict[str, int]:
    """How many answered the field, in every region."""
    totals = dict.fromkeys(tree, 0)
    for leaf, items in counts.items():
        if field.several:
            answered = items.get(field.code, 0)
        else:
            answered = sum(items.get(field.item(option), 0) for option, _ in field.options)
        at: str | None = leaf
        while at is not None:
            totals[at] += answered
            at = tree[at]
    return totals


def gives_away(field: Counted, gate: Counted, shown: Mapping[str, Table | None], tree: Tree) -> set[str]:
    """The regions in which a field's base would give back a number of the question that it depends on."""
    assert field.condition
    wanted = set(field.condition.values)
    found = set()
    for region in tree:
        table = shown[region]
        if table is None:
            found.add(region)
            continue
        hidden = {c.option for c in table.cells if c.number is None}
        inside, outside = bool(hidden & wanted), bool(hidden - wanted)
        alone = gate.several and len(wanted) == 1
        if inside if alone else outside if gate.several else inside and outside:
            found.add(region)
    return found


def _one(
    field: Counted, counts: Counts, tree: Tree, base: Mapping[str, int], covered: set[str]
) -> dict[str, Table | None]:
    """One answer each: the options add up to the base. Where all in the country gave the same answer, zeros tell it all."""
    options = [option for option, _ in field.options]
    numbers = {leaf: {o: items.get(field.item(o), 0) for o in options} for leaf, items in counts.items()}
    given = {o for row in numbers.values() for o, n in row.items() if n}
    unanimous = [Number(region, o) for region in tree for o in given] if len(given) == 1 else ()
    linked = LinkedTable(tree, options, numbers, covered, harmless=unanimous)
    linked.protect()
    made: dict[str, Table | None] = {}
    for region in tree:
        if region in linked.hidden:
            made[region] = None
            continue
        cells = tuple(_cell(linked, region, option, label, base[region]) for option, label in field.options)
        made[region] = Table(field.code, field.label, base[region], cells)
    return made


def _cell(linked: LinkedTable, region: str, option: str, label: str, base: int) -> Cell:
    number = Number(region, option)
    match linked.shown(number):
        case Shown.EXACT:
            value = linked.values[number]
            return Cell(option, label, str(value), value, percentage(value, base))
        case Shown.SMALL:
            return Cell(option, label, f"<{SMALL}", None, None)
        case _:
            return Cell(option, label, "–", None, None)


def _several(
    field: Counted, counts: Counts, tree: Tree, base: Mapping[str, int], covered: set[str]
) -> dict[str, Table | None]:
    """Several answers each: every option is a table of its own, of who chose it and who did not."""
    columns = [_option(field, option, label, counts, tree, base, covered) for option, label in field.options]
    return {
        region: None
        if region in covered
        else Table(field.code, field.label, base[region], tuple(column[region] for column in columns))
        for region in tree
    }


def _option(
    field: Counted,
    option: str,
    label: str,
    counts: Counts,
    tree: Tree,
    base: Mapping[str, int],
    covered: set[str],
) -> dict[str, Cell]:
    """The cells of one option. Where nobody chose it, those who did not are all who answered: that number is no secret."""
    numbers = {}
    for leaf, items in counts.items():
        chosen = items.get(field.item(option), 0)
        numbers[leaf] = {_CHOSEN: chosen, _NOT_CHOSEN: items.get(field.code, 0) - chosen}
    totals = LinkedTable(tree, (_CHOSEN,), numbers)
    nobody = [Number(region, _NOT_CHOSEN) for region in tree if totals.base(region) == 0]
    linked = LinkedTable(tree, (_CHOSEN, _NOT_CHOSEN), numbers, covered, harmless=nobody)
    linked.protect()
    cells = {}
    for region in tree:
        cell = _cell(linked, region, _CHOSEN, label, base[region] or 1)
        if cell.number is None and linked.shown(Number(region, _NOT_CHOSEN)) is Shown.SMALL:
            cell = Cell(option, label, f">{base[region] - SMALL}", None, None)
        cells[region] = Cell(option, label, cell.shown, cell.number, cell.percentage)
    return cells
