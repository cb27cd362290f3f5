"""`burenbus campaign`: plan an inventarisatie, follow it, open or close it earlier than planned."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from deploy.errors import DeployError

if TYPE_CHECKING:
    from services.survey.admin import Overview
    from services.survey.settings import Settings
    from shared.transaction import Tx

PANEL = "Inventarisatie"
R = TypeVar("R")
out = Console(highlight=False)

_STATUS = {"scheduled": "gepland", "open": "open", "closed": "gesloten"}
Id = Annotated[str, typer.Argument(metavar="CAMPAGNE", help="De korte naam, zoals 2026.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Inventarisaties: plannen, volgen, eerder openen of sluiten.", no_args_is_help=True)
    group.command("plan")(plan)
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("open")(open_now)
    group.command("close")(close_now)
    app.add_typer(group, name="campaign", rich_help_panel=PANEL)


def plan(
    campaign: Id,
    title: Annotated[str, typer.Option(help="De titel die mensen zien.")],
    opens: Annotated[str, typer.Option(help="Nederlandse tijd: 2026-09-14 of 2026-09-14T09:00.")],
    closes: Annotated[str, typer.Option(help="Nederlandse tijd; een datum telt zelf nog mee: 2026-10-31.")],
    questionnaire: Annotated[str, typer.Option(help="De versie van de vragenlijst.")] = "2026.1",
) -> None:
    """Plan een inventarisatie, of verander een die nog niet open is geweest."""
    from services.survey import admin
    from services.survey.domain.campaign import until_in_words
    from shared.dutch import date_and_time

    made = _in_survey(
        lambda tx, _: admin.plan(tx, campaign, title=title, questionnaire=questionnaire, opens=opens, closes=closes)
    )
    out.print(f"Gepland: {made.title} ({made.id}), open op {date_and_time(made.opens)}, {until_in_words(made.closes)}.")


def list_all() -> None:
    """Laat alle inventarisaties zien, met hoeveel initiatieven meedoen."""
    from deploy.cli import tables
    from services.survey import admin
    from shared.dutch import date_and_time

    rows = []
    for row in _in_survey(lambda tx, _: admin.overview(tx)):
        c = row.campaign
        invited, responded = str(row.tally.invited), str(row.tally.responded)
        opens, closes = date_and_time(c.opens), date_and_time(c.closes)
        rows.append((c.id, c.title, _STATUS[c.status], opens, closes, invited, responded))
    tables.show(rows, "Campagne", "Titel", "Stand", "Opent", "Sluit", "Uitgenodigd", "Ingevuld", key="Campagne")


def show(campaign: Id) -> None:
    """Laat één inventarisatie zien."""
    from services.survey import admin

    _print(_in_survey(lambda tx, _: admin.show(tx, campaign)))


def open_now(campaign: Id) -> None:
    """Open een geplande inventarisatie nu, en nodig de initiatieven uit."""
    from services.survey import admin

    async def run(tx: "Tx", settings: "Settings") -> "Overview":
        await admin.open_now(tx, campaign, settings)
        return await admin.show(tx, campaign)

    _print(_in_survey(run))


def close_now(campaign: Id) -> None:
    """Sluit een inventarisatie nu. Wat later binnenkomt, telt niet meer mee."""
    from services.survey import admin

    async def run(tx: "Tx", settings: "Settings") -> "Overview":
        await admin.close_now(tx, campaign, settings)
        return await admin.show(tx, campaign)

    _print(_in_survey(run))


def _print(row: "Overview") -> None:
    from shared.dutch import date_and_time

    c, invited, responded = row.campaign, row.tally.invited, row.tally.responded
    out.print(f"{c.title} ({c.id}): {_STATUS[c.status]}, vragenlijst {c.questionnaire}")
    out.print(f"  opent {date_and_time(c.opens)}, sluit {date_and_time(c.closes)}")
    rate = f" ({100 * responded / invited:.0f} %)" if invited else ""
    out.print(f"  uitgenodigd {invited}, ingevuld {responded}{rate}")


def _in_survey(work: "Callable[[Tx, Settings], Awaitable[R]]") -> R:
    """Does the work in one transaction on the survey's database. Raises DeployError with why it cannot be done."""
    from deploy.rooms import in_service, settings_of
    from services.survey.domain.campaign import NotPossible
    from services.survey.settings import Settings

    settings = settings_of("survey")
    assert isinstance(settings, Settings)
    try:
        return in_service("survey", lambda tx: work(tx, settings))
    except NotPossible as reason:
        raise DeployError(str(reason)) from None
