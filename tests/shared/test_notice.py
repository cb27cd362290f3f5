from types import SimpleNamespace

import pytest

from shared.web import templates_of


@pytest.fixture
def render(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/any.html").write_text('{% extends "base.html" %}', encoding="utf-8")
    template = templates_of(tmp_path).get_template("any.html")
    return lambda notice: template.render(request=None, settings=SimpleNamespace(notice=notice))


def test_a_notice_stands_above_every_page(render):
    """So that nobody takes a demonstration for the real thing; it is text, not markup."""
    page = render("Alles is <b>verzonnen</b>")
    assert "Alles is &lt;b&gt;verzonnen&lt;/b&gt;" in page
    assert page.index("bb-notice") < page.index("<main")


def test_without_a_notice_there_is_no_room_for_it(render):
    """The usual case."""
    assert "bb-notice" not in render(None)
