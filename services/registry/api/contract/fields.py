"""What the catalogue shows of an event's data: one line a field, however deep, read from the JSON Schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.events.base import Event
from shared.events.schema import schema_of

_NAMES: Mapping[str, tuple[str, str]] = {
    "string": ("tekst", "text"),
    "integer": ("geheel getal", "whole number"),
    "number": ("getal", "number"),
    "boolean": ("true of false", "true or false"),
    "object": ("object", "object"),
    "date": ("datum", "date"),
    "date-time": ("tijdstip met tijdzone", "time with offset"),
}
_LIST_OF, _ANYTHING = ("lijst van", "list of"), ("zie de beschrijving", "see the description")
_PROBLEM = {
    "pointer": ("Waar het staat, als JSON Pointer.", "Where it is, as a JSON Pointer."),
    "code": ("De code; zie de lijst van codes.", "The code; see the list of codes."),
    "value": ("Wat u stuurde, tenzij persoonlijk.", "What you sent, unless personal."),
    "nl": ("Wat er is en wat u kunt doen, in het Nederlands.", "What is wrong and what to do, in Dutch."),
    "en": ("Hetzelfde in het Engels.", "The same in English."),
    "documentation": ("De uitleg van de code.", "The explanation of the code."),
}
"""Problem is described by RFC 9457 and its docstring, not field by field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is its path in `data`, with `[]` for the items of a list; `codelist` names the list of its codes."""

    name: str
    kind: str
    required: bool
    meaning: str
    bounds: str
    codelist: str | None
    codes: Sequence[str]
    personal: bool


def fields_of(kind: type[Event], language: str) -> list[Field]:
    """Every field of the data of this type, in the order of the contract; `language` is nl or en."""
    schema = schema_of(kind)
    return list(
        _walk(schema["properties"]["data"], schema.get("$defs", {}), 0 if language == "nl" else 1, kind.personal)
    )


def _walk(
    part: Mapping[str, Any], parts: Mapping[str, Any], language: int, personal: frozenset[str], before: str = ""
) -> Iterator[Field]:
    for name, said in part.get("properties", {}).items():
        inner, is_list = _inside(said, parts)
        path = f"{before}{name}{'[]' if is_list else ''}"
        is_personal = name in personal or before.partition(".")[0].removesuffix("[]") in personal
        meaning = said.get(("x-description-nl", "description")[language]) or _PROBLEM.get(name, ("", ""))[language]
        yield Field(
            name=path,
            kind=(f"{_LIST_OF[language]} " if is_list else "") + _kind(inner, language),
            required=name in part.get("required", ()),
            meaning=meaning,
            bounds=_bounds(inner, said, language),
            codelist=inner.get("x-codelist"),
            codes=() if "x-codelist" in inner else inner.get("enum", ()),
            personal=is_personal,
        )
        yield from _walk(inner, parts, language, personal, f"{path}.")


def _inside(said: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """What a field holds when it holds something, references followed; and whether it is a list of that."""
    if "$ref" in said:
        return _inside(parts[said["$ref"].rsplit("/", 1)[-1]], parts)
    if "anyOf" in said:
        return _inside(next(one for one in said["anyOf"] if one.get("type") != "null"), parts)
    if said.get("type") == "array":
        return _inside(said.get("items", {}), parts)[0], True
    return said, False


def _kind(said: Mapping[str, Any], language: int) -> str:
    if "enum" in said:
        return "code"
    name = said.get("format") if said.get("format") in _NAMES else said.get("type")
    return _NAMES.get(str(name), _ANYTHING)[language]


def _bounds(said: Mapping[str, Any], whole: Mapping[str, Any], language: int) -> str:
    """How long, how large, how many, as far as the schema says."""
    low, high = said.get("minimum"), said.get("maximum")
    found = []
    if low is not None or high is not None:
        found.append("–".join("" if bound is None else str(bound) for bound in (low, high)))
    if said.get("maxLength"):
        found.append(f"{said.get('minLength', 0)}–{said['maxLength']} {('tekens', 'characters')[language]}")
    if whole.get("maxItems"):
        found.append(f"{('hoogstens', 'at most')[language]} {whole['maxItems']}")
    return ", ".join(found)
