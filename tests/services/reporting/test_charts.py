"""Charts: what they draw is what the table says."""

from typing import Any
from xml.etree import ElementTree as ET

from services.reporting import charts

SVG = "{http://www.w3.org/2000/svg}"


def cell(label: str, number: int | None, base: int, shown: str = "") -> dict[str, Any]:
    share = None if number is None else round(100 * number / base)
    return {"option": label, "label": label, "number": number, "percentage": share, "shown": shown or str(number)}


def block(*tables: dict[str, Any], matrix: bool = False) -> dict[str, Any]:
    return {"code": "X", "title": "Wat & wie?", "matrix": matrix, "tables": tables}


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}text")]


def bars(svg: str) -> list[str]:
    return [p.get("fill", "") for p in ET.fromstring(svg).findall(f"{SVG}path[@fill]") if p.get("stroke") == "#fff"]


def test_a_number_that_is_left_out_has_its_mark_and_no_bar() -> None:
    """Two options, one left out: one bar, and "<5" in place of a percentage."""
    svg = charts.draw(block({"base": 40, "label": "", "cells": [cell("dorp", 30, 40), cell("stad", None, 40, "<5")]}))
    assert len(bars(svg)) == 1
    assert "75%" in texts(svg)
    assert "<5" in texts(svg)


def test_a_row_of_a_matrix_is_filled_to_the_end() -> None:
    """What is left out is hatched, and explained; a row without a table is not drawn."""
    row = {"label": "erkenning", "base": 20, "cells": [cell("niet", 10, 20), cell("klein", None, 20, "–")]}
    none: dict[str, Any] = {"label": "ruimte", "base": None, "cells": []}
    svg = charts.draw(block(row, none, matrix=True))
    assert bars(svg) == [charts.SHADES[0], charts.NOT_SHOWN]
    assert "niet getoond" in texts(svg)
    assert "ruimte" not in texts(svg)


def test_words_from_data_are_text_in_the_picture() -> None:
    """A title with an ampersand does not break the SVG."""
    svg = charts.draw(block({"base": 10, "label": "", "cells": [cell("<b>dorp & stad</b>", 10, 10)]}))
    assert ET.fromstring(svg).findtext(f"{SVG}title") == "Wat & wie?"
    assert "<b>dorp & stad</b>" in texts(svg)
