"""Between the web form and answers: what a browser sends for each field, and how answers are shown again.

The name of an input is the code of its field. A number that is a class stands in `<code>.klasse`; "do not know" for a year
in `<code>.weet-niet`. A form that was sent holds every consent: ticked is given, not ticked is withheld. Only here is 1.500 fifteen hundred: for a partner's
answers a dot is what it is in JSON.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.events.questionnaire import DO_NOT_KNOW, Field, Kind, Questionnaire

Form = Mapping[str, Sequence[str]]
"""What was filled in, by the name of the input."""

GIVEN = "ja"
"""What a ticked consent sends."""

_THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
"""A number as Dutch writes it, with dots between the thousands: 1.500."""

_LISTS = frozenset({Kind.MANY, Kind.PARTNERS})


def names(field: Field) -> tuple[str, ...]:
    """The inputs that belong to a field."""
    match field.kind:
        case Kind.NUMBER:
            return field.code, f"{field.code}.klasse"
        case Kind.YEAR:
            return field.code, f"{field.code}.{DO_NOT_KNOW}"
        case _:
            return (field.code,)


def only_known(form: Form, asked: Questionnaire) -> dict[str, list[str]]:
    """What was filled in, without inputs that the form does not have and without what was left empty."""
    known = [name for field in asked.fields.values() for name in names(field)]
    return {name: filled for name in known if (filled := [v for v in form.get(name, ()) if v.strip()])}


def answers_of(form: Form, asked: Questionnaire) -> dict[str, Any]:
    """The answers that a form holds, as a partner would send them; what belongs to another choice is left out."""
    answers = {code: answer for code, field in asked.fields.items() if (answer := _answer(field, form)) is not None}
    return asked.applicable(answers)


def _answer(field: Field, form: Form) -> Any:
    filled = [[v for v in form.get(name, ()) if v.strip()] for name in names(field)]
    if field.kind is Kind.CONSENT:
        return bool(filled[0])
    if field.kind in _LISTS:
        return filled[0] or None
    answer = next((values[0] for values in filled if values), None)
    if answer is not None and field.kind is Kind.NUMBER and _THOUSANDS.fullmatch(answer.strip()):
        return answer.replace(".", "")
    return answer


def form_of(answers: Mapping[str, Any], asked: Questionnaire) -> dict[str, list[str]]:
    """What the inputs hold when these answers are shown again."""
    form: dict[str, list[str]] = {}
    for code, answer in answers.items():
        field = asked.fields.get(code)
        if field is None:
            continue
        match field.kind:
            case Kind.CONSENT:
                form |= {code: [GIVEN]} if answer else {}
            case Kind.MANY | Kind.PARTNERS:
                form[code] = [answer] if isinstance(answer, str) else list(answer)
            case Kind.NUMBER if isinstance(answer, str):
                form[f"{code}.klasse"] = [answer]
            case Kind.NUMBER:
                form[code] = [str(answer).replace(".", ",")]
            case Kind.YEAR if answer == DO_NOT_KNOW:
                form[f"{code}.{DO_NOT_KNOW}"] = [DO_NOT_KNOW]
            case _:
                form[code] = [str(answer)]
    return form
