"""The first questionnaire, right answers to it, and what becomes of others."""

from typing import Any

from shared.events.questionnaire import check, questionnaire

ASKED = questionnaire("2026.1")


RIGHT: dict[str, Any] = {"A1": "Buurtzorg Zeist", "A2.postcode": "3705", "A2.plaats": "Zeist", "A2.gemeente": "GM0355"}


def faults(**answers: Any) -> list[tuple[str, str]]:
    """Pointer below the answers and code of each fault of the right answers with these changed."""
    said = {**RIGHT, **{code.replace("__", "."): value for code, value in answers.items()}}
    found = check(ASKED, {k: v for k, v in said.items() if v is not ...}).problems
    return [(p.pointer.removeprefix("/data/answers/"), p.code) for p in found]


def kept(code: str, value: Any, **others: Any) -> Any:
    """How an answer is kept."""
    checked = check(ASKED, {**RIGHT, **others, code: value})
    assert checked.problems == ()
    return checked.answers.get(code)
