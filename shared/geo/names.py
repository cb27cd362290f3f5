"""Which municipality is meant: by code or name, present or former, in the spellings that people use."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from shared.geo import vendored
from shared.geo.fold import fold, province_code, split_qualifier
from shared.geo.places import pc4
from shared.geo.regions import Former, Municipality, formers, municipalities, municipality

_CODE = re.compile(r"^(?:GM)?\s?0*([0-9]{1,4})$", re.IGNORECASE)
_WORD = re.compile(r"^\s*(?:de\s+)?gem(?:eente|\.)?\s+|\s*\(gemeente\)\s*$", re.IGNORECASE)


@cache
def _by_name() -> Mapping[str, tuple[Municipality, ...]]:
    found: defaultdict[str, list[Municipality]] = defaultdict(list)
    for m in municipalities():
        for spelling in {fold(m.name), fold(m.cbs_name)}:
            found[spelling].append(m)
    for row in vendored.rows("other_names"):
        if row["kind"] != "place":
            found[fold(row["name"])] += found.get(fold(row["official"]), [])
    return {spelling: tuple(dict.fromkeys(ms)) for spelling, ms in found.items()}


@cache
def _former_by_name() -> Mapping[str, tuple[Former, ...]]:
    found: defaultdict[str, list[Former]] = defaultdict(list)
    for f in formers():
        for spelling in {fold(f.name), fold(split_qualifier(f.name)[0])}:
            found[spelling].append(f)
    return {spelling: tuple(fs) for spelling, fs in found.items()}


@cache
def _former_by_code() -> Mapping[str, Former]:
    return {f.code: f for f in formers()}


def find_municipality(text: str, *, province: str | None = None, postcode: str | None = None) -> Municipality | None:
    """The present municipality that is meant: by code (GM0344, 0344) or name, official, usual or former.

    Namesakes (Bergen in Noord-Holland and in Limburg) need their province, in `text` ("Bergen (NH)") or apart, or a
    postcode; without it they are ambiguous and give None.
    """
    text = _WORD.sub("", text)
    if match := _CODE.match(text.strip()):
        code = f"GM{int(match[1]):04d}"
        former = _former_by_code().get(code)
        return municipality(former.successor if former else code)
    if whole := _by_name().get(fold(text), ()):
        return _one_of(whole, province, postcode)
    name, behind = split_qualifier(text)
    where = province_code(behind) or province
    if found := _by_name().get(fold(name), ()):
        return _one_of(found, where, postcode)
    former = former_municipality(text, province=where)
    return municipality(former.successor) if former else None


def former_municipality(text: str, *, province: str | None = None) -> Former | None:
    """The municipality that was, when `text` is the code or name of one, and not the name of a present one.

    Of namesakes only the one whose successor lies in `province` is given.
    """
    text = _WORD.sub("", text)
    if match := _CODE.match(text.strip()):
        return _former_by_code().get(f"GM{int(match[1]):04d}")
    name, behind = split_qualifier(text)
    where = province_code(behind) or province
    if fold(text) in _by_name() or (behind is None and fold(name) in _by_name()):
        return None
    found = _former_by_name().get(fold(text)) or _former_by_name().get(fold(name), ())
    if where is not None and len(found) > 1:
        found = tuple(f for f in found if (m := municipality(f.successor)) and m.province == where)
    return found[0] if len({f.successor for f in found}) == 1 else None


def _one_of(found: Iterable[Municipality], province: str | None, postcode: str | None) -> Municipality | None:
    left = tuple(found)
    if len(left) > 1 and postcode and (area := pc4(postcode)):
        left = tuple(m for m in left if m.code == area.municipality)
    if len(left) > 1 and province:
        left = tuple(m for m in left if m.province == province)
    return left[0] if len(left) == 1 else None
