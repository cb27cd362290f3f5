"""A partner publishes its list: only what changed goes out, and nothing is said twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from deploy.cli.publish_work import Way
from deploy.errors import DeployError
from deploy.publishing import job, record, refusals
from deploy.publishing.door import Door
from deploy.publishing.job import Answer, Item
from shared.bus import dead
from shared.events.partner import InitiativeReported
from shared.sheets import read
from tests.room import source_of
from tests.services.registry.door.house import House
from tests.waiting import until

from .conftest import Desk

pytestmark = pytest.mark.stack


class Interrupted(Exception):
    pass


class Failing(Door):
    """A door that loses its connection after so many batches, once the platform has the last of them."""

    after = 1

    async def send(self, items: Sequence[Item]) -> dict[str, Answer]:
        answers = await super().send(items)
        self.after -= 1
        if self.after <= 0:
            raise Interrupted
        return answers


async def test_a_list_is_published_and_the_same_list_changes_nothing(desk: Desk) -> None:
    """What is new is sent and answered; again, nothing is sent; of a changed list only what changed."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish()
    assert done, screen
    assert "2 verstuurd; antwoorden: 2 nieuw." in screen
    done, screen = await desk.publish()
    assert done
    assert "2 hetzelfde." in screen
    assert "Niets is veranderd: er is niets te versturen." in screen
    assert await desk.sent() == 2
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum en omstreken;9971")
    done, screen = await desk.publish()
    assert "1 gewijzigd, 1 hetzelfde" in screen
    assert "1 verstuurd; antwoorden: 1 gewijzigd." in screen


async def test_a_value_that_is_changed_and_changed_back_is_said_each_time(desk: Desk) -> None:
    """The third saying is another event than the first, though it says the same."""
    for name in ("Aa", "Bb", "Aa"):
        desk.write(f"1;{name};9967")
        done, screen = await desk.publish()
        assert done, screen
    assert [line["outcome"] for line in await desk.sender.history()] == ["changed", "changed", "new"]


async def test_without_the_record_the_platform_is_asked_what_it_holds(desk: Desk) -> None:
    """Another computer, or a file that was copied: nothing is said twice."""
    desk.write("1;Noaberhulp;9967")
    await desk.publish()
    record.beside(desk.file).unlink()
    done, screen = await desk.publish()
    assert done
    assert "Niets is veranderd" in screen


async def test_what_vanished_is_named_and_withdrawn_only_when_asked(desk: Desk) -> None:
    """With the reason that was given; a row without a readable number may be what seems to be gone."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    await desk.publish()
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish()
    assert "Niet meer in het bestand: 1 (2)." in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]
    desk.write("1;Noaberhulp;9967", ";Zorgzaam Ulrum;9971")
    done, screen = await desk.publish(reason="verlaat-netwerk")
    assert not done
    assert "nu wordt niets afgemeld" in screen
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(reason="verlaat-netwerk")
    assert done, screen
    assert (await desk.way.door.claims())["2"].withdrawn is True  # type: ignore[union-attr]
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish()
    assert "1 gewijzigd" in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]


async def test_after_an_interruption_the_same_command_goes_on(desk: Desk) -> None:
    """What was sent is not sent again, whether it was answered or not; in the end each was said once."""
    desk.write(*(f"{n};Initiatief {n};9967" for n in range(150)))
    with pytest.raises(Interrupted):
        await desk.publish(Way(Failing(desk.sender.http), None, source_of(desk.sender.name)))
    done, screen = await desk.publish()
    assert done, screen
    assert "150 hetzelfde" in (await desk.publish())[1]
    outcomes = [line["outcome"] for line in await desk.sender.history(limit=500)]
    assert outcomes.count("new") == 150
    assert set(outcomes) <= {"new", "duplicate"}


async def test_a_run_that_was_interrupted_makes_the_very_same_events(desk: Desk) -> None:
    """Even when the answers had not come: the same ids and bodies, which the platform knows to be the same."""
    desk.write("1;Noaberhulp;9967")
    sheet = read(desk.file.read_bytes(), "x")
    begun = record.begin(record.Record(), datetime(2026, 9, 1, tzinfo=UTC), b"a")
    again = record.begin(begun, datetime(2026, 9, 1, 5, tzinfo=UTC), b"a")
    other = record.begin(begun, datetime(2026, 9, 2, tzinfo=UTC), b"b")
    made = [job.items(list(sheet.good), source="s", run=r.run, time=r.at) for r in (begun, again, other)]
    assert made[0] == made[1] != made[2]


async def test_nothing_is_sent_in_a_dry_run(desk: Desk) -> None:
    """It shows what would happen, and leaves no trace."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;99")
    done, screen = await desk.publish(dry_run=True)
    assert not done
    assert "1 nieuw, 1 met fouten" in screen
    assert await desk.sent() == 0
    assert [p.name for p in desk.file.parent.iterdir()] == ["leden.csv"]


async def test_a_dry_run_says_what_would_be_withdrawn(desk: Desk) -> None:
    """With the reason, and by its number; nothing is."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    await desk.publish()
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(dry_run=True, reason="gestopt")
    assert done
    assert "niets verstuurd, en 1 afgemeld met reden gestopt (2)" in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]


async def test_another_partners_source_is_refused_at_once(desk: Desk) -> None:
    """In the platform's words."""
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(Way(Door(desk.sender.http), None, "urn:burenbus:partner:somebody"))
    assert not done
    assert "is niet van u" in screen


async def test_a_platform_that_is_away_is_told_in_a_sentence(desk: Desk, tmp_path: Path) -> None:
    """After some tries; what was to be sent is remembered."""

    async def at_once(_: float) -> None: ...

    desk.write("1;Noaberhulp;9967")
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False) as nobody:
        with pytest.raises(DeployError, match="is niet te bereiken"):
            await desk.publish(Way(Door(nobody, at_once), None, "urn:burenbus:partner:x"))


async def test_what_was_set_aside_at_our_side_is_said_to_be_ours(desk: Desk) -> None:
    """Delayed: nothing to do, the answer follows. Given up: nothing in the row is wrong, and its file can be sent as it is."""
    engine = desk.house.registry.engine
    assert engine
    [reaction] = [r for r in engine.reactions if InitiativeReported in r.types]
    run = reaction.run

    async def fail(*_: object) -> None:
        raise LookupError("a fault of ours")

    object.__setattr__(reaction, "run", fail)
    try:
        desk.write("1;Noaberhulp;9967")
        await desk.publish(patience_s=0.1)

        async def delayed() -> bool:
            return [line["outcome"] for line in await desk.sender.history()][:1] == ["delayed"]

        await until(delayed, "the platform says that it is delayed")
        done, screen = await desk.publish(patience_s=0.1)
    finally:
        object.__setattr__(reaction, "run", run)
    assert not done
    assert "1 vertraagd door ons" in screen
    assert "U hoeft niets te doen; het antwoord volgt" in screen
    assert "Nog geen antwoord" not in screen
    database = desk.house.registry.database
    assert database
    async with database.transaction() as tx:
        await dead.drop(tx, [one.id for one in await dead.listed(tx)], "els")
    done, screen = await desk.publish()
    assert not done
    assert "is vervallen" in screen
    assert "Aan die rijen hoeft u niets te verbeteren" in screen
    assert "Verbeter ze daar" not in screen
    desk.file = refusals.place(desk.file, as_lines=False)
    done, screen = await desk.publish()
    assert done, screen
    assert "antwoorden: 1 nieuw" in screen


async def test_in_the_sandbox_it_is_said_that_nothing_is_withdrawn(platform: House, desk: Desk) -> None:
    """With what would have been, as far as it stood in the file before."""
    desk.sender = await platform.sender(sandbox=True)
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish(reason="gestopt")
    assert "In de proef wordt niets afgemeld" in screen
    assert "Voor het echt" not in screen
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(reason="gestopt")
    assert done, screen
    assert "In de proef wordt niets afgemeld" in screen
    assert "Voor het echt was nu 1 afgemeld met reden gestopt (2)." in screen


async def test_nothing_to_withdraw_is_said(desk: Desk) -> None:
    """Whoever asked for it should not have to guess; and numbers agree with their verb."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    _, screen = await desk.publish(reason="gestopt", dry_run=True)
    assert "Af te melden: niets." in screen
    assert "Zonder --dry-run worden er 2 verstuurd" in screen
    assert "In de proef" not in screen
