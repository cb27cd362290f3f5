"""Whether answers fit their questionnaire: pure, and every fault at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.events.problems import Problem, problem

from . import plain
from .model import Kind, Questionnaire
from .reading import Fault, FindMunicipality, is_empty, postcode_beside, read, read_municipality


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers that fit, in their one form (empty ones left out), and every fault of the others."""

    answers: dict[str, Any]
    problems: tuple[Problem, ...]


def pointer(code: str) -> str:
    """Where the answer to `code` stands in the event."""
    return "/data/answers/" + code.replace("~", "~0").replace("/", "~1")


def check(
    asked: Questionnaire,
    answers: Mapping[str, Any],
    *,
    municipality: FindMunicipality | None = None,
    partners: Collection[str] | None = None,
    echo: bool = False,
) -> Checked:
    """Check all answers.

    `municipality` gives the CBS code that a code or name (with the postcode, which tells namesakes apart) stands for now,
    or None; without it any text will do.
    `partners` are the names that exist; without them any well-formed name will do. With `echo` a fault shows the value
    that was given: only for a page shown to the one who gave it, since it may be personal.
    """
    if (all_of_them := plain.taken(asked, answers, municipality, partners)) is not None:
        return Checked(all_of_them, ())
    return one_by_one(asked, answers, municipality=municipality, partners=partners, echo=echo)


def one_by_one(
    asked: Questionnaire,
    answers: Mapping[str, Any],
    *,
    municipality: FindMunicipality | None = None,
    partners: Collection[str] | None = None,
    echo: bool = False,
) -> Checked:
    """The same, each answer read by itself."""
    kept: dict[str, Any] = {}
    faults = [
        problem("unknown-question", pointer(code[:100]), value=code, questionnaire=asked.version)
        for code in answers
        if code not in asked.fields
    ]
    faulty: set[str] = set()
    for code, at in asked.fields.items():  # a postcode stands before its municipality
        value = answers.get(code)
        if value is None or is_empty(value):
            continue
        try:
            if at.kind is Kind.MUNICIPALITY:
                kept[code] = read_municipality(at, value, municipality, postcode_beside(asked, at, kept))
            else:
                kept[code] = read(at, value, partners)
        except Fault as fault:
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
