import io
from dataclasses import replace
from email.message import EmailMessage
from mailbox import Maildir

import pytest
from rich.console import Console

from deploy.demo import figures, summary
from deploy.demo.figures import Figures
from deploy.demo.score import Score


@pytest.fixture
def found() -> Figures:
    return Figures(
        initiatives_truth=1480,
        initiatives_active=1450,
        initiatives_closed=40,
        matching=Score(0.99876, 0.98, 0.95, 0.04, (), ()),
        outcomes={"new": 2000, "changed": 100, "duplicate": 60, "refused": 90},
        refusals={"email": 12, "phone": 9},
        set_aside=1,
        counted={"PV26": 200, "": 1},
        invited={"PV26": 400, "PV29": 100},
        mails={"invitation": 900, "digest": 12},
        map_url="http://127.0.0.1:1/kaart",
        report_url="http://127.0.0.1:1/regio/PV26",
    )


def test_the_figures_have_the_keys_that_programs_rely_on(found):
    """Those of the demo's description, and no others; shares are fractions."""
    assert summary.as_json(found, per_second=123.44, seconds=99.99) == {
        "initiatives": {"truth": 1480, "found": 1490},
        "matching": {"precision": 0.9988, "recall": 0.98, "to_people_share": 0.04},
        "events": {"published": 2250, "accepted": 2160, "refused": 90, "set_aside": 1, "per_second": 123.4},
        "responses": {"counted": 201, "rate": 0.402},
        "mails": {"invitation": 900, "digest": 12},
        "pages": {"map": "http://127.0.0.1:1/kaart", "report": "http://127.0.0.1:1/regio/PV26"},
        "seconds": 100.0,
    }


def test_people_read_every_province_reason_and_step(found):
    """A province that was not invited has no percentage; every reason of a refusal stands there."""
    written = io.StringIO()
    summary.show(Console(file=written, width=120), found, per_second=1, steps=[("inventarisatie openen", 2.5)])
    text = written.getvalue()
    for expected in (
        "1490 (echt: 1480)",
        "Zeeland",
        "50 %",
        "0 %",
        "–",
        "email",
        "phone",
        "inventarisatie openen",
        "2.5",
    ):
        assert expected in text
    assert "verzonnen" in text


def _told(found: Figures) -> list[str]:
    written = io.StringIO()
    summary.show(Console(file=written, width=120), found, per_second=1, steps=[])
    return [" ".join(line.split()) for line in written.getvalue().splitlines()]


def test_initiatives_are_told_as_the_pages_count_them(found):
    """Those that are active; the ones that ended stand apart, and only together they compare with the truth."""
    told = _told(found)
    start = told.index("Initiatieven in het register 1450")
    assert told[start + 1 : start + 3] == ["en gestopt 40", "samen 1490 (echt: 1480)"]


def test_what_has_no_province_is_a_line_of_its_own(found):
    """The provinces add up to the total; without any there is no such line."""
    assert "zonder provincie 1 0 –" in _told(found)
    assert not any("zonder provincie" in line for line in _told(replace(found, counted={"PV26": 200})))


def test_mails_are_counted_by_what_kind_they_say_they_are(tmp_path):
    """From the mailbox itself: what arrived, not what was meant to."""
    box = Maildir(tmp_path / "mail")
    for kind in ("invitation", "invitation", "digest", None):
        mail = EmailMessage()
        if kind:
            mail["X-Burenbus-Kind"] = kind
        mail.set_content("Beste lezer")
        box.add(mail)
    assert figures.mails(tmp_path / "mail") == {"anders": 1, "digest": 1, "invitation": 2}
