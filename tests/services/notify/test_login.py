"""Logging in by a mailed link: nobody learns who is staff, scanners log nobody in, a link works once."""

from shared import links

from .conftest import Notify

SENTENCE = "Is dit adres bij ons bekend?"


async def ask(notify: Notify, email: str = "anna@nlzve.example", verder: str = "") -> str:
    """Asks for a link; gives the page's text."""
    async with notify.room.web() as browser:
        answer = await browser.post("/inloggen", data={"email": email, "verder": verder})
    assert answer.status_code == 200
    await notify.mail()
    return answer.text


def link_in(notify: Notify, index: int = -1) -> str:
    """The path of the link in a mail, by default the newest."""
    [line] = [line for line in notify.server.text(index).splitlines() if "/inloggen/" in line]
    return line.removeprefix("http://burenbus.example")


async def test_a_staff_member_comes_in_by_the_mailed_link(notify: Notify):
    """Form, mail, button, session, own page, log out, and out again."""
    await notify.staff()
    async with notify.room.web() as browser:
        to_login = await browser.get("/medewerker")
        assert to_login.headers["location"] == "/inloggen?verder=/medewerker"
        assert "E-mailadres" in (await browser.get(to_login.headers["location"])).text
        await browser.post("/inloggen", data={"email": " Anna@NLZVE.example ", "verder": "/medewerker"})
        await notify.mail()
        path = link_in(notify)
        opened = await browser.get(path)
        assert "Inloggen</button>" in opened.text
        assert (await browser.get("/medewerker")).status_code == 303
        entered = await browser.post(path, data={"verder": "/register/dubbel/m1?sleutel=x"})
        assert entered.headers["location"] == "/register/dubbel/m1?sleutel=x"
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert "Mijn meldingen" in (await browser.get("/medewerker")).text
        await browser.post("/uitloggen")
        assert (await browser.get("/medewerker")).status_code == 303


async def test_the_answer_is_the_same_for_an_unknown_address(notify: Notify):
    """Nobody learns from the page who is staff, and a stranger gets no mail."""
    await notify.staff()
    known = await ask(notify)
    unknown = await ask(notify, "vreemde@elders.example")
    assert SENTENCE in known
    assert known == unknown
    assert [m["X-RcptTo"] for m in notify.server.mails] == ["anna@nlzve.example"]


async def test_a_link_works_once(notify: Notify):
    """The second use, by whoever found the mail, is refused."""
    await notify.staff()
    await ask(notify)
    async with notify.room.web() as browser:
        assert (await browser.post(link_in(notify))).status_code == 303
    async with notify.room.web() as other:
        again = await other.post(link_in(notify))
        assert again.status_code == 410
        assert "werkt niet meer" in again.text
        assert (await other.get("/medewerker")).status_code == 303


async def test_a_link_is_over_after_half_an_hour(notify: Notify):
    """Opened or used later, it says so and offers a new one."""
    await notify.staff()
    await ask(notify)
    notify.later(minutes=30)
    async with notify.room.web() as browser:
        assert (await browser.get(link_in(notify))).status_code == 410
        assert (await browser.post(link_in(notify))).status_code == 410


async def test_a_link_for_something_else_logs_nobody_in(notify: Notify):
    """A link to unsubscribe, or a forged one, is not a link to log in."""
    await notify.staff()
    secret = notify.settings.link_secret.get_secret_value()
    expires = notify.room.clock().replace(year=2027)
    other = links.sign(secret, person="anna@nlzve.example", purpose="unsubscribe", object_id="x", expires=expires)
    forged = links.sign("f" * 40, person="anna@nlzve.example", purpose="login", object_id="x", expires=expires)
    async with notify.room.web() as browser:
        for token in (other, forged, "onzin", "a.b"):
            assert (await browser.post(f"/inloggen/{token}")).status_code == 410


async def test_three_links_in_a_quarter_are_enough(notify: Notify):
    """The fourth request is answered alike and mails nothing; after a quarter of an hour it does again."""
    await notify.staff()
    pages = {await ask(notify) for _ in range(5)}
    assert len(pages) == 1
    assert len(notify.server.mails) == 3
    notify.later(minutes=16)
    await ask(notify)
    assert len(notify.server.mails) == 4


async def test_it_leads_nowhere_but_to_our_own_pages(notify: Notify):
    """`verder` with another host in it is ignored."""
    await notify.staff()
    for evil in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        notify.later(minutes=16)
        await ask(notify, verder=evil)
        assert "evil" not in notify.server.text()
        async with notify.room.web() as browser:
            entered = await browser.post(link_in(notify), data={"verder": evil})
            assert entered.headers["location"] == "/medewerker"


async def test_nonsense_is_explained(notify: Notify):
    """No address: the form again, with the fault at the field."""
    async with notify.room.web() as browser:
        answer = await browser.post("/inloggen", data={"email": "anna"})
    assert answer.status_code == 400
    assert "Vul uw e-mailadres in" in answer.text
    assert 'href="#email"' in answer.text


async def test_who_was_taken_out_is_out(notify: Notify):
    """A session of a removed staff member opens nothing, and neither does a link that was mailed before."""
    from services.notify import admin

    await notify.staff()
    await ask(notify)
    await ask(notify)
    path = link_in(notify, 0)
    async with notify.room.web() as browser:
        assert (await browser.post(path)).status_code == 303
        async with notify.room.tx() as tx:
            await admin.remove(tx, "anna@nlzve.example")
        assert (await browser.get("/medewerker")).status_code == 303
        assert (await browser.post(link_in(notify))).status_code == 410


async def test_over_https_the_session_is_secure(notify_with):
    """The cookie goes over https only where the pages are https."""
    notify = await notify_with(public_url="https://burenbus.example")
    await notify.staff()
    await ask(notify)
    [line] = [line for line in notify.server.text().splitlines() if "/inloggen/" in line]
    async with notify.room.web() as browser:
        assert "Secure" in (await browser.post(line)).headers["set-cookie"]
