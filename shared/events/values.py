"""Values with a form of their own: postcode, telephone, mail address, website, Chamber of Commerce number, year.

Each check leaves the text as the partner said it (claims are kept as said); comparing forms are the registry's matter.
"""

import re
from typing import Annotated, Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from .base import OneLine
from .codelists import Label

_NETHERLANDS, _USUAL_DIGITS = 31, 9
_POSTCODE = re.compile(r"^[1-9][0-9]{3}(\s?[A-Za-z]{2})?$")
_MUNICIPALITY_CODE = re.compile(r"^GM[0-9]{4}$")
_REGION = re.compile(r"^(GM[0-9]{4}|PV(2[0-9]|3[01])|LD0[1-4]|NL)$")
_DUTCH_PHONE = re.compile(r"0[1-9](?:[ -]?[0-9]){8}", re.ASCII)
_WEBSITE = re.compile(r"^(https?://)?([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]{1,5})?([/?#]\S*)?$", re.IGNORECASE)


def _postcode(value: str) -> str:
    if not _POSTCODE.fullmatch(value):
        raise PydanticCustomError("postcode", "postcode")
    return value


def _phone(value: str) -> str:
    if _DUTCH_PHONE.fullmatch(
        value
    ):  # as nearly all are written; the library takes a quarter of a millisecond to agree
        return value
    try:
        number = phonenumbers.parse(value, "NL")
    except phonenumbers.NumberParseException as error:
        raise PydanticCustomError("phone", "phone", {"detail": Label("geen nummer", "no number")}) from error
    of_usual_length = number.country_code != _NETHERLANDS or len(str(number.national_number)) == _USUAL_DIGITS
    if not phonenumbers.is_valid_number(number) and not (of_usual_length and phonenumbers.is_possible_number(number)):
        digits = sum(c.isdigit() for c in value)
        one = digits == 1
        detail = Label(f"{digits} {'cijfer' if one else 'cijfers'}", f"{digits} {'digit' if one else 'digits'}")
        raise PydanticCustomError("phone", "phone", {"detail": detail})
    return value


def _email(value: str) -> str:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise PydanticCustomError("email", "email") from error
    return value


def _website(value: str) -> str:
    if not _WEBSITE.fullmatch(value):
        raise PydanticCustomError("website", "website")
    return value


def _kvk(value: Any) -> Any:
    text = f"{value:08d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{8}", text.strip()):
        raise PydanticCustomError("kvk", "kvk")
    return text


def _year(value: Any) -> Any:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{4}(\.0)?", text):
        raise PydanticCustomError("year", "year")
    return int(text[:4])


def _count(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        raise PydanticCustomError("number", "number")
    return value


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        raise PydanticCustomError("format", "region", {"expected": "GM0344, PV26, LD01, NL"})
    return value


_Short = StringConstraints(min_length=1, max_length=200, strip_whitespace=True)

Postcode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20), OneLine, AfterValidator(_postcode)]
"""Four digits, or four digits and two letters (`3705 XX`; letters may be masked as xx)."""
Phone = Annotated[str, _Short, OneLine, AfterValidator(_phone)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, strip_whitespace=True), AfterValidator(_email)]
Website = Annotated[
    str, StringConstraints(min_length=4, max_length=500, strip_whitespace=True), OneLine, AfterValidator(_website)
]
KvkNumber = Annotated[str, BeforeValidator(_kvk), StringConstraints(strip_whitespace=True)]
Year = Annotated[int, BeforeValidator(_year), Field(ge=1800, le=2100)]
Number = Annotated[int, BeforeValidator(_count), Field(ge=0, le=10_000_000)]
Region = Annotated[str, AfterValidator(_region)]
"""A CBS code: municipality GM0344, province PV26, landsdeel LD01 (Noord) to LD04 (Zuid), or NL."""
