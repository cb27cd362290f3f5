"""A new partner tries each of the five channels on the platform in containers, and its operator has all that the manual says."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from playwright.async_api import Browser

from deploy.local import packages
from tests.browser.conftest import browser
from tests.clients.conftest import NodeFolder, node

from .platform import DEPLOY, Compose, Partner

__all__ = ["browser", "node"]  # fixtures

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]
EXAMPLES = DEPLOY / "examples"
BURENBUS = Path(sys.executable).with_name("burenbus")
LIST = "nummer;naam;soort;plaats;postcode\n{0}1;Buurthuis {0};buurthuiskamer;Utrecht;3512\n{0}2;Dorpshuis {0};;Vorden;7251\n"
SIGNAL = "nl.zorgzame-gemeenschappen.signal-reported.v1"


def soon(check: Callable[[], None]) -> None:
    """Until what it asserts holds."""
    for attempt in stamina.retry_context(on=AssertionError, timeout=90, attempts=None, wait_initial=0.2, wait_max=1):
        with attempt:
            check()


def history(partner: Partner) -> dict[str, dict[str, Any]]:
    """What became of each event of a partner, by its id: the last that was answered. The history tells the last first."""
    answer = httpx.get(
        f"{partner.environment['BURENBUS_URL']}/partner/history", headers=partner.headers, timeout=60
    ).raise_for_status()
    return {event["id"]: event for event in reversed(answer.json()["events"])}


def test_what_boarding_prints_works_as_it_stands(partner: Partner) -> None:
    """The program, and the line for the shell: the sandbox answers both."""
    [program] = re.findall(r"^import asyncio.*?^asyncio\.run\(main\(\)\)$", partner.printed, re.MULTILINE | re.DOTALL)
    ran = partner.run(sys.executable, "-c", program)
    assert ran.returncode == 0, ran.stderr
    assert '"code": "sandbox"' in ran.stdout
    if shutil.which("curl") is None:
        packages.install("curl")
    asked = partner.run("sh", "-c", partner.printed[partner.printed.index("\ncurl ") :])
    assert "HTTP/1.1 202 Accepted" in asked.stdout, asked.stdout + asked.stderr


def test_over_amqp_in_python_and_node(partner: Partner, node: NodeFolder) -> None:
    """The examples, from the top of the tree: each answer says that nothing is kept."""
    folder = node(EXAMPLES / "node")
    for program in ((sys.executable, EXAMPLES / "python" / "client.py"), ("node", folder / "client.mjs")):
        ran = partner.run(*program, EXAMPLES / "initiatives.json")
        assert ran.returncode == 0, ran.stderr
        assert "event-accepted.v1 1 new" in ran.stdout
        assert f"{partner.environment['BURENBUS_URL']}/contract/problems#sandbox" in ran.stdout


def test_over_http(partner: Partner) -> None:
    """Asked beforehand; one event, a list, and binary mode; and the history of each."""
    sent: list[str] = []
    for how in ("validate", "single", "batch", "binary"):
        ran = partner.run("sh", EXAMPLES / "curl" / "events.sh", how)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        sent += [event["id"] for event in json.loads(ran.stdout)["events"] if event["status"] == "received"]
    assert len(sent) == 4

    def answered() -> None:
        told = history(partner)
        assert [told[one]["outcome"] for one in sent] == ["new"] * 4

    soon(answered)


def test_a_file_is_published_from_outside(partner: Partner, tmp_path: Path) -> None:
    """Checked offline, sent over HTTP, answered, and found again in the history."""
    (tmp_path / "lijst.csv").write_text(LIST.format("f"), "utf-8")
    url = partner.environment["BURENBUS_URL"]
    assert "2 rijen goed" in partner.run(BURENBUS, "validate", tmp_path / "lijst.csv").stdout
    ran = partner.run(BURENBUS, "publish", tmp_path / "lijst.csv", "--url", url, "--partner", partner.name)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "antwoorden: 2 nieuw" in ran.stdout
    told = partner.run(BURENBUS, "history", "--url", url)
    assert {"f1", "f2"} <= set(re.findall(r"initiative-reported\.v1  (\S+)", told.stdout)), told.stdout + told.stderr


async def test_a_list_is_uploaded_in_a_browser(partner: Partner, browser: Browser) -> None:
    """Logged in with the token, chosen, looked at, sent, and answered without a touch."""
    page = await browser.new_page(locale="nl-NL")
    page.set_default_timeout(90_000)
    await page.goto(f"{partner.environment['BURENBUS_URL']}/partner/aanleveren")
    await page.get_by_label("API-token").fill(partner.environment["BURENBUS_TOKEN"])
    await page.get_by_label("API-token").press("Enter")
    content = LIST.format("u").encode()
    await page.set_input_files("#bestand", {"name": "lijst.csv", "mimeType": "text/csv", "buffer": content})
    await page.get_by_role("button", name="Kijk het bestand na").click()
    await page.get_by_role("button", name="Verstuur 2 rijen").click()
    await page.get_by_role("heading", name="Alles is beantwoord").wait_for()
    await page.close()


def test_the_operator_sees_how_it_stands(compose: Compose, partner: Partner) -> None:
    """`status` knows the containers; `partner list` and `show` what a partner did; nothing stands aside."""
    seen = compose.admin("status", "partner list", f"partner show {partner.name}", "dead list")
    for process in ("registry", "survey", "notify", "reporting", "doorkeeper"):
        assert re.search(rf"^{process} +gezond", seen, re.MULTILINE)
    assert "doet mee (proef)" in seen
    assert "initiative-reported.v1: " in seen
    assert "Er is niets apart gezet." in seen


def test_a_partner_goes_live_stands_still_rotates_and_leaves(compose: Compose) -> None:
    """What an operator types comes true for password and token at once, at the broker and behind the proxy."""
    board = compose.board("levend")
    name, claims = board.name, f"{compose.url}/partner/claims"

    def amqp(of: Partner) -> str:
        ran = of.run(sys.executable, EXAMPLES / "python" / "client.py", EXAMPLES / "initiatives.json")
        return ran.stdout + ran.stderr

    compose.admin(f"partner live {name}", f"partner suspend {name}")
    assert "ACCESS_REFUSED" in amqp(board)
    refused = httpx.post(f"{compose.url}/events", headers=board.headers, content=b"{}", timeout=60)
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (403, "suspended")
    printed = compose.admin(f"partner resume {name}", f"partner rotate {name} --old-valid-for 1h", "partner expire")
    new = Partner(name, printed, compose.told(name, printed))
    for one in (board, new):
        assert httpx.get(claims, headers=one.headers, timeout=60).status_code == 200
    assert "event-accepted.v1 1 new" in amqp(board)
    assert "event-accepted.v1 1 unchanged" in amqp(new)
    compose.admin(f"partner rotate {name} --now")
    for one in (board, new):
        assert httpx.get(claims, headers=one.headers, timeout=60).status_code == 401
        assert "ACCESS_REFUSED" in amqp(one)
    left = compose.admin(f"partner remove {name} --yes", f"partner show {name}")
    assert "2 opgaven ingetrokken" in left
    assert "verwijderd" in left


def test_what_was_set_aside_is_replayed_or_dropped(compose: Compose) -> None:
    """A fault of ours: the partner hears that its answer follows; the operator looks, mends, replays one and drops one."""
    partner = compose.board("apart")
    compose.admin(f"partner live {partner.name}")
    compose.sql("burenbus_survey", "alter table signal rename to signal_away")
    ids = ["apart-1", "apart-2"]
    for one in ids:
        event = {
            "specversion": "1.0",
            "id": one,
            "source": partner.environment["BURENBUS_SOURCE"],
            "type": SIGNAL,
            "time": "2026-03-02T10:00:00Z",
            "datacontenttype": "application/json",
            "data": {"kind": "knelpunt", "category": "financiering", "text": "Mevrouw Jansen belde"},
        }
        httpx.post(f"{compose.url}/events", headers=partner.headers, json=event, timeout=60).raise_for_status()

    def outcomes(*wanted: str) -> None:
        told = history(partner)
        assert [told[one]["outcome"] for one in ids] == [*wanted]

    soon(lambda: outcomes("delayed", "delayed"))
    compose.sql("burenbus_survey", "alter table signal_away rename to signal")
    aside = json.loads(compose.admin("dead list --json"))
    numbers = {one["event_id"]: one["number"] for one in aside}
    assert numbers.keys() == set(ids)
    shown = compose.admin(f"dead show {numbers['apart-1']}")
    assert "urn:burenbus:partner:apart" in shown
    assert "Jansen" not in shown
    compose.admin(f"dead replay {numbers['apart-1']}", f"dead drop {numbers['apart-2']} --yes --by beheer")
    soon(lambda: outcomes("recorded", "refused"))
    assert "Er is niets apart gezet." in compose.admin("dead list")
