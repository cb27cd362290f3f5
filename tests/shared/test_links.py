"""A signed link lets one person do one thing to one object, until a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import links

SECRET = "a-secret-of-at-least-32-characters"
NOW = datetime(2026, 9, 20, 10, 0, tzinfo=UTC)


def token(**changed: Any) -> str:
    made: dict[str, Any] = {"person": "jan@x.nl", "purpose": "decide", "object_id": "m1", "expires": NOW}
    return links.sign(SECRET, **{**made, **changed})


@given(person=st.text(), object_id=st.text())
def test_what_was_signed_is_read(person: str, object_id: str) -> None:
    """Any person, any object; a second before its end."""
    link = links.verify(
        SECRET, token(person=person, object_id=object_id), purpose="decide", now=NOW - timedelta(seconds=1)
    )
    assert (link.person, link.object_id, link.purpose, link.expires) == (person, object_id, "decide", NOW)


def test_it_ends() -> None:
    """At the moment itself it is over."""
    with pytest.raises(links.LinkExpired):
        links.verify(SECRET, token(), purpose="decide", now=NOW)


def test_it_is_for_one_purpose() -> None:
    """A login is no decision."""
    with pytest.raises(links.LinkInvalid):
        links.verify(SECRET, token(purpose="session"), purpose="decide", now=NOW - timedelta(days=1))


def test_another_secret_is_no_secret() -> None:
    """What somebody else signed is not ours."""
    with pytest.raises(links.LinkInvalid):
        links.verify("another-secret-of-32-characters-xx", token(), purpose="decide", now=NOW - timedelta(days=1))


@given(st.data())
def test_a_changed_link_is_invalid(data: st.DataObject) -> None:
    """Whichever character is changed."""
    good = token()
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("Ax-_.0é").filter(lambda c: c != good[place]))
    changed = good[:place] + other + good[place + 1 :]
    with pytest.raises(links.LinkInvalid):
        links.verify(SECRET, changed, purpose="decide", now=NOW - timedelta(days=1))


@given(st.text())
def test_nonsense_is_invalid(text: str) -> None:
    """Anything that was never a link."""
    with pytest.raises(links.LinkInvalid):
        links.verify(SECRET, text, purpose="decide", now=NOW)
