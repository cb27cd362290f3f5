"""One table says which service answers for which path."""

import json
import re
from pathlib import Path

import pytest

from deploy import proxy
from deploy.databases import SERVICES
from shared.events.envelope import MESSAGE_LIMIT_BYTES
from shared.events.problems import DOCUMENTATION, problem

NGINX = (Path(proxy.__file__).parent / "nginx.conf").read_text("utf-8")


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
    table.write_text(json.dumps({"routes": {"/enquete": "survey"}, "private": [], "programs": []}))
    with pytest.raises(ValueError, match="no service answers for /"):
        proxy.load(table)


def test_nginx_has_the_same_table() -> None:
    """What leads where, and what programs ask for."""
    table = proxy.load()
    said = {
        path: service
        for path, service in re.findall(r"~\^(/\S*?)\(/\|\$\)\s+(\w+);", NGINX)
        if service in table.services.values()
    }
    assert {**said, "/": "reporting", "/static/reporting": "reporting"} == table.services
    [programs] = re.findall(r"location ~ (\^/\(events\S+) \{", NGINX)
    asked = [
        *table.programs,
        *table.services,
        *(f"{path}/x" for path in table.programs),
        "/eventsx",
        "/partner/claimsx",
    ]
    assert [path for path in asked if re.search(programs, path)] == [p for p in asked if table.for_programs(p)]


def test_nginx_tells_programs_a_problem_as_the_services_do() -> None:
    """The same words for a platform that is away, and the limits as they are for what is too large."""
    documents = [json.loads(text.replace("\\n", "")) for text in re.findall(r"return \d+ '(\{.*\}\\n)';", NGINX)]
    found = {one["status"]: one for one in documents}
    assert found.keys() == {400, 413, 503}
    assert found[503]["problems"] == [problem("platform-away").model_dump(exclude_none=True)]
    [large] = found[413]["problems"]
    assert large.keys() == found[503]["problems"][0].keys()
    assert str(MESSAGE_LIMIT_BYTES) in large["nl"]
    assert f"{2 * 1024 * 1024}" in large["en"]
    assert found[413]["type"] == large["documentation"] == f"{DOCUMENTATION}#too-large"
    assert found[503]["type"] == f"{DOCUMENTATION}#platform-away"
