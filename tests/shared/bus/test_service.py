"""A service as an operator runs it: it starts, works, tells how it is, stops in order, and refuses nonsense."""

import httpx

from tests.waiting import until

from .broker import House, busy
from .small.events import order

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_from_a_partners_message_to_its_answer(house: House) -> None:
    """Events that a partner publishes reach a handler; effect, fact and answer come out; SIGTERM stops it with 0."""
    partner = await house.partner()
    async with house.process() as process:
        await partner.say(order("een"), order("twee"))
        assert await partner.verdicts(2) == ["new", "new"]
        assert sorted(await house.effects()) == ["een", "twee"]
        process.stop()
        assert await process.wait() == 0


async def test_a_refusal_leads_to_the_explanation_on_this_very_platform(house: House) -> None:
    """The link under each fault begins with the platform's own address, whatever host the contract's names have."""
    partner = await house.partner()
    async with house.process():
        await partner.say(order("refuse:x"))
        [answer] = await partner.answers(1)
    assert answer["data"]["problems"]
    for fault in answer["data"]["problems"]:
        assert fault["documentation"] == f"http://burenbus.example/contract/problems#{fault['code']}"


async def test_every_line_of_the_log_is_json_with_the_events_trace(house: House) -> None:
    """What a handler logs carries the trace id that came with the event; values of variables are in no traceback."""
    partner = await house.partner()
    async with house.process() as process:
        await partner.publish(partner.event(order("hallo"), id="good", traceparent=TRACE))
        await partner.publish(partner.event(order("fail:geheim"), id="bad", traceparent=TRACE))
        await partner.answers(2)
        process.stop()
        await process.wait()
        log = await process.log()
    said = [line for line in log if line["event"] == "did as it said"]
    assert {(line["trace"], line["event_id"], line["service"]) for line in said} == {
        (TRACE.split("-")[1], "good", "survey")
    }
    failed = next(line for line in log if line["event"] == "event set aside")
    assert failed["event_id"] == "bad"
    assert failed["trace"] == TRACE.split("-")[1]
    assert "locals" not in str(failed)


async def test_stopping_finishes_what_is_at_hand(house: House) -> None:
    """A handler at work is let finish, what it said leaves, and what waits in the broker is not counted as tried."""
    partner = await house.partner()
    async with house.process() as process:
        await partner.say(order("sleep:1"))
        await until(lambda: busy(house), "the handler is at work")
        process.stop()
        assert await process.wait() == 0
    assert await house.effects() == ["sleep:1"]
    assert await partner.verdicts(1) == ["new"]


async def test_a_schema_that_is_behind_stops_the_start(house: House) -> None:
    """With exit code 78, and a sentence that names what is missing and what to do."""
    await house.pool.execute("DELETE FROM bus.migration WHERE name LIKE 'small/%'")
    async with house.process(wait=False) as process:
        assert await process.wait() == 78
        [line] = [line for line in await process.log() if line["level"] == "critical"]
        assert "burenbus migrate" in line["event"]
        assert line["missing"] == "small/0001_small.sql"


async def test_it_starts_before_its_broker_and_its_database(house: House) -> None:
    """It waits for both, says so at /health/ready, and is live all the while."""
    async with house.process(wait=False, amqp_url="amqp://a:b@127.0.0.1:9/x") as process:
        base = f"http://127.0.0.1:{process.settings.http_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:

            async def unready() -> list[str]:
                try:
                    answer = await client.get("/health/ready")
                except httpx.TransportError:
                    return []
                assert answer.status_code == 503
                return [t for t in answer.json()["troubles"] if t != "starting"]

            assert "the broker is away" in await until(unready, "it says what is wrong")
            assert (await client.get("/health/live")).is_success
            process.stop()
            assert await process.wait() == 0


async def test_figures_are_there_for_the_operator(house: House) -> None:
    """Events by reaction and outcome, and what waits in the database."""
    partner = await house.partner()
    async with house.process() as process:
        await partner.say(order("hallo"), order("refuse:x"), order("wait:7"), order("fail"))
        await partner.answers(3)
        base = f"http://127.0.0.1:{process.settings.http_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:

            async def measured() -> bool:
                text = (await client.get("/metrics")).text
                wanted = [
                    f'burenbus_events_total{{outcome="{outcome}",reaction="do_as_it_says",service="survey"}} 1.0'
                    for outcome in ("done", "refused", "waiting", "set-aside")
                ]
                wanted += [f'burenbus_{name}_events{{service="survey"}} 1.0' for name in ("waiting", "set_aside")]
                return all(line in text for line in wanted)

            await until(measured, "all figures are there")
