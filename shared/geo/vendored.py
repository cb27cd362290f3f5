"""Reading the vendored files beside this module (`data/README.md` says what they are and where they come from)."""

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files


def rows(name: str) -> Iterator[Mapping[str, str]]:
    """The rows of `data/<name>.csv`, by column."""
    yield from csv.DictReader(text(f"{name}.csv").splitlines())


def text(name: str) -> str:
    """The whole of `data/<name>`."""
    return files("shared.geo").joinpath("data", name).read_text("utf-8")
