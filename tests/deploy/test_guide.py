"""The guides of `docs` as pages of the platform."""

from pathlib import Path

import pytest

from deploy import guide


@pytest.mark.parametrize(
    ("link", "where"),
    [
        ("wire-format.md", "/contract/en/wire-format"),
        ("wire-format.md#limits", "/contract/en/wire-format#limits"),
        ("partners.md", "/contract/gids"),
        ("#stap-10-blijf-meedoen", "#stap-10-blijf-meedoen"),
        ("https://cloudevents.io", "https://cloudevents.io"),
        ("../deploy/examples/curl/events.sh", None),
        ("decisions/README.md", None),
    ],
)
def test_links_lead_to_what_is_served(link: str, where: str | None) -> None:
    """What the platform does not have, is no link there."""
    assert guide.served(link) == where


def test_a_document_becomes_a_page_of_ours(tmp_path: Path) -> None:
    """With our classes, anchors, tables that can be scrolled and read out, and nothing that a template would run."""
    document = tmp_path / "a.md"
    document.write_text(
        "# Een gids\n\n| a | b |\n| --- | --- |\n| `{{ x }}` | <b>y</b> |\n\nZie [dit](weg.md).\n", "utf-8"
    )
    html = guide.page(document)
    assert html.startswith("{% raw %}")
    assert '<h1 class="utrecht-heading-1" id="een-gids">Een gids</h1>' in html
    assert '<div class="bb-table-scroll" tabindex="0" role="region" aria-label="Een gids">' in html
    assert '<th class="utrecht-table__header-cell" scope="col">a</th>' in html
    assert "Zie dit." in html


def test_the_pages_in_the_tree_are_those_of_the_documents() -> None:
    """As `burenbus schemas --check` says too."""
    for at, html in guide.current().items():
        assert at.read_text("utf-8") == html, at.name
