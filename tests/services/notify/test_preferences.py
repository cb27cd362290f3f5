"""A staff member's own page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from services.notify import schedule
from shared import links

from .conftest import Notify
from .facts import duplicate, signal


@asynccontextmanager
async def logged_in(notify: Notify, email: str = "anna@nlzve.example") -> AsyncIterator[httpx.AsyncClient]:
    secret = notify.settings.link_secret.get_secret_value()
    expires = notify.room.clock().replace(year=2030)
    session = links.sign(secret, person=email, purpose="session", object_id="x", expires=expires)
    async with notify.room.web(cookie=f"burenbus_staff={session}") as browser:
        yield browser


async def test_following_and_stopping(notify: Notify):
    """What is chosen is followed at once, and no longer after stopping."""
    await notify.staff(regions=[])
    async with logged_in(notify) as browser:
        assert "U volgt nog niets" in (await browser.get("/medewerker")).text
        chosen = {"soort": ["bottleneck", "dream"], "regio": "PV26", "hoe": "at-once"}
        answer = await browser.post("/medewerker/volgen", data=chosen)
        assert answer.headers["location"] == "/medewerker?gedaan=volgen"
        page = (await browser.get("/medewerker?gedaan=volgen")).text
        assert "provincie Utrecht" in page
        assert "Het is bewaard" in page
        await notify.room.hear(signal("s1"))
        await browser.post("/medewerker/stoppen", data={"soort": "bottleneck", "regio": "PV26"})
        await notify.room.hear(signal("s2"), signal("s3", kind="droom"))
    await notify.mail()
    assert [str(m["X-Burenbus-Kind"]) for m in notify.server.mails] == ["bottleneck", "dream"]


async def test_all_faults_are_told_at_once(notify: Notify):
    """Nothing chosen: three faults, each with a link to its field; what was chosen is kept."""
    await notify.staff(regions=[])
    async with logged_in(notify) as browser:
        empty = await browser.post("/medewerker/volgen", data={})
        assert empty.status_code == 400
        for name in ("soort", "regio", "hoe"):
            assert f'href="#{name}"' in empty.text
        half = await browser.post("/medewerker/volgen", data={"soort": ["dream"], "regio": "GM9999", "hoe": "digest"})
        assert 'href="#regio"' in half.text
        assert 'value="dream" checked' in half.text
        late = await browser.post("/medewerker/tijd", data={"tijd": "straks"})
        assert late.status_code == 400
        assert "Vul een tijd in" in late.text


async def test_the_new_hour_holds_for_what_waits_already(notify: Notify):
    """Moving the daily mail from 8:00 to 16:30 moves today's news with it."""
    await notify.staff(how="digest")
    await notify.room.hear(signal())
    async with logged_in(notify) as browser:
        await browser.post("/medewerker/tijd", data={"tijd": "16:30", "werktijd": "ja"})
        assert 'value="16:30"' in (await browser.get("/medewerker")).text
    notify.room.clock.now = datetime(2026, 9, 21, 14, 29, tzinfo=UTC)  # Monday; Sunday the 20th is no working day
    await notify.room.run(schedule.send_digests)
    assert await notify.mail() == 0
    notify.later(minutes=1)
    await notify.room.run(schedule.send_digests)
    assert await notify.mail() == 1


async def test_what_was_told_can_be_read_back(notify: Notify):
    """Newest first, with what still has to come by mail; a duplicate leads to its page."""
    await notify.staff(how="digest")
    await notify.room.hear(*[signal(f"s{n}") for n in range(60)])
    notify.later(minutes=1)
    await notify.room.hear(duplicate())
    async with logged_in(notify) as browser:
        first = (await browser.get("/medewerker/meldingen")).text
        second = (await browser.get("/medewerker/meldingen?pagina=2")).text
    assert first.index("/register/dubbel/m1") < first.index("Knelpunt in Utrecht")
    assert "komt nog per mail" in first
    assert first.count("Knelpunt in Utrecht") + second.count("Knelpunt in Utrecht") == 60
    assert "Oudere" in first
    assert "Oudere" not in second


async def test_another_site_cannot_change_it(notify: Notify):
    """A form on another site, sent with the staff member's session, is refused."""
    await notify.staff()
    async with logged_in(notify) as browser:
        answer = await browser.post(
            "/medewerker/stoppen",
            data={"soort": "bottleneck", "regio": "NL"},
            headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        )
    assert answer.status_code == 403
    assert len(await notify.room.fetch("SELECT kind FROM subscription WHERE kind = 'bottleneck'")) == 1
