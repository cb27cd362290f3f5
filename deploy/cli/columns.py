"""`burenbus columns`: which columns a file may have."""

import typer

from deploy.cli.validate import PANEL, Type, known_type
from deploy.errors import WrongCommand


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("columns", rich_help_panel=PANEL)(columns)


def columns(
    type_: Type = None,
) -> None:
    """Laat zien welke kolommen een bestand mag hebben, en onder welke koppen wij ze herkennen (Markdown)."""
    from shared.sheets.columns import COLUMNS

    known_type(type_)
    for kind in [type_] if type_ else COLUMNS:
        if kind not in COLUMNS:
            raise WrongCommand(f"Een bestand met rijen kan niet {kind} zijn. Kies uit: {', '.join(COLUMNS)}.")
        print(f"\n## {kind}\n\n| kolom | column | veld | ook herkend |\n| --- | --- | --- | --- |")
        for spec in COLUMNS[kind]():
            needed = " (verplicht)" if spec.required else ""
            names = ", ".join(name.replace("|", " ") for name in spec.names)
            print(f"| {spec.title.nl}{needed} | {spec.title.en} | `{spec.pointer}` | {names} |")
