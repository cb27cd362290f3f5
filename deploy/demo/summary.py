"""What the demo tells at its end: for people, and as JSON for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.figures import Figures
from shared import geo

Steps = Sequence[tuple[str, float]]
"""What was done, and how long it took in seconds."""

PRECISION_BAR, RECALL_BAR, PEOPLE_BAR = 0.995, 0.97, 0.05

_KINDS = {
    "invitation": "uitnodiging aan initiatief",
    "digest": "dagelijkse mail aan medewerker",
    "possible-duplicate": "mogelijk dubbel initiatief",
    "bottleneck": "knelpunt",
    "campaign-opened": "inventarisatie open",
    "campaign-closed": "inventarisatie gesloten",
    "report-published": "uitkomsten gepubliceerd",
}


def as_json(figures: Figures, *, per_second: float, seconds: float) -> dict[str, Any]:
    """The figures for `--json`."""
    match = figures.matching
    return {
        "initiatives": {"truth": figures.initiatives_truth, "found": figures.initiatives_found},
        "matching": {
            "precision": round(match.precision, 4),
            "recall": round(match.recall, 4),
            "to_people_share": round(match.to_people_share, 4),
        },
        "events": {
            "published": figures.published,
            "accepted": figures.published - figures.refused,
            "refused": figures.refused,
            "set_aside": figures.set_aside,
            "per_second": round(per_second, 1),
        },
        "responses": {"counted": figures.responses, "rate": round(figures.response_rate, 4)},
        "mails": dict(figures.mails),
        "pages": {"map": figures.map_url, "report": figures.report_url},
        "seconds": round(seconds, 1),
    }


def show(out: Console, figures: Figures, *, per_second: float, steps: Steps) -> None:
    """The readable summary."""
    out.rule("Wat ervan werd (een verzonnen beweging; negen initiatieven bestaan echt)")
    out.print(_main(figures, per_second))
    out.print(_responses(figures))
    out.print(_counts("Geweigerd, met reden", "code", "keer", figures.refusals))
    out.print(
        _counts("Mails in het postvak", "soort", "mails", {_KINDS.get(k, k): n for k, n in figures.mails.items()})
    )
    out.print(_counts("Tijd per stap", "stap", "seconden", {name: f"{spent:.1f}" for name, spent in steps}))


def _main(figures: Figures, per_second: float) -> Table:
    match = figures.matching
    table = _table("In het kort", "", "")
    rows = [
        ("Initiatieven in het register", str(figures.initiatives_active)),
        ("  en gestopt", str(figures.initiatives_closed)),
        ("  samen", f"{figures.initiatives_found} (echt: {figures.initiatives_truth})"),
        ("Samengevoegd: goed (paarsgewijs)", _bar(match.precision, match.precision >= PRECISION_BAR)),
        ("Gevonden: samengevoegd of voorgelegd", _bar(match.recall, match.recall >= RECALL_BAR)),
        ("Aan mensen voorgelegd", _bar(match.to_people_share, match.to_people_share <= PEOPLE_BAR)),
        ("Gebeurtenissen beantwoord", str(figures.published)),
        ("  waarvan geweigerd", str(figures.refused)),
        ("  apart gezet", str(figures.set_aside)),
        ("Gebeurtenissen per seconde", f"{per_second:.0f}"),
        ("Inzendingen die tellen", f"{figures.responses} ({100 * figures.response_rate:.0f} % van de uitgenodigden)"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _bar(value: float, good: bool) -> str:
    return f"[{'green' if good else 'red'}]{100 * value:.1f} %[/]"


def _responses(figures: Figures) -> Table:
    table = _table("Inzendingen per provincie", "provincie", "inzendingen", "uitgenodigd", "respons")
    rows = [(p.code, p.name) for p in geo.provinces()]
    if figures.counted.get("") or figures.invited.get(""):
        rows.append(("", "zonder provincie"))
    for code, name in rows:
        counted, invited = figures.counted.get(code, 0), figures.invited.get(code, 0)
        table.add_row(name, str(counted), str(invited), f"{100 * counted / invited:.0f} %" if invited else "–")
    return table


def _counts(title: str, what: str, how_many: str, counts: Mapping[str, Any]) -> Table:
    table = _table(title, what, how_many)
    for name, number in counts.items():
        table.add_row(name, str(number))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_header=any(columns)
    )
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table
