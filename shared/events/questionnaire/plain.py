"""Answers that are in their one form already, as those of a program are: taken at once.

A full set of answers has fifty; one schema in pydantic's core judges all of them in the time that Python needs for five.
It knows no exceptions and gives no reasons: what it does not take is read answer by answer (`check`), with the same result.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from .model import DO_NOT_KNOW, Field, Kind, Questionnaire
from .reading import (
    ADAPTERS,
    DECIMAL,
    MOST_PEOPLE,
    WHOLE,
    Fault,
    FindMunicipality,
    is_empty,
    postcode_beside,
    read,
    read_municipality,
)


def taken(
    asked: Questionnaire,
    answers: Mapping[str, Any],
    municipality: FindMunicipality | None,
    partners: Collection[str] | None,
) -> dict[str, Any] | None:
    """The answers in their one form if there is nothing to remark on any of them; None if they have to be read."""
    plain = _of(asked)
    try:
        kept: dict[str, Any] = plain.schema.validate_python(answers)
        for field in plain.looked_up:
            if field.code in kept:
                value = kept[field.code]
                if value is None or is_empty(value):
                    return None
                if field.kind is Kind.MUNICIPALITY:
                    kept[field.code] = read_municipality(
                        field, value, municipality, postcode_beside(asked, field, kept)
                    )
                else:
                    kept[field.code] = read(field, value, partners)
    except (ValidationError, Fault):
        return None
    return kept if plain.consistent(kept) else None


class Plain:
    """What a questionnaire asks, laid out to be judged fast."""

    def __init__(self, asked: Questionnaire) -> None:
        fields = list(asked.fields.values())
        of_fields = {f.code: core_schema.typed_dict_field(_schema(f), required=False) for f in fields}
        self.schema = SchemaValidator(core_schema.typed_dict_schema(of_fields, extra_behavior="forbid"))
        self.looked_up = [f for f in fields if f.kind in _LOOKED_UP]
        self.lists = [(f.code, {o.code for o in f.options if o.exclusive}) for f in fields if f.kind is Kind.MANY]
        self.conditions = [(f.code, f.condition.field, frozenset(f.condition.values)) for f in fields if f.condition]
        self.among = [(f.code, f.among) for f in fields if f.among]
        self.needs = [question.needs for question in asked.needing]

    def consistent(self, kept: Mapping[str, Any]) -> bool:
        """Whether answers that are right by themselves go together."""
        for code, alone in self.lists:
            chosen = kept.get(code)
            if chosen.__class__ is list and len(chosen) > 1 and (len({*chosen}) < len(chosen) or alone & {*chosen}):
                return False
        for code, on, values in self.conditions:
            if code in kept:
                given = kept.get(on)
                if values.isdisjoint(given) if isinstance(given, list) else given not in values:
                    return False
        return not any(
            code in kept and kept[code] not in kept.get(among, (kept[code],)) for code, among in self.among
        ) and all(any(code in kept for code in needs) for needs in self.needs)


_of = lru_cache(maxsize=32)(Plain)
_LOOKED_UP = (Kind.POSTCODE, Kind.MUNICIPALITY, Kind.PARTNERS)
"""What depends on more than the answer, or takes another form: read one by one."""


def _schema(at: Field) -> CoreSchema:
    """What an answer to this field looks like where nothing has to be done to it."""
    if at.kind in _LOOKED_UP:
        return core_schema.any_schema()
    if at.kind in (Kind.TEXT, Kind.PROSE):
        return ADAPTERS[at.kind].core_schema
    forms: list[CoreSchema | tuple[CoreSchema, str]] = [*_forms(at)]
    return core_schema.union_schema(forms, mode="left_to_right") if len(forms) > 1 else next(_forms(at))


def _forms(at: Field) -> Iterator[CoreSchema]:
    words = [DO_NOT_KNOW] if at.may_be_unknown else []
    match at.kind:
        case Kind.ONE:
            words = [*at.codes, *words]
        case Kind.MANY:
            codes = [code for code in at.codes if code != DO_NOT_KNOW]
            yield core_schema.list_schema(core_schema.literal_schema(codes), min_length=1, strict=True)
        case Kind.NUMBER:
            number = core_schema.int_schema(ge=0, le=MOST_PEOPLE)
            yield core_schema.int_schema(ge=0, le=MOST_PEOPLE, strict=True)
            yield core_schema.chain_schema(
                [core_schema.str_schema(strip_whitespace=True, pattern=WHOLE.pattern), number]
            )
            words = [*(code for code in at.codes if not DECIMAL.match(code)), *words]
        case Kind.MARK:
            yield core_schema.int_schema(ge=at.low, le=at.high, strict=True)
        case Kind.YEAR:
            yield core_schema.chain_schema([core_schema.int_schema(strict=True), ADAPTERS[Kind.YEAR].core_schema])
        case Kind.CONSENT:
            yield core_schema.bool_schema(strict=True)
    if words:
        yield core_schema.literal_schema(words)
