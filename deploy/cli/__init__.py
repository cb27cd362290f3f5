"""The command line `burenbus`: one module per group of commands, each with `register(app)`.

Exit codes: 0 done, 1 failed (or not healthy), 2 the command itself is wrong. What is expected to go wrong is told in a
sentence. Heavy libraries are imported inside the commands, so that help and completion are quick.
"""

import importlib
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from typer import rich_utils
from typer.exceptions import TyperException

from deploy.cli.usage import in_dutch
from deploy.errors import DeployError

GROUPS = (
    "stack",
    "demo",
    "operate",
    "partner",
    "campaign",
    "staff",
    "mail",
    "report",
    "restate",
    "dead",
    "schemas",
    "validate",
    "publish",
    "columns",
    "history",
)
"""The modules of this package that hold commands, in the order of the help."""

errors = Console(stderr=True, highlight=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"burenbus {version('burenbus')}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command line with all its groups."""
    _in_dutch()
    app = typer.Typer(
        name="burenbus",
        help=(
            "De bus van zorgzame gemeenschappen: één register, één enquête, tijdige berichten en een rapport per regio.\n\n"
            "De opdrachten gaan over het platform dat hier draait (`up`), anders over een demo die draait (`demo --keep`)."
        ),
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,  # a traceback must not show passwords
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _top(
        _: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Laat de versie zien en stop.")
        ] = False,
    ) -> None: ...

    for group in GROUPS:
        importlib.import_module(f"{__name__}.{group}").register(app)
    return app


def main() -> None:
    """The console script."""
    try:
        code = build()(standalone_mode=False)
    except DeployError as error:
        errors.print(f"[bold red]Fout:[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(error.exit_code) from None
    except typer.Abort:
        raise SystemExit(1) from None
    except TyperException as error:
        raise SystemExit(_tell_usage(error)) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _tell_usage(error: TyperException) -> int:
    """What is wrong with the command, and where help is."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()  # type: ignore[attr-defined] # the help itself
        return error.exit_code
    errors.print(f"[bold red]Fout:[/] {escape(in_dutch(error.format_message()))}", soft_wrap=True)
    if context is not None:
        errors.print(f"Hulp: {escape(context.command_path)} -h", soft_wrap=True)
    return error.exit_code


def _in_dutch() -> None:
    """The headings of the help."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "Wat u geeft"
    rich_utils.OPTIONS_PANEL_TITLE = "Opties"
    rich_utils.COMMANDS_PANEL_TITLE = "Opdrachten"
    rich_utils.REQUIRED_LONG_STRING = "[verplicht]"
    rich_utils.DEFAULT_STRING = "[anders: {}]"
    rich_utils.ENVVAR_STRING = "[of de variabele {}]"
