"""From counts to the pages of a publication: for every region its tables, after disclosure control, ready to be frozen."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.reporting.domain import disclosure, regions, signals
from services.reporting.domain.disclosure import Counts, Table, Tree
from services.reporting.domain.fields import RESPONDED, Block, Counted, blocks

INVITED = "invited"

Tables = Mapping[str, Mapping[str, Table | None]]
"""For each field, the table of each region."""


def pages(version: str, answers: Counts, heard: Counts) -> dict[str, dict[str, Any]]:
    """The report of every region, as JSON. `answers` counts the campaign's items, `heard` those of signals."""
    tree = regions.tree()
    asked = blocks(version)
    tables = {**_tables(asked, answers, tree), **_tables(signals.BLOCKS, heard, tree)}
    return {
        region: {
            "region": region,
            "name": regions.name(region),
            **rate(regions.within(region, _flat(answers))),
            "blocks": [_block(b, tables, region, tree) for b in (*asked, *signals.BLOCKS)],
        }
        for region in regions.pages()
    }


def rate(items: Mapping[str, int]) -> dict[str, int | None]:
    """Response: how many were asked, how many answered, and the percentage (None when nobody was asked)."""
    invited, responded = items.get(INVITED, 0), items.get(RESPONDED, 0)
    share = disclosure.percentage(responded, invited) if invited else None
    return {"invited": invited, "responded": responded, "rate": share}


def charted(reports: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks to draw, each with its region: where a wider region's tables stand in, its chart does too."""
    for region, report in reports.items():
        for block in report["blocks"]:
            if block["from"] == region:
                yield region, block


def _flat(counts: Counts) -> list[tuple[str, str, int]]:
    return [(region, item, n) for region, items in counts.items() for item, n in items.items()]


def _tables(asked: Iterable[Block], counts: Counts, tree: Tree) -> dict[str, dict[str, Table | None]]:
    """Every field's tables, in the order of the questionnaire: what a question depends on comes before it."""
    fields: dict[str, Counted] = {}
    found: dict[str, dict[str, Table | None]] = {}
    for field in (f for block in asked for f in block.fields):
        hidden = {regions.NOWHERE}
        on = field.condition
        if on and on.field in fields:
            hidden |= disclosure.gives_away(field, fields[on.field], found[on.field], tree)
        fields[field.code] = field
        found[field.code] = disclosure.tables(field, counts, tree, hidden)
    return found


def _block(block: Block, tables: Tables, region: str, tree: Tree) -> dict[str, Any]:
    """A block as it stands on the page of a region. `from` is the region whose tables these are: its own, or the nearest
    wider one that has any; None if there is none."""
    at: str | None = region
    while at is not None and all(tables[f.code][at] is None for f in block.fields):
        at = tree[at]
    return {
        "code": block.code,
        "title": block.title,
        "section": block.section,
        "matrix": block.matrix,
        "several": any(f.several for f in block.fields),
        "from": at,
        "fromName": regions.name(at) if at else None,
        "tables": [_table(f, tables[f.code][at]) for f in block.fields] if at else [],
    }


def _table(field: Counted, table: Table | None) -> dict[str, Any]:
    if table is None:
        return {"field": field.code, "label": field.label, "base": None, "indicative": False, "cells": []}
    return {
        "field": field.code,
        "label": field.label,
        "base": table.base,
        "indicative": table.indicative,
        "cells": [
            {"option": c.option, "label": c.label, "shown": c.shown, "number": c.number, "percentage": c.percentage}
            for c in table.cells
        ],
    }
