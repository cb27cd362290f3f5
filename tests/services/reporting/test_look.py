"""The shared look: what templates ask of NL Design System is vendored, and nothing comes from elsewhere."""

import re
from pathlib import Path

from shared.web import HERE

ROOT = HERE.parent.parent
STATIC = HERE / "static"


def templates() -> list[Path]:
    found = [*HERE.glob("templates/**/*.html"), *ROOT.glob("services/*/templates/**/*.html")]
    return [p for p in found if "mail" not in p.parts]


def test_every_component_that_a_template_uses_is_in_the_vendored_part() -> None:
    """A class of a component that was left out would do nothing, silently."""
    known = set(re.findall(r"\.(utrecht-[\w-]+)", (STATIC / "utrecht.css").read_text("utf-8")))
    known |= {c.split("__")[0] for c in known} | {"utrecht-form-field", "utrecht-button--html-button"}
    used: dict[str, Path] = {}
    for template in templates():
        for name in re.findall(r"[\"\s](utrecht-[a-z0-9_-]*[a-z0-9])(?=[\"\s{])", template.read_text("utf-8")):
            used.setdefault(name, template.relative_to(ROOT))
    assert {name: str(where) for name, where in used.items() if name not in known} == {}


def test_no_page_loads_anything_from_elsewhere() -> None:
    """Scripts, styles and pictures have addresses of our own; no style or script stands in a page."""
    for template in templates():
        text = template.read_text("utf-8")
        assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?:https?:)?//", text), template
        assert not re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", text), template


def test_every_token_that_is_used_is_set_somewhere() -> None:
    """Our own colours and sizes (--bb-…) have one place."""
    theme = (STATIC / "theme.css").read_text("utf-8")
    own = set(re.findall(r"(--bb-[\w-]+):", theme))
    sheets = [*STATIC.glob("*.css"), *ROOT.glob("services/*/static/*.css")]
    used = {name for sheet in sheets for name in re.findall(r"var\((--bb-[\w-]+)", sheet.read_text("utf-8"))}
    assert used <= own
