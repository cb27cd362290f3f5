"""Which function reacts to which events. `@on` only marks; `reactions_in` collects when a service is built."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from shared.events.base import Event

F = TypeVar("F", bound=Callable[..., Awaitable[None]])
_MARK = "__burenbus_on__"


@dataclass(frozen=True)
class Reaction:
    """One function and the event types it reacts to. A batch reaction gets all events of a batch at once."""

    name: str
    types: tuple[type[Event], ...]
    batch: bool
    run: Callable[[Any, Any], Awaitable[None]]
    order: int = 0
    """Of several reactions to the events of one batch, the lowest runs first."""


def on(*types: type[Event], batch: bool = False) -> Callable[[F], F]:
    """Marks `async def handler(event, tx)`, or with `batch` `async def handler(events, tx)`, as the reaction to `types`."""

    def mark(function: F) -> F:
        setattr(function, _MARK, (types, batch))
        return function

    return mark


def marked(*modules: ModuleType) -> list[tuple[Callable[..., Awaitable[None]], tuple[type[Event], ...], bool]]:
    """The marked functions of these modules, in the order in which they are written."""
    return [
        (function, *getattr(function, _MARK))
        for module in modules
        for function in vars(module).values()
        if hasattr(function, _MARK) and getattr(function, "__module__", None) == module.__name__
    ]


def types_heard(*modules: ModuleType) -> list[type[Event]]:
    """Every event type that the handlers of these modules react to."""
    return [t for _, types, _ in marked(*modules) for t in types]


def reactions_in(*modules: ModuleType, **knobs: Any) -> Sequence[Reaction]:
    """The reactions of these modules, with `knobs` bound to the keyword-only parameters of the same names.

    Raises TypeError if two functions react to one type, or a keyword-only parameter has no knob.
    """
    reactions = list[Reaction]()
    owner = dict[type[Event], str]()
    for function, types, batch in marked(*modules):
        name = function.__name__
        for kind in types:
            if kind in owner:
                raise TypeError(f"{name} and {owner[kind]} both react to {kind.type}")
            owner[kind] = name
        reactions.append(Reaction(name, types, batch, bind(function, knobs), order=len(reactions)))
    return reactions


def bind(function: Callable[..., Awaitable[None]], knobs: dict[str, Any]) -> Callable[..., Awaitable[None]]:
    """`function` with its keyword-only parameters filled in. Raises TypeError if one is missing."""
    wanted = [p for p in inspect.signature(function).parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    missing = [p.name for p in wanted if p.name not in knobs and p.default is inspect.Parameter.empty]
    if missing:
        raise TypeError(f"{function.__name__} needs {', '.join(missing)}")
    bound = {p.name: knobs[p.name] for p in wanted if p.name in knobs}
    return partial(function, **bound) if bound else function
