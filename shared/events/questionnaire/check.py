"""Whether answers fit their questionnaire: pure, and every fault at once."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.events.base import Line, Prose
from shared.events.problems import CODES, LIST, NUMBER, TEXT, YES_OR_NO, Problem, kind_of, problem
from shared.events.values import Postcode, Year

from .model import DO_NOT_KNOW, Field, Kind, Questionnaire

MOST_PEOPLE = 10_000_000
"""The largest number that is believed."""

_PARTNER = re.compile(r"^[a-z0-9-]{2,30}$")
_WHOLE = re.compile(r"^[0-9]{1,9}$")
_DECIMAL = re.compile(r"^[0-9]{1,9}([.,][0-9]{1,4})?$")
_ADAPTERS: Mapping[Kind, TypeAdapter[Any]] = {
    Kind.TEXT: TypeAdapter(Line),
    Kind.PROSE: TypeAdapter(Prose),
    Kind.POSTCODE: TypeAdapter(Postcode),
    Kind.MUNICIPALITY: TypeAdapter(Line),
    Kind.YEAR: TypeAdapter(Year),
}
_UNKNOWN = (DO_NOT_KNOW, [DO_NOT_KNOW])
_PYDANTIC = {
    "string_too_short": "too-short",
    "string_too_long": "too-long",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-big",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers that fit, in their one form (empty ones left out), and every fault of the others."""

    answers: dict[str, Any]
    problems: tuple[Problem, ...]


class _Fault(Exception):
    """One answer that does not fit. `at` says where in the answer."""

    def __init__(self, code: str, value: Any = None, at: str = "", **details: Any) -> None:
        self.code, self.value, self.at, self.details = code, value, at, details


def pointer(code: str) -> str:
    """Where the answer to `code` stands in the event."""
    return "/data/answers/" + code.replace("~", "~0").replace("/", "~1")


def check(
    asked: Questionnaire,
    answers: Mapping[str, Any],
    *,
    municipality: Callable[[str, str | None], str | None] | None = None,
    partners: Collection[str] | None = None,
    echo: bool = False,
) -> Checked:
    """Check all answers.

    `municipality` gives the CBS code that a code or name (with the postcode, which tells namesakes apart) stands for now,
    or None; without it any text will do.
    `partners` are the names that exist; without them any well-formed name will do. With `echo` a fault shows the value
    that was given: only for a page shown to the one who gave it, since it may be personal.
    """
    kept: dict[str, Any] = {}
    faults = [
        problem("unknown-question", pointer(code[:100]), value=code, questionnaire=asked.version)
        for code in answers
        if code not in asked.fields
    ]
    faulty: set[str] = set()
    for code, at in asked.fields.items():  # a postcode stands before its municipality
        value = answers.get(code)
        if value is None or _empty(value):
            continue
        if _plain(at, value):
            kept[code] = value
        else:
            try:
                if at.kind is Kind.MUNICIPALITY:
                    kept[code] = _municipality(at, value, municipality, _postcode(asked, at, kept))
                else:
                    kept[code] = _read(at, value, partners)
            except _Fault as fault:
                faulty.add(code)
                where = pointer(code) + fault.at
                faults.append(problem(fault.code, where, value=fault.value, personal=not echo, **fault.details))
    faults += _inapplicable(asked, kept, faulty)
    faults += [
        problem("answer-required", pointer(question.needs[0]))
        for question in asked.needing
        if not any(n in kept or n in faulty for n in question.needs)
    ]
    return Checked(kept, tuple(faults))


def _inapplicable(asked: Questionnaire, kept: Mapping[str, Any], faulty: Collection[str]) -> list[Problem]:
    """Answers to what was not asked, given the other answers; silent where that other answer is itself at fault."""
    found = []
    for code in kept:
        on = asked.fields[code].condition
        if on and on.field not in faulty and not on.met(kept):
            nl, en = asked.describe(on, "nl"), asked.describe(on, "en")
            found.append(problem("not-applicable", pointer(code), detail_nl=nl, detail_en=en))
        elif (among := asked.fields[code].among) and kept[code] not in kept.get(among, (kept[code],)):
            found.append(
                problem(
                    "inconsistent",
                    pointer(code),
                    detail_nl=f"Het antwoord op {code} moet ook bij {among} gekozen zijn.",
                    detail_en=f"The answer to {code} must also be chosen at {among}.",
                )
            )
    return found


def _empty(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else value == []


def _plain(at: Field, value: Any) -> bool:
    """Whether the answer is in its one form already, as most are: asked first, for a full set of answers has fifty."""
    if at.kind is Kind.ONE:
        return value.__class__ is str and value in at.codes
    if at.kind is Kind.NUMBER:
        return value.__class__ is int and 0 <= value <= MOST_PEOPLE
    return at.kind is Kind.CONSENT and value.__class__ is bool


# --- reading one answer ------------------------------------------------------------------------------------------------


def _read(at: Field, value: Any, partners: Collection[str] | None) -> Any:  # noqa: PLR0911 - one return per kind of answer
    """The answer in its one form; raises _Fault."""
    if at.may_be_unknown and value in _UNKNOWN:
        return DO_NOT_KNOW
    kind = at.kind
    if kind is Kind.ONE:
        return _one(value, at.codes)
    if kind is Kind.MANY:
        return _many(at, value, at.codes)
    if kind is Kind.NUMBER:
        return _number(at, value)
    if kind is Kind.CONSENT:
        return _consent(value)
    if kind is Kind.PARTNERS:
        return _many(at, value, partners)
    if kind is Kind.MARK:
        return _mark(at, value)
    if kind is Kind.POSTCODE:
        return _adapted(at, str(value) if _is_int(value) else value)[:4]
    return _adapted(at, value)


def _postcode(asked: Questionnaire, at: Field, kept: Mapping[str, Any]) -> str | None:
    """The postcode that was answered in the same question."""
    beside = asked.questions[at.question].fields
    return next((kept[f.code] for f in beside if f.kind is Kind.POSTCODE and f.code in kept), None)


def _municipality(
    at: Field, value: Any, find: Callable[[str, str | None], str | None] | None, postcode: str | None
) -> str:
    said = str(_adapted(at, value))
    found = find(said, postcode) if find else said
    if found is None:
        raise _Fault("municipality", value)
    return found


def _adapted(at: Field, value: Any) -> Any:
    """What pydantic makes of it, with our code for what is wrong."""
    try:
        return _ADAPTERS[at.kind].validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        kind, context = first["type"], first.get("ctx", {})
        if kind in CODES:
            raise _Fault(kind, value, **context) from error
        if kind in _PYDANTIC:
            limit = next(v for k, v in context.items() if k in ("min_length", "max_length", "ge", "le"))
            raise _Fault(_PYDANTIC[kind], value, limit=limit) from error
        raise _Fault("type", expected=TEXT, got=kind_of(value)) from error


def _one(value: Any, known: Collection[str], at: str = "") -> str:
    if not isinstance(value, str):
        raise _Fault("type", at=at, expected=TEXT, got=kind_of(value))
    code = value.strip()
    if code not in known:
        raise _Fault("not-in-list", value, at=at, known=known)
    return code


def _many(at: Field, value: Any, known: Collection[str] | None) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _Fault("type", expected=LIST, got=kind_of(value))
    chosen: list[str] = []
    for i, item in enumerate(value):
        where = f"/{i}"
        if item == DO_NOT_KNOW:
            raise _only(DO_NOT_KNOW, where)
        if known is None:
            if not isinstance(item, str) or not _PARTNER.match(item):
                raise _Fault("format", item, at=where, expected="[a-z0-9-]{2,30}")
            code = item
        else:
            code = _one(item, known, where)
        if code in chosen:
            raise _Fault("repeated", code, at=where)
        chosen.append(code)
    alone = [o.code for o in at.options if o.exclusive and o.code in chosen]
    if alone and len(chosen) > 1:
        raise _only(alone[0], f"/{chosen.index(alone[0])}")
    return chosen


def _only(code: str, at: str) -> _Fault:
    return _Fault(
        "inconsistent",
        at=at,
        detail_nl=f"{code} kan niet samen met een ander antwoord.",
        detail_en=f"{code} cannot be combined with another answer.",
    )


def _number(at: Field, value: Any) -> float | str:
    """A number, or a class; text that holds a number counts as that number (spreadsheets)."""
    if isinstance(value, str):
        text = value.strip()
        if not (_DECIMAL if at.decimals else _WHOLE).match(text):
            if text in at.codes:
                return text
            raise _Fault("number", value)
        value = float(text.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Fault("type", expected=NUMBER, got=kind_of(value))
    if not math.isfinite(value) or (not at.decimals and value != int(value)):
        raise _Fault("number", value)
    if value < 0:
        raise _Fault("too-small", value, limit=0)
    if value > MOST_PEOPLE:
        raise _Fault("too-big", value, limit=MOST_PEOPLE)
    return int(value) if value == int(value) else float(value)


def _mark(at: Field, value: Any) -> int:
    assert at.low is not None
    assert at.high is not None
    if isinstance(value, str) and _WHOLE.match(value.strip()):
        value = int(value)
    if not _is_int(value):
        raise _Fault("number", value if isinstance(value, str | float) else None)
    if value < at.low:
        raise _Fault("too-small", value, limit=at.low)
    if value > at.high:
        raise _Fault("too-big", value, limit=at.high)
    return int(value)


def _consent(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("type", expected=YES_OR_NO, got=kind_of(value))
    return value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
