"""A figure: what was measured, against what it should be."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """`met` is None where nothing is promised: the figure is there to explain another. `said` tells how it came about."""

    figure: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    said: str = ""


def at_least(figure: str, value: float, unit: str, target: float, said: str = "") -> Figure:
    """More is better."""
    return Figure(figure, value, unit, f"≥ {target:g}", value >= target, said)


def at_most(figure: str, value: float, unit: str, target: float, said: str = "") -> Figure:
    """Less is better."""
    return Figure(figure, value, unit, f"≤ {target:g}", value <= target, said)


def beside(figure: str, value: float, unit: str, said: str = "") -> Figure:
    """Nothing is promised about it."""
    return Figure(figure, value, unit, said=said)


def table(figures: Iterable[Figure]) -> Table:
    """For people."""
    shown = Table("figure", "value", "unit", "target", "met", "how")
    for one in figures:
        met = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[one.met]
        shown.add_row(one.figure, readable(one.value), one.unit, one.target, met, f"[dim]{one.said}[/]")
    return shown


def readable(value: float) -> str:
    """Three digits that matter, and no more than are known."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def write(file: Path, figures: Sequence[Figure], circumstances: dict[str, Any]) -> None:
    """For machines. Figures of an earlier run that were not measured now are not kept: one file, one run."""
    rows = [{**asdict(one), "value": round(one.value, 4)} for one in figures]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"figures": rows, "circumstances": circumstances}, indent=2, ensure_ascii=False) + "\n")
