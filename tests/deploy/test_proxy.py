"""One table says which service answers for which path."""

import json
from pathlib import Path

import pytest

from deploy import proxy
from deploy.databases import SERVICES


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "reporting"),
        ("/kaart", "reporting"),
        ("/enquete", "survey"),
        ("/enquete/2026/vraag", "survey"),
        ("/enquetes", "reporting"),
        ("/events", "registry"),
        ("/partner/upload", "registry"),
        ("/contract/problems", "registry"),
        ("/register", "registry"),
        ("/inloggen", "notify"),
        ("/static/notify/style.css", "notify"),
        ("/metrics", None),
        ("/health/ready", None),
        ("/healthy", "reporting"),
    ],
)
def test_the_longest_prefix_wins_and_ends_at_a_slash(path: str, service: str | None) -> None:
    """What operators look at is for nobody outside."""
    assert proxy.load().service(path) == service


def test_every_service_is_in_the_table_with_its_static_files() -> None:
    """And nobody else is."""
    routes = proxy.load().services
    assert set(routes.values()) == set(SERVICES)
    for service in SERVICES:
        assert routes[f"/static/{service}"] == service


def test_a_table_without_an_answer_for_the_rest_is_refused(tmp_path: Path) -> None:
    """Otherwise a page would be missing only when somebody asks for it."""
    table = tmp_path / "routes.json"
    table.write_text(json.dumps({"routes": {"/enquete": "survey"}, "private": []}))
    with pytest.raises(ValueError, match="no service answers for /"):
        proxy.load(table)
