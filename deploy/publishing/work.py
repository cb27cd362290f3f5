"""One run: what is to be sent is sent in batches, and every answer waited for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.events.problems import Problem

from .door import Door
from .job import Answer, Item, batches

Progress = Callable[[str, int, int], None]
"""Told as it goes: "send" or "answers", how many are done, of how many."""


class Channel(Protocol):
    """What can publish: the door or the wire."""

    async def send(self, items: Sequence[Item]) -> dict[str, Answer]: ...


@dataclass
class Done:
    """What became of a run: the answers by event id, and what has none yet."""

    items: Sequence[Item]
    answers: dict[str, Answer] = field(default_factory=dict)
    sent: int = 0
    delayed: Sequence[str] = ()
    """Ids of what has no answer because of a fault of the platform."""
    asked: bool = True
    """Whether answers were looked for at all."""

    @property
    def refused(self) -> list[tuple[Item, Answer]]:
        return [(i, a) for i in self.items if (a := self.answers.get(i.id)) and a.refused]

    @property
    def remarks(self) -> dict[int, tuple[Problem, ...]]:
        """What the platform remarked of what it took, by row or line."""
        return {
            i.number: a.problems
            for i in self.items
            if i.number is not None and (a := self.answers.get(i.id)) and a.problems and not a.refused
        }

    @property
    def unanswered(self) -> list[Item]:
        return [i for i in self.items if i.id not in self.answers] if self.asked else []

    @property
    def all_taken(self) -> bool:
        """Whether it is known of every event that it was not refused."""
        return not self.refused and all(i.id in self.answers for i in self.items)

    @property
    def said(self) -> dict[str, str]:
        """Of what was taken, or may have been: the hash by what it is about."""
        return {i.about: i.sha256 for i in self.items if i.sha256 and not ((a := self.answers.get(i.id)) and a.refused)}


async def run(
    items: Sequence[Item],
    channel: Channel,
    history: Door | None,
    *,
    since: datetime,
    resumed: bool,
    patience_s: float,
    progress: Progress,
) -> Done:
    """Sends what has no answer yet, and waits for the answers in the history where there is one to ask.

    After an interruption (`resumed`) what was answered meanwhile is not sent again. Raises DeployError when the platform
    cannot be reached, or takes nothing from this partner; what was sent by then is known by its id the next time.
    """
    done = Done(items, asked=history is not None and patience_s > 0)
    if history is not None and resumed:
        async for found in history.answers([i.id for i in items], since, patience_s=0):
            done.answers |= found
    to_send = [item for item in items if item.id not in done.answers]
    for batch in batches(to_send):
        done.answers |= await channel.send(batch)
        done.sent += len(batch)
        progress("send", done.sent, len(to_send))
    if history is not None and done.asked:
        waiting = [item.id for item in items if item.id not in done.answers]
        async for found in history.answers(waiting, since, patience_s=patience_s):
            done.answers |= found
            progress("answers", len(done.answers), len(items))
        done.delayed = [item.id for item in done.unanswered if item.id in history.delayed]
    return done


def by_outcome(answers: Mapping[str, Answer]) -> dict[str, int]:
    """How many of each outcome, the most frequent first."""
    counts: dict[str, int] = {}
    for answer in answers.values():
        counts[answer.outcome] = counts.get(answer.outcome, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
