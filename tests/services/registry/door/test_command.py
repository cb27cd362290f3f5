"""`burenbus history`, as a partner runs it: with an address and a token, and nothing else of ours."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from .house import House, Sender

BURENBUS = str(Path(sys.executable).with_name("burenbus"))


async def _run(sender: Sender, *arguments: str, token: str | None = None) -> tuple[int, str]:
    env = {**os.environ, "BURENBUS_URL": sender.house.url, "BURENBUS_TOKEN": token or sender.token, "COLUMNS": "300"}
    process = await asyncio.create_subprocess_exec(
        BURENBUS, "history", *arguments, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return await process.wait(), said.decode()


async def test_a_partner_reads_what_became_of_its_events(door: House) -> None:
    """Newest first, with every fault in Dutch under what was refused; filters are the platform's own."""
    partner = await door.sender()
    faulty = partner.event(id="bad [red]")
    faulty["data"]["kind"] = "soepclub"
    await partner.batch(partner.event(id="good"), faulty)
    await partner.became("good")
    await partner.became("bad [red]")
    code, said = await _run(partner)
    assert code == 0, said
    assert "nieuw" in said
    assert "geweigerd" in said
    assert "(bad [red])" in said
    assert "/data/kind: soepclub staat niet in de lijst" in said
    for outcome in ("refused", "geweigerd", "Geweigerd"):
        code, said = await _run(partner, "--outcome", outcome, "--json", "--since", "2020-01-01")
        assert [json.loads(line)["id"] for line in said.splitlines()] == ["bad [red]"], said
    assert "Niets gevonden" in (await _run(partner, "--id", "nothing"))[1]


async def test_more_than_a_page_is_read_on(door: House) -> None:
    """As many lines as were asked, from as many pages as it takes."""
    partner = await door.sender()
    for start in range(0, 600, 100):
        await partner.batch(*[partner.event(id=f"n{n}", time="gisteren") for n in range(start, start + 99)], partner.event(id=f"g{start}"))  # fmt: skip
    for start in range(0, 600, 100):
        await partner.became(f"g{start}")
    await partner.became("n598")
    _, said = await _run(partner, "--json", "--limit", "550")
    ids = [json.loads(line)["id"] for line in said.splitlines()]
    assert len(set(ids)) == len(ids) == 550


async def test_what_comes_in_is_shown_while_one_looks(door: House) -> None:
    """`--follow` goes on until it is stopped."""
    partner = await door.sender()
    env = {**os.environ, "BURENBUS_TOKEN": partner.token}
    process = await asyncio.create_subprocess_exec(
        BURENBUS, "history", "--follow", "--json", "--url", door.url, env=env, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    for event_id in ("f1", "f2"):
        await partner.post(partner.event(id=event_id))
        line = {"outcome": "underway"}
        while line["outcome"] == "underway":
            line = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert line["id"] == event_id
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 30) == 130


async def test_who_keeps_looking_sees_as_much_of_before_as_was_asked(door: House) -> None:
    """`--follow --limit 2` shows the two newest, and after that only what is new."""
    partner = await door.sender()
    for event_id in ("e1", "e2", "e3", "e4"):
        await partner.post(partner.event(id=event_id, time="gisteren"))
        await partner.became(event_id)
    env = {**os.environ, "BURENBUS_TOKEN": partner.token}
    process = await asyncio.create_subprocess_exec(
        BURENBUS, "history", "--follow", "--json", "--limit", "2", "--outcome", "refused", "--url", door.url,
        env=env, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    said = [json.loads(await asyncio.wait_for(process.stdout.readline(), 60))["id"] for _ in range(2)]
    await partner.post(partner.event(id="e5", time="gisteren"))
    await partner.became("e5")
    said.append(json.loads(await asyncio.wait_for(process.stdout.readline(), 60))["id"])
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 30) == 130
    assert said == ["e3", "e4", "e5"]


async def test_what_is_wrong_is_told_in_a_sentence(door: House) -> None:
    """A token that does not do, a date that is none, an outcome that does not exist."""
    partner = await door.sender()
    code, said = await _run(partner, token="bb_nonsense")
    assert (code, "BURENBUS_TOKEN" in said, "Bearer" in said, "Traceback" in said) == (1, True, False, False)
    for arguments in (("--since", "gisteren"), ("--outcome", "mooi")):
        code, said = await _run(partner, *arguments)
        assert (code, "Traceback" in said) == (2, False)
    assert "Kies uit: nieuw, gewijzigd," in said
