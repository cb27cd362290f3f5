"""A platform that is really there, and a partner with a file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.cli import publish_work
from deploy.cli.publish_work import Options, Way
from deploy.publishing.door import Door
from tests.conftest import VHost
from tests.room import source_of
from tests.services.registry.door.conftest import Template, opened
from tests.services.registry.door.house import House, Sender


@dataclass
class Desk:
    """Somebody at a partner, with a list in a file."""

    house: House
    sender: Sender
    file: Path
    screen: pytest.CaptureFixture[str]

    @property
    def way(self) -> Way:
        return Way(Door(self.sender.http), None, source_of(self.sender.name))

    async def publish(self, way: Way | None = None, **asked: Any) -> tuple[bool, str]:
        """`burenbus publish` of the file: whether all was accepted, and what was on the screen."""
        wanted = {
            "type": None,
            "campaign": None,
            "source": None,
            "reason": None,
            "yes": True,
            "dry_run": False,
            "patience_s": 20,
        }
        self.screen.readouterr()
        done = await publish_work.work(Options(file=self.file, **{**wanted, **asked}), way or self.way)
        return done, self.screen.readouterr().out

    def write(self, *rows: str, headings: str = "Nummer;Naam;Postcode") -> None:
        self.file.write_text("\n".join([headings, *rows]) + "\n", "utf-8")

    async def sent(self) -> int:
        """Events of this partner that the platform answered, or has underway."""
        return len(await self.sender.history(limit=500))


@pytest_asyncio.fixture(scope="module")
async def platform(whole_vhost: VHost, postgres: str, template: Template) -> AsyncIterator[House]:
    """The registry at work: one for the tests of a module."""
    await whole_vhost.management.purge()
    async with opened(whole_vhost, postgres, template) as house:
        yield house


@pytest_asyncio.fixture
async def desk(platform: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A partner of this test's own."""
    return Desk(platform, await platform.sender(), tmp_path / "leden.csv", capsys)
