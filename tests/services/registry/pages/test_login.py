"""A person at a partner logs in with the partner's token, for as long as that token works."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.registry import uploading_schedule
from services.registry.actions import boarding
from services.registry.api.partner.login import MOST_WRONG, WITHIN
from services.registry.api.partner.session import COOKIE, LASTS
from services.registry.store import tokens
from shared import links
from shared.transaction import Tx
from tests.room import NOW, SECRET, RoomOf

from .visits import aboard, log_in, visiting, words

PAGES = ("/partner", "/partner/aanleveren", "/partner/geschiedenis", "/partner/geschiedenis.csv", "/partner/dubbel")


async def test_a_token_opens_the_pages(room_of: RoomOf) -> None:
    """After logging in one is where one was going; the cookie is not for scripts nor other sites, and holds no token."""
    room = await room_of("registry")
    token = await aboard(room)
    async with room.web() as client:
        sent = await client.get("/partner/geschiedenis?uitkomst=refused")
        assert sent.headers["location"] == "/partner/inloggen?verder=/partner/geschiedenis%3Fuitkomst%3Drefused"
        form = await client.get(sent.headers["location"])
        assert 'value="/partner/geschiedenis?uitkomst=refused"' in form.text
        done = await log_in(client, f" {token}\n", verder="/partner/geschiedenis?uitkomst=refused")
        assert (done.status_code, done.headers["location"]) == (303, "/partner/geschiedenis?uitkomst=refused")
        cookie = done.headers["set-cookie"]
        assert {"HttpOnly", "Path=/partner", "SameSite=lax"} <= set(cookie.split("; "))
        assert token not in cookie
        for path in PAGES:
            page = await client.get(path)
            assert page.status_code == 200, path
            assert page.headers["cache-control"] == "no-store"
            assert token not in page.text


async def test_over_https_the_cookie_goes_over_nothing_else(room_of: RoomOf) -> None:
    """Secure, where the pages are reached over https."""
    room = await room_of("registry", public_url="https://burenbus.example")
    token = await aboard(room)
    async with room.web() as client:
        assert "Secure" in (await log_in(client, token)).headers["set-cookie"]


async def test_without_a_session_every_page_asks_for_one(room_of: RoomOf) -> None:
    """Reading and sending alike."""
    room = await room_of("registry")
    async with room.web() as client:
        for path in PAGES:
            assert (await client.get(path)).headers["location"].startswith("/partner/inloggen?")
        nothing = "0199d1f0-0000-7000-8000-000000000000"
        for path in (f"/partner/dubbel/{nothing}", f"/partner/aanleveren/{nothing}/versturen", "/partner/aanleveren"):
            assert (await client.post(path)).headers["location"].startswith("/partner/inloggen?")


async def _rotated(tx: Tx) -> None:
    await tokens.revoke(tx, "omzien")
    await tokens.issue(tx, "omzien")


async def _suspended(tx: Tx) -> None:
    await boarding.set_status(tx, "omzien", "suspended")


async def _ended(tx: Tx) -> None:
    await tokens.end(tx, "omzien", tx.now)


@pytest.mark.parametrize("ends", [_rotated, _ended])
async def test_a_session_is_worth_what_its_token_is_worth(
    room_of: RoomOf, ends: Callable[[Tx], Awaitable[None]]
) -> None:
    """When the token is replaced or ends, the next request asks to log in again."""
    room = await room_of("registry")
    async with visiting(room) as client:
        assert (await client.get("/partner")).status_code == 200
        async with room.tx() as tx:
            await ends(tx)
        assert (await client.get("/partner")).headers["location"] == "/partner/inloggen?verder=/partner"


async def test_who_is_suspended_reads_and_sends_nothing(room_of: RoomOf) -> None:
    """Logging in works, every page can be read and says why nothing can be sent; a form that was open already is refused with
    the reason, and nothing of it is kept."""
    room = await room_of("registry")
    token = await aboard(room)
    async with room.tx() as tx:
        await _suspended(tx)
    async with room.web() as client:
        assert (await log_in(client, token)).status_code == 303
        for path in PAGES:
            page = await client.get(path)
            assert page.status_code == 200, path
            if not path.endswith(".csv"):
                assert "Uw aansluiting staat stil. U kunt alles lezen, maar niets sturen." in words(page), path
        assert "Kijk het bestand na" not in (await client.get("/partner/aanleveren")).text
        nothing = "0199d1f0-0000-7000-8000-000000000000"
        files = {"bestand": ("a.csv", b"nummer;naam\n1;Aa\n")}
        for sent in (
            await client.post("/partner/aanleveren", files=files),
            await client.post(f"/partner/aanleveren/{nothing}/versturen"),
            await client.post(f"/partner/dubbel/{nothing}"),
        ):
            assert sent.status_code == 403
            assert "Wij nemen nu niets van u aan" in words(sent)
        assert await room.fetch("SELECT FROM upload") == []


async def test_a_session_lasts_a_day_at_work(room_of: RoomOf) -> None:
    """Afterwards one logs in again."""
    room = await room_of("registry")
    async with visiting(room) as client:
        room.clock.advance(LASTS - timedelta(seconds=1))
        assert (await client.get("/partner")).status_code == 200
        room.clock.advance(timedelta(seconds=1))
        assert (await client.get("/partner")).status_code == 303


async def test_a_forged_session_opens_nothing(room_of: RoomOf) -> None:
    """A cookie that was not made by us, made for something else, or for another partner than the token's."""
    room = await room_of("registry")
    token = await aboard(room)
    sha256, until = tokens.sha256_of(token).hex(), NOW + timedelta(hours=1)
    forged = (
        "x.y",
        links.sign("another-secret-of-thirty-two-letters", person="omzien", purpose="partner-session", object_id=sha256, expires=until),
        links.sign(SECRET, person="omzien", purpose="session", object_id=sha256, expires=until),
        links.sign(SECRET, person="zorgnet", purpose="partner-session", object_id=sha256, expires=until),
    )  # fmt: skip
    for cookie in forged:
        async with room.web(cookie=f"{COOKIE}={cookie}") as client:
            assert (await client.get("/partner")).status_code == 303


async def test_a_wrong_token_is_told_and_not_shown_again(room_of: RoomOf) -> None:
    """No token is no attempt."""
    room = await room_of("registry")
    await aboard(room)
    async with room.web() as client:
        wrong = await log_in(client, "bb_geheim-maar-fout")
        assert wrong.status_code == 403
        assert "Dit token werkt niet" in wrong.text
        assert "bb_geheim" not in wrong.text
        assert (await log_in(client, "  ")).status_code == 400
    assert len(await room.fetch("SELECT FROM wrong_token")) == 1


async def test_who_keeps_guessing_waits(room_of: RoomOf) -> None:
    """After ten wrong tokens from one address none is looked at for a quarter; others are let in, and it is forgotten."""
    room = await room_of("registry")
    token = await aboard(room)
    async with room.web(**{"x-forwarded-for": "198.51.100.7"}) as guessing, room.web() as other:
        for _ in range(MOST_WRONG):
            assert (await log_in(guessing, "bb_fout")).status_code == 403
        waits = await log_in(guessing, token)
        assert waits.status_code == 429
        assert "kwartier" in waits.text
        assert (await log_in(other, token)).status_code == 303
        room.clock.advance(WITHIN + timedelta(seconds=1))
        assert (await log_in(guessing, token)).status_code == 303
    room.clock.advance(timedelta(hours=1))
    await room.run(uploading_schedule.forget_uploads)
    assert not await room.fetch("SELECT FROM wrong_token")


async def test_logging_out_ends_the_session_in_this_browser(room_of: RoomOf) -> None:
    """Opening the page does not; the button does."""
    room = await room_of("registry")
    async with visiting(room) as client:
        await client.get("/partner/uitloggen")
        assert (await client.get("/partner")).status_code == 200
        await client.post("/partner/uitloggen")
        assert (await client.get("/partner")).status_code == 303


@pytest.mark.parametrize(
    "target", ["https://elders.example/", "//elders.example", "/partner\\elders", "/register", "/partner/../x", "javascript:1", "/partner/inloggen"]
)  # fmt: skip
async def test_logging_in_leads_to_our_own_pages_only(room_of: RoomOf, target: str) -> None:
    """Whatever the address said."""
    room = await room_of("registry")
    token = await aboard(room)
    async with room.web() as client:
        assert (await log_in(client, token, verder=target)).headers["location"] == "/partner"


async def test_forms_of_other_sites_are_not_taken(room_of: RoomOf) -> None:
    """Neither the login nor what is sent with a session."""
    room = await room_of("registry")
    async with visiting(room) as client:
        for path in ("/partner/inloggen", "/partner/aanleveren"):
            taken = await client.post(path, headers={"sec-fetch-site": "cross-site"})
            assert taken.status_code == 403
