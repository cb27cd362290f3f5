from datetime import date

import pytest

from shared import geo


def code_of(text: str, **known: str) -> str | None:
    found = geo.find_municipality(text, **known)
    return found.code if found else None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("GM0344", "GM0344"),
        ("gm 344", "GM0344"),
        ("0344", "GM0344"),
        ("Utrecht", "GM0344"),
        ("Gemeente Utrecht", "GM0344"),
        ("UTRECHT (gemeente)", "GM0344"),
        ("'s-Gravenhage", "GM0518"),
        ("’s Gravenhage", "GM0518"),
        ("Den Haag", "GM0518"),
        ("den bosch", "GM0796"),
        ("Súdwest-Fryslân", "GM1900"),
        ("Sudwest Fryslan", "GM1900"),
        ("Zuidwest-Friesland", "GM1900"),
        ("Alphen a/d Rijn", "GM0484"),
        ("Capelle a.d. IJssel", "GM0502"),
        ("Nuenen", "GM0820"),
        ("Hengelo (O.)", "GM0164"),
        ("Hengelo Ov", "GM0164"),
        ("Bergen (NH)", "GM0373"),
        ("Bergen (L.)", "GM0893"),
        ("Bergen, Limburg", "GM0893"),
        ("Den Hááág", None),
        ("Nergenshuizen", None),
        ("GM9999", None),
        ("", None),
        ("()", None),
    ],
)
def test_a_municipality_is_found_by_code_or_by_any_usual_spelling(written, code):
    """Case, diacritics, hyphens, apostrophes, 'gemeente' and a/d do not matter; nonsense gives nothing."""
    assert code_of(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Loppersum", "GM1979"),
        ("GM0024", "GM1979"),
        ("24", "GM1979"),
        ("De Friese Meren", "GM1940"),
        ("Weesp", "GM0363"),
        ("Brielle", "GM1992"),
        ("Cuijk", "GM1982"),
        ("Haarlemmerliede en Spaarnwoude", "GM0394"),
        ("Ulrum", "GM1966"),
        ("Maarssen", "GM1904"),
    ],
)
def test_a_former_municipality_leads_to_the_present_one(written, code):
    """By its name and by its old CBS code, through every merger since."""
    assert code_of(written) == code
    former = geo.former_municipality(written)
    assert former is not None
    assert former.successor == code


def test_a_present_municipality_is_not_taken_for_a_former_one():
    """The warning that a municipality merged is only for those that did."""
    assert geo.former_municipality("Utrecht") is None
    assert geo.former_municipality("GM0344") is None


def test_namesakes_are_ambiguous_until_something_tells_them_apart():
    """Two municipalities are called Bergen: neither is guessed; province or postcode decides."""
    assert code_of("Bergen") is None
    assert code_of("Bergen", province="PV31") == "GM0893"
    assert code_of("Bergen", postcode="1861 AB") == "GM0373"


@pytest.mark.parametrize(
    ("postcode", "municipality"),
    [("3705", "GM0355"), ("3705 xx", "GM0355"), ("3705XX", "GM0355"), ("0999", None), ("37055", None), ("x", None)],
)
def test_a_postcode_is_read_as_people_write_it(postcode, municipality):
    """Four digits decide; letters, masked or not, are ignored."""
    area = geo.pc4(postcode)
    assert (area.municipality if area else None) == municipality


def test_a_place_gives_its_municipality_province_and_point():
    """A village that once was a municipality lies in the present one."""
    (ulrum,) = geo.find_place("ulrum")
    assert (ulrum.municipality, ulrum.province, ulrum.postcodes) == ("GM1966", "PV20", ("9971",))
    assert (round(ulrum.lat), round(ulrum.lon)) == (53, 6)


@pytest.mark.parametrize(
    ("text", "known", "municipality"),
    [
        ("Hengelo (Gld)", {}, "GM1876"),
        ("Hengelo", {"province": "PV25"}, "GM1876"),
        ("Rijswijk", {"municipality": "GM0603"}, "GM0603"),
        ("Rijswijk", {"postcode": "4284 AB"}, "GM1959"),
        ("Bergen", {"postcode": "5854"}, "GM0893"),
        ("Den Haag", {}, "GM0518"),
        ("Veenwouden", {}, "GM1891"),
        ("Alteveer", {"municipality": "GM0118"}, "GM0118"),
    ],
)
def test_places_of_one_name_are_told_apart_by_what_is_known(text, known, municipality):
    """Postcode, municipality, province, or a qualifier in the name itself."""
    assert [p.municipality for p in geo.find_place(text, **known)] == [municipality]


def test_a_place_that_stays_ambiguous_gives_every_candidate():
    """Rijswijk alone may be three; an unknown village is none."""
    assert {p.province for p in geo.find_place("Rijswijk")} == {"PV25", "PV28", "PV30"}
    assert geo.find_place("Nergenshuizen") == ()


def test_landsdelen_follow_the_division_of_cbs():
    """Zeeland counts as West and Flevoland as Oost."""
    named: dict[str, set[str]] = {geo.landsdeel_of(p.code): set() for p in geo.provinces()}
    for p in geo.provinces():
        named[geo.landsdeel_of(p.code)].add(p.name)
    assert named == {
        "LD01": {"Groningen", "Fryslân", "Drenthe"},
        "LD02": {"Overijssel", "Flevoland", "Gelderland"},
        "LD03": {"Utrecht", "Noord-Holland", "Zuid-Holland", "Zeeland"},
        "LD04": {"Noord-Brabant", "Limburg"},
    }


def test_every_region_has_a_way_up_to_the_country():
    """Municipality, province, landsdeel, country: no gap, and covers() agrees."""
    for r in geo.regions():
        assert geo.regions_of(r.code)[-1] == "NL"
        assert geo.covers("NL", r.code)
    assert geo.regions_of("GM0344") == ("GM0344", "PV26", "LD03", "NL")
    assert not geo.covers("PV26", "GM0363")
    assert geo.regions_of("XX") == ()


def test_wijdemeren_is_hilversum_from_2027():
    """A region has a last day and a successor; a former one follows every step to the day that is asked."""
    assert geo.present("GM1696", date(2026, 12, 31)) == "GM1696"
    assert geo.present("GM1696", date(2027, 1, 1)) == "GM0402"
    assert geo.present("GM0024", date(2026, 1, 1)) == "GM1979"
    codes = {r.code for r in geo.regions("municipality", on=date(2027, 1, 1))}
    assert "GM1696" not in codes
    assert "GM0402" in codes


def test_the_reference_holds_together():
    """342 municipalities; every postcode, place, successor and border names one that exists."""
    known = {m.code for m in geo.municipalities()}
    assert len(known) == 342
    assert {a.municipality for a in geo.pc4s()} == known
    assert {f.successor for f in geo.formers()} <= known
    assert {f["id"] for f in geo.municipality_borders()["features"]} == known
    assert {f["id"] for f in geo.province_borders()["features"]} == {p.code for p in geo.provinces()}
    for m in geo.municipalities():
        assert code_of(m.cbs_name) == m.code
        assert code_of(m.name, province=m.province) == m.code
    for a in geo.pc4s():
        municipality = geo.municipality(a.municipality)
        assert municipality is not None
        assert municipality.province == a.province


def test_former_municipalities_lie_where_their_places_lie():
    """Most former municipalities were called after a place; for nearly all, that place lies in the successor.

    Those that were divided over several may have their name-giving village elsewhere.
    """
    named = [(f, {p.municipality for p in geo.find_place(f.name)}) for f in geo.formers()]
    with_place = [(f, where) for f, where in named if where]
    agreeing = [f for f, where in with_place if f.successor in where]
    assert len(with_place) > 500
    assert len(agreeing) / len(with_place) > 0.97
