"""What every event of the contract is: a frozen model with a name, an owner, and a description in two languages.

Additions within a version are optional fields only; anything else is a new version (`docs/decisions`). Wire names are
camelCase; Python reads snake_case.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .problems import Problem

PREFIX = "nl.zorgzame-gemeenschappen."
"""Every type on the wire begins so; routing keys carry what follows."""

PARTNER = "partner"
"""The owner of the types that partners publish."""

ANY_SERVICE = "service"
"""The owner of the types that every service may say, each of its own work."""

TAKERS = ("registry", "survey", "notify")


def field(en: str, nl: str, default: Any = ..., **rules: Any) -> Any:
    """A field with its description in English and Dutch; `rules` as for pydantic's Field."""
    return Field(default, description=en, json_schema_extra={"x-description-nl": nl}, **rules)


class Model(BaseModel):
    """A part of an event: frozen, camelCase on the wire, tolerant of fields that it does not know."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Event(Model):
    """The data of one event type. Subclasses say `type`, `owner` and both descriptions as class keywords.

    `taker` is the one service that takes a partner's event, decides and answers; `personal` names the fields of the data
    whose values never leave in an answer or a log.
    """

    type: ClassVar[str] = ""
    owner: ClassVar[str] = ""
    taker: ClassVar[str | None] = None
    nl: ClassVar[str] = ""
    en: ClassVar[str] = ""
    personal: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(
        cls,
        *,
        type: str = "",  # noqa: A002
        owner: str = "",
        taker: str | None = None,
        nl: str = "",
        en: str = "",
        personal: frozenset[str] = frozenset(),
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if type:
            cls.type, cls.owner, cls.taker, cls.nl, cls.en, cls.personal = type, owner, taker, nl, en, personal

    @classmethod
    def wire_type(cls) -> str:
        """The CloudEvents `type`."""
        return PREFIX + cls.type

    @classmethod
    def further_faults(cls, data: Mapping[str, Any]) -> Sequence[Problem]:  # noqa: ARG003
        """Faults that the fields' types cannot tell, of data in which other faults were found: a sender hears them all
        at once. Data without such faults are judged by the taker."""
        return ()

    def subject(self) -> str:
        """The id of what the event is about: the CloudEvents `subject`."""
        raise NotImplementedError

    def wire(self) -> dict[str, Any]:
        """The data as it goes over the wire: camelCase, JSON types, nothing that is None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def wire_json(self) -> bytes:
        """The same as text, in one go: services say thousands of facts a second."""
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event as a handler gets it: valid data, and who said it when.

    `partner` is the name that the broker vouches for (None for a service's fact); `time` is the sender's clock,
    `received_at` ours. `unknown` holds the JSON Pointers of fields that the contract does not know.
    """

    data: E_co
    id: str
    source: str
    partner: str | None
    time: datetime
    received_at: datetime
    traceparent: str | None = None
    sequence: int | None = None
    unknown: tuple[str, ...] = ()


# --- kinds of values that more than one event uses ---------------------------------------------------------------

_OVERRIDES = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Marks that turn the direction of writing, and separators that some programs take for the end of a line."""
_NOT_IN_PROSE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_OVERRIDES}]")
_A_LINE = core_schema.custom_error_schema(
    core_schema.str_schema(pattern=f"^[^\x00-\x1f\x7f-\x9f{_OVERRIDES}]*$"),
    custom_error_type="control-characters",
    custom_error_message="control characters",
)


class _OneLine:
    """In pydantic's core, without a call into Python: an event has a dozen of these."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.chain_schema([handler(source), _A_LINE])


def _lines(value: str) -> str:
    value = value.replace("\r\n", "\n")
    if _NOT_IN_PROSE.search(value):
        raise PydanticCustomError("control-characters", "control characters")
    return value


def empty_is_unknown(value: Any) -> Any:
    """An empty string or list stands for "not known" in many feeds: it becomes None."""
    return None if isinstance(value, str) and not value.strip() else value


Unknown = BeforeValidator(empty_is_unknown)
"""Put on optional fields: an empty string counts as left out."""

OneLine, Lines = _OneLine(), AfterValidator(_lines)
"""Put on texts: what cannot be seen, or changes how the rest is seen, is refused; in `Lines` lines may end."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), OneLine]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), OneLine]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=5000, strip_whitespace=True), Lines]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Version = Annotated[int, Field(ge=1)]


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # in UTC it falls outside the years 1 to 9999
        raise PydanticCustomError("time", "beyond the calendar") from error


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A moment with an offset on the wire; UTC inside."""

Labels = Mapping[str, str]
