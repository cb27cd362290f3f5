"""The guides for partners as pages of the platform, made from `docs`: written by `burenbus schemas`, and checked by it.

The image has no `docs`; so what is served is checked in, like the schemas.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = ROOT / "services" / "registry" / "templates" / "contract" / "guides"
GUIDES = {"partners.md": "/contract/gids", "wire-format.md": "/contract/en/wire-format"}
"""The documents that are served, and where."""
_CLASSES = {
    "h1": "utrecht-heading-1",
    "h2": "utrecht-heading-2",
    "h3": "utrecht-heading-3",
    "p": "utrecht-paragraph",
    "ul": "utrecht-unordered-list",
    "ol": "utrecht-ordered-list",
    "table": "utrecht-table utrecht-table--html-table utrecht-table--alternate-row-color bb-wide",
    "thead": "utrecht-table__header",
    "tbody": "utrecht-table__body",
    "tr": "utrecht-table__row",
    "th": "utrecht-table__header-cell",
    "td": "utrecht-table__cell",
}


def current() -> dict[Path, str]:
    """Every page as it should be; none where there are no documents."""
    return {PAGES / f"{Path(name).stem}.html": page(DOCS / name) for name in GUIDES if (DOCS / name).is_file()}


def page(document: Path) -> str:
    """One document as HTML of ours; what it links to and is not served is named, without a link."""
    reader = MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(document.read_text("utf-8"))
    _dress(tokens)
    html = reader.renderer.render(tokens, reader.options, {})
    html = re.sub(r'<table class="[^"]*" aria-label="([^"]*)">', _scrolling, html).replace(
        "</table>", "</table>\n</div>"
    )
    html = html.replace("<pre>", '<pre class="bb-code" tabindex="0">')
    return "{% raw %}\n" + html + "{% endraw %}\n"


def _scrolling(found: re.Match[str]) -> str:
    label = escape(found[1], quote=True)
    return f'<div class="bb-table-scroll" tabindex="0" role="region" aria-label="{label}">\n<table class="{_CLASSES["table"]}">'


def _dress(tokens: Sequence[Token]) -> None:
    """Our classes, an anchor for each heading, and a name for each table: that of the heading above it, numbered from the second on."""
    heading, tables = "", Counter[str]()
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.nesting == 1 and token.tag in _CLASSES:
            token.attrSet("class", _CLASSES[token.tag])
        if token.type == "list_item_open":
            token.attrSet("class", "utrecht-unordered-list__item")
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.type == "heading_open" and after is not None:
            heading = re.sub(r"[`*]", "", after.content)
            token.attrSet("id", anchor(heading))
        if token.type == "table_open":
            tables[heading] += 1
            token.attrSet("aria-label", heading if tables[heading] == 1 else f"{heading} {tables[heading]}")
        if token.children:
            token.children = list(_linked(token.children))


def _linked(children: Sequence[Token]) -> Iterator[Token]:
    dropped = False
    for child in children:
        if child.type == "link_open":
            where = served(str(child.attrGet("href")))
            dropped = where is None
            if where is not None:
                child.attrSet("href", where)
                child.attrSet("class", "utrecht-link utrecht-link--html-a")
                yield child
        elif child.type != "link_close" or not dropped:
            yield child
        else:
            dropped = False


def served(link: str) -> str | None:
    """Where a link of a document leads on the platform; None when what it names is not there."""
    path, _, part = link.partition("#")
    if path.startswith("https://") or not path:
        return link
    return GUIDES[path] + (f"#{part}" if part else "") if path in GUIDES else None


def anchor(heading: str) -> str:
    """As the sites that show these documents make it, so that a link into one holds in both places."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")
