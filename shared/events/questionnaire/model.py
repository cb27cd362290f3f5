"""What a questionnaire is made of: sections, questions, fields, options, conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

DO_NOT_KNOW = "weet-niet"
"""The answer of who does not know or would rather not say."""


class Kind(StrEnum):
    """What an answer to a field looks like."""

    TEXT = "text"  # one line, open
    PROSE = "prose"  # several lines, open
    POSTCODE = "postcode"  # four digits; letters behind them are dropped
    MUNICIPALITY = "municipality"  # CBS code or name
    YEAR = "year"
    ONE = "one"  # one code of `options`
    MANY = "many"  # a list of codes of `options`
    PARTNERS = "partners"  # a list of names of partners
    NUMBER = "number"  # a number, or the code of a class in `options`
    MARK = "mark"  # a whole number between `low` and `high`
    CONSENT = "consent"  # true or false, never ticked beforehand


@dataclass(frozen=True, slots=True)
class Option:
    """One code that can be chosen. `to` is the upper bound (inclusive) of a class of numbers, None when it has none."""

    code: str
    nl: str
    en: str
    exclusive: bool = False
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is asked only when the answer to `field` is, or holds, one of `values`."""

    field: str
    values: tuple[str, ...]

    def met(self, answers: Mapping[str, Any]) -> bool:
        given = answers.get(self.field)
        return any(v in self.values for v in given) if isinstance(given, list) else given in self.values


@dataclass(frozen=True, slots=True)
class Field:
    """What one answer belongs to. `question` is the code of the question it is part of."""

    code: str
    question: str
    kind: Kind
    nl: str
    en: str
    required: bool = False
    options: tuple[Option, ...] = ()
    condition: Condition | None = None
    low: int | None = None
    high: int | None = None
    decimals: bool = False
    among: str | None = None
    """The field of which this answer must be one of the choices made there."""
    codes: tuple[str, ...] = field(init=False)
    """Those of `options`."""
    open: bool = field(init=False)
    """In the respondent's own words: stays in survey, never leaves in facts."""
    may_be_unknown: bool = field(init=False)
    """Whether `weet-niet` is an answer."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(o.code for o in self.options))
        object.__setattr__(self, "open", self.kind in (Kind.TEXT, Kind.PROSE))
        object.__setattr__(self, "may_be_unknown", not self.required and self.kind is not Kind.CONSENT)

    def class_of(self, value: float | str) -> str:
        """The class that a number falls in, for fields that take either; a code is given back as it is."""
        if isinstance(value, str):
            return value
        return next(o.code for o in self.options if o.to is None or value <= o.to)


@dataclass(frozen=True, slots=True)
class Question:
    """What people see as one question. One of the fields named in `needs` must be answered, when there are any."""

    code: str
    kind: str
    nl: str
    en: str
    hint: Mapping[str, str] | None
    fields: tuple[Field, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that belong together, under a letter."""

    code: str
    nl: str
    en: str
    hint: Mapping[str, str] | None
    questions: tuple[Question, ...]


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """One version of the questionnaire; there is one of each."""

    version: str
    nl: str
    en: str
    sections: tuple[Section, ...]

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its code, in the order in which they are asked."""
        return {q.code: q for s in self.sections for q in s.questions}

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Every field by its code, in the order in which they are asked."""
        return {f.code: f for q in self.questions.values() for f in q.fields}

    @cached_property
    def needing(self) -> tuple[Question, ...]:
        """The questions that must be answered."""
        return tuple(q for q in self.questions.values() if q.needs)

    @cached_property
    def _open(self) -> tuple[str, ...]:
        return tuple(f.code for f in self.fields.values() if f.open)

    @cached_property
    def _consents(self) -> Mapping[str, str]:
        """Field to purpose."""
        return {f.code: f.code.partition(".")[2] for f in self.fields.values() if f.kind is Kind.CONSENT}

    @cached_property
    def _private(self) -> tuple[str, ...]:
        return (*self._open, *self._consents)

    def describe(self, condition: Condition, language: str = "nl") -> str:
        """A condition in words: "B1 (Voor wie is het initiatief?): een specifieke groep"."""
        on = self.fields[condition.field]
        chosen = [str(getattr(o, language)) for o in on.options if o.code in condition.values]
        return f"{on.code} ({getattr(on, language)}): {(' of ' if language == 'nl' else ' or ').join(chosen)}"

    def applicable(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The answers to what is asked; what belongs to another choice than was made is left out."""
        kept: dict[str, Any] = {}
        for code, at in self.fields.items():
            if code in answers and (at.condition is None or at.condition.met(kept)):
                kept[code] = answers[code]
        return kept

    def public(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The answers that facts may carry: no open text, no consents."""
        kept = dict(answers)
        for code in self._private:
            kept.pop(code, None)
        return kept

    def open_text(self, answers: Mapping[str, Any]) -> dict[str, str]:
        """The answers in people's own words."""
        return {code: answers[code] for code in self._open if code in answers}

    def consents(self, answers: Mapping[str, Any]) -> dict[str, bool]:
        """Permissions by purpose, given (true) or withheld (false), as far as they were answered."""
        return {purpose: answers[code] for code, purpose in self._consents.items() if code in answers}
