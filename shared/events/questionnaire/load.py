"""From the data of a questionnaire to questions with fields."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from shared.events.codelists import codelist

from .model import Condition, Field, Kind, Option, Question, Questionnaire, Section

_Lists = Mapping[str, tuple[Option, ...]]
_Said = Mapping[str, Any]
_FOLDER = "data/questionnaires"


@cache
def versions() -> tuple[str, ...]:
    """The versions that there are, oldest first."""
    here = files("shared.events").joinpath(_FOLDER)
    return tuple(sorted(f.name.removesuffix(".json") for f in here.iterdir() if f.name.endswith(".json")))


@cache
def questionnaire(version: str) -> Questionnaire:
    """The questionnaire of this version. Raises KeyError when there is none."""
    if version not in versions():
        raise KeyError(version)
    said = json.loads(files("shared.events").joinpath(f"{_FOLDER}/{version}.json").read_text("utf-8"))
    lists = {name: tuple(Option(**row) for row in rows) for name, rows in said["lists"].items()}
    sections = tuple(
        Section(s["code"], s["nl"], s["en"], s.get("hint"), tuple(_question(q, lists) for q in s["questions"]))
        for s in said["sections"]
    )
    made = Questionnaire(said["version"], said["title"]["nl"], said["title"]["en"], sections)
    _sound(made)
    return made


def _sound(made: Questionnaire) -> None:
    """Two fields with one code, or a condition on nothing, is a mistake in the data."""
    codes = [f.code for q in made.questions.values() for f in q.fields]
    if twice := {c for c in codes if codes.count(c) > 1}:
        raise ValueError(f"questionnaire {made.version}: more than one field is called {', '.join(sorted(twice))}")
    for field in made.fields.values():
        on = field.condition
        if on and not set(on.values) <= {o.code for o in made.fields[on.field].options}:
            raise ValueError(f"questionnaire {made.version}: {field.code} depends on an answer that cannot be given")


def _question(said: _Said, lists: _Lists) -> Question:
    first = Field(said["code"], said["code"], Kind.TEXT, said["nl"], said["en"], options=_options(said, lists))
    fields = tuple(_EXPAND[said["kind"]](first, said, lists))
    needs: tuple[str, ...] = ()
    if said.get("required"):
        needs = tuple(said.get("needs", (first.code,)))
    return Question(said["code"], said["kind"], said["nl"], said["en"], said.get("hint"), fields, needs)


def _options(said: _Said, lists: _Lists) -> tuple[Option, ...]:
    if "list" in said:
        return lists[said["list"]]
    if "codelist" not in said:
        return ()
    left_out = said.get("without", ())
    return tuple(Option(c, text.nl, text.en) for c, text in codelist(said["codelist"]).items() if c not in left_out)


def _simple(kind: Kind) -> Callable[[Field, _Said, _Lists], Iterator[Field]]:
    """A question with one field, and what hangs on it: "other, namely", one more per choice, the main one."""

    def expand(field: Field, said: _Said, lists: _Lists) -> Iterator[Field]:
        limits = {k: said[k] for k in ("low", "high", "decimals", "required") if k in said}
        when = said.get("when")
        condition = Condition(when["question"], tuple(when["is"])) if when else None
        yield replace(field, kind=kind, condition=condition, **limits)
        if said.get("other"):
            yield _namely(field.code, Condition(field.code, ("anders",)))
        for option in field.options if "per" in said else ():
            per = said["per"]
            yield Field(
                f"{per['code']}.{option.code}",
                field.code,
                Kind.ONE,
                f"{per['nl']} ({option.nl})",
                f"{per['en']} ({option.en})",
                options=_options(per, lists),
                condition=Condition(field.code, (option.code,)),
            )
        if "main" in said:
            main, choices = said["main"], tuple(o for o in field.options if not o.exclusive)
            yield Field(
                main["code"],
                field.code,
                Kind.ONE,
                main["nl"],
                main["en"],
                options=choices,
                condition=Condition(field.code, tuple(o.code for o in choices)),
                among=field.code,
            )

    return expand


def _place(field: Field, said: _Said, _: _Lists) -> Iterator[Field]:
    kinds = {"postcode": Kind.POSTCODE, "plaats": Kind.TEXT, "gemeente": Kind.MUNICIPALITY}
    for part in said["parts"]:
        code = f"{field.code}.{part['code']}"
        # `weet-niet` is no answer to any part of a question that must be answered
        yield Field(code, field.code, kinds[part["code"]], part["nl"], part["en"], required=said.get("required", False))


def _matrix(field: Field, said: _Said, lists: _Lists) -> Iterator[Field]:
    for row in _options(said["rows"], lists):
        at = f"{field.code}.{row.code}"
        yield Field(at, field.code, Kind.ONE, row.nl, row.en, options=field.options)
        if "mark" in said:
            mark = said["mark"]
            yield Field(
                f"{at}.{mark['code']}",
                field.code,
                Kind.MARK,
                f"{mark['nl']}: {row.nl}",
                f"{mark['en']}: {row.en}",
                condition=Condition(at, tuple(mark["is"])),
                low=mark["low"],
                high=mark["high"],
            )
    if "other" in said:
        yield _namely(field.code, Condition(f"{field.code}.{said['other']['row']}", tuple(said["other"]["is"])))


def _ticks(field: Field, said: _Said, _: _Lists) -> Iterator[Field]:
    for tick in said["ticks"]:
        yield Field(f"{field.code}.{tick['code']}", field.code, Kind.CONSENT, tick["nl"], tick["en"])


def _namely(question: str, condition: Condition) -> Field:
    return Field(f"{question}.namelijk", question, Kind.TEXT, "Anders, namelijk", "Other, namely", condition=condition)


_EXPAND: Mapping[str, Callable[[Field, _Said, _Lists], Iterator[Field]]] = {
    "text": _simple(Kind.TEXT),
    "prose": _simple(Kind.PROSE),
    "year": _simple(Kind.YEAR),
    "one": _simple(Kind.ONE),
    "many": _simple(Kind.MANY),
    "partners": _simple(Kind.PARTNERS),
    "number-or-class": _simple(Kind.NUMBER),
    "place": _place,
    "matrix": _matrix,
    "ticks": _ticks,
}
