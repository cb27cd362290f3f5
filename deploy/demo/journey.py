"""The main journey on a running platform: from six lists to one register, a survey, mails, and a report per region."""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from deploy.demo import administer, figures, survey
from deploy.demo.client import Client, Event
from deploy.demo.figures import Figures
from deploy.demo.movement import Movement, Told, by_initiative, movement
from deploy.demo.partners import PARTNERS
from deploy.demo.platform import Platform
from deploy.demo.quiet import Watch, watch

DIGEST_AFTER = timedelta(seconds=20)
"""How long after its start the demo's daily mail goes: by then there is something in it, and the end need not wait long for it."""
_WEB_AT_ONCE = 4
_TOLD_BEFORE = timedelta(days=2)

Say = Callable[[str], None]


@dataclass
class Journey:
    """One run. `say` hears what is going on at this moment; `steps` what was done and how long it took."""

    platform: Platform
    seed: int = 1
    say: Say = lambda _: None
    done: Callable[[str, float], None] = lambda _name, _seconds: None
    steps: list[tuple[str, float]] = field(default_factory=list)
    per_second: float = 0.0
    """Events published, taken, matched and answered in a second, while the lists were told."""

    async def run(self) -> Figures:
        """The whole journey; gives the figures. Raises DeployError when the platform does not become quiet."""
        rng = random.Random(f"{self.seed} journey")  # noqa: S311 - repeatable, not secret
        now = datetime.now(UTC)
        digest_at = administer.next_digest(now, DIGEST_AFTER)
        made = movement(self.seed, start=now - _TOLD_BEFORE)
        early = survey.early_ones(made, rng)
        overtaken = {key for i, keys in by_initiative(made.truth).items() if i in early for key in keys}
        lists = [t for t in made.lists if _key(t) not in overtaken]
        rest = [t for t in made.lists if _key(t) in overtaken]
        async with AsyncExitStack() as stack:
            with self._step("partners en medewerkers aansluiten"):
                await administer.register_staff(self.platform, digest_at=digest_at)
                partners = [await administer.board(self.platform, p) for p in PARTNERS]
                clients = {client.name: await stack.enter_async_context(client) for client in partners}
                await administer.plan_campaign(self.platform, now)
                looking = await stack.enter_async_context(watch(self.platform))
                await self._quiet(looking, clients)
            with self._step(f"zes lijsten: {len(lists)} gebeurtenissen"):
                begin = monotonic()
                await self._publish(clients, [(t.partner, t.event) for t in lists])
                await self._quiet(looking, clients)
                self.per_second = len(lists) / (monotonic() - begin)
            with self._step(f"wat partners later melden: {len(made.changes)} gebeurtenissen"):
                await self._publish(clients, [(t.partner, t.event) for t in made.changes])
                await self._quiet(looking, clients)
            with self._step("inventarisatie openen en uitnodigen"):
                await administer.open_campaign(self.platform)
                await self._quiet(looking, clients)
            with self._step("inzendingen en signalen"):
                late = await self._answer(looking, clients, made, list(early), rest, rng)
            with self._step("sluiten, en wat te laat komt"):
                await administer.close_campaign(self.platform)
                await self._quiet(looking, clients)
                await self._publish(clients, late)
                await self._quiet(looking, clients)
            with self._step("rapporten publiceren"):
                await administer.publish_report(self.platform, lambda n: self.say(f"{n} grafieken tekenen"))
                await self._quiet(looking, clients)
            with self._step("dagelijkse mails"):
                await self._until(digest_at)
                await self._quiet(looking, clients)
            return await figures.read(self.platform, made)

    async def _answer(
        self,
        looking: Watch,
        clients: Mapping[str, Client],
        made: Movement,
        early: Sequence[str],
        rest: Sequence[Told],
        rng: random.Random,
    ) -> Sequence[survey.Said]:
        """Responses by three channels. Those of `early` overtake their initiatives, and wait until `rest` is told.

        Gives what will come too late.
        """
        tokens = await survey.tokens_in(self.platform.mail, self.platform)
        plan = survey.plan(made, early, tokens, rng, datetime.now(UTC))
        await self._publish(clients, plan.said)
        turns = asyncio.Semaphore(_WEB_AT_ONCE)

        async def fill_in(token: str, given: Mapping[str, object]) -> None:
            async with turns:
                await survey.fill_in(self.platform, token, given)

        self.say(f"{len(plan.web)} formulieren op de website invullen")
        await asyncio.gather(*(fill_in(*one) for one in plan.web))
        await self._quiet(looking, clients, waiting=False)
        await self._publish(clients, [(t.partner, t.event) for t in rest])
        await self._quiet(looking, clients)
        return plan.late

    async def _publish(self, clients: Mapping[str, Client], said: Sequence[survey.Said]) -> None:
        """Every partner at its own pace, in the order of its own list."""
        batches = {p.name: p.batches for p in PARTNERS}
        per: defaultdict[str, list[Event]] = defaultdict(list)
        for partner, event in said:
            per[partner].append(event)
        await asyncio.gather(*(clients[name].publish(events, batches=batches[name]) for name, events in per.items()))

    async def _quiet(self, looking: Watch, clients: Mapping[str, Client], *, waiting: bool = True) -> None:
        def unanswered() -> int:
            return sum(c.unanswered for c in clients.values()) if waiting else 0

        def tell(found: Mapping[str, int]) -> None:
            self.say(f"nog onderweg: {', '.join(f'{where} {n}' for where, n in found.items())}" if found else "stil")

        await looking.until_quiet(also=unanswered, say=tell, waiting=waiting)

    async def _until(self, moment: datetime) -> None:
        while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:
            self.say(f"de dagelijkse mail gaat over {left:.0f} seconden")
            await asyncio.sleep(min(left, 1))

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.say(name)
        begin = monotonic()
        yield
        self.steps.append((name, monotonic() - begin))
        self.done(*self.steps[-1])


def _key(told: Told) -> tuple[str, str]:
    return told.partner, str(told.event["data"].get("externalId"))
