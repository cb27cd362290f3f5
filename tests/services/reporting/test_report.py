"""The pages of a publication, from counts alone."""

from typing import Any

from services.reporting.domain import report
from services.reporting.domain.fields import blocks


def block(pages: dict[str, dict[str, Any]], region: str, code: str) -> dict[str, Any]:
    return next(b for b in pages[region]["blocks"] if b["code"] == code)


def test_a_region_without_enough_answers_has_the_tables_of_the_next_wider_one_that_has() -> None:
    """Utrecht has 12 answers, Zeeland 3: Zeeland gets West's 15; Drenthe and Noord have none and get the country's."""
    pages = report.pages("2026.1", {"PV26": {"I1=ja": 12}, "PV29": {"I1=ja": 3}}, {})
    assert block(pages, "PV26", "I1")["from"] == "PV26"
    assert block(pages, "PV29", "I1")["from"] == "LD03"
    assert block(pages, "PV29", "I1")["tables"][0]["base"] == 15
    assert block(pages, "PV22", "I1")["from"] == "NL"
    assert block(pages, "NL", "J")["from"] is None


def test_every_region_has_every_block_in_the_order_of_the_questionnaire() -> None:
    """Even without a single answer: then it says so."""
    pages = report.pages("2026.1", {}, {})
    assert len(pages) == 1 + 4 + 12
    codes = [b.code for b in blocks("2026.1")]
    assert all([b["code"] for b in page["blocks"]] == [*codes, "signal", "knelpunt"] for page in pages.values())


def test_the_number_of_bottlenecks_is_not_given_back_by_what_they_are_about() -> None:
    """Where the number of bottlenecks is left out, so is the table whose base it would be."""
    heard = {"PV26": {"signal=knelpunt": 15, "signal=droom": 2, "knelpunt=ruimte": 15}}
    pages = report.pages("2026.1", {}, heard)
    shown = {c["option"]: c["shown"] for c in block(pages, "NL", "signal")["tables"][0]["cells"]}
    assert (shown["knelpunt"], shown["droom"]) == ("–", "<5")
    assert block(pages, "NL", "knelpunt")["from"] is None


def test_response_is_of_those_who_were_asked() -> None:
    """3 of 8 is 38 %; where nobody was asked there is no percentage."""
    assert report.rate({"invited": 8, "responded": 3}) == {"invited": 8, "responded": 3, "rate": 38}
    assert report.rate({})["rate"] is None


def test_only_a_region_s_own_tables_are_drawn() -> None:
    """Where a wider region's stand in, its chart does too."""
    pages = report.pages("2026.1", {"PV26": {"I1=ja": 12}}, {})
    assert [(region, b["code"]) for region, b in report.charted(pages)] == [
        ("NL", "I1"),
        ("LD03", "I1"),
        ("PV26", "I1"),
    ]
