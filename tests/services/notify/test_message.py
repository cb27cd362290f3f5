"""A mail on the wire says what the letter says, whatever is in it, in lines that mail servers take."""

import email
import email.policy
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

from hypothesis import example, given
from hypothesis import strategies as st

from services.notify.letter import Letter
from services.notify.message import compose, one_line
from services.notify.settings import Settings
from services.notify.store.deliveries import Claimed
from tests.room import NOW, SECRET

SETTINGS = Settings(
    amqp_url="amqp://a:b@localhost/",
    database_url="postgresql://a:b@localhost/x",
    http_port=8000,
    public_url="http://burenbus.example",
    link_secret=SECRET,
    mail_from="Búren <post@nlzve.example>",
)
MAIL = Claimed(
    id="0190a7c4-1111-7000-8000-000000000001",
    kind="invitation",
    about="i1",
    recipient="bep@dorp.example",
    name="Bep",
    letter={},
    created_at=NOW,
    deadline=NOW + timedelta(days=2),
    attempts=1,
    doubts=0,
    suppressed=False,
)
LETTER = Letter("Onderwerp", "Tekst\n", "<p>Tekst</p>\n", "http://burenbus.example/afmelden/" + "x" * 200)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def sent(letter: Letter, name: str = "Bep") -> tuple[bytes, EmailMessage]:
    raw = compose(letter, replace(MAIL, name=name), MAIL.recipient, SETTINGS, NOW)
    return raw, email.message_from_bytes(raw, policy=email.policy.default)


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@given(TEXTS)
@example(".\n..\nFrom hier\n--=_0190a7c4-1111-7000-8000-000000000001--\n")
@example("regel met spatie aan het eind \nen = een is-teken\t\n" + "é" * 200)
def test_both_versions_arrive_as_they_were_written(text: str):
    """Dots and dashes at the beginning of a line, spaces at its end, long lines, whatever letters."""
    raw, mail = sent(replace(LETTER, text=text + "\n", html=f"<p>{text}</p>\n"))
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert lines(plain.get_content()) == lines(text)
    assert lines(html.get_content()) == lines(f"<p>{text}</p>")
    assert not [line for line in raw.split(b"\r\n") if len(line) > 998 or b"\n" in line or b"\r" in line]


@given(TEXTS, TEXTS)
@example("Doet ‘Zorgcoöperatie Súdwest-Fryslân’ mee met Zorgzame gemeenschappen in kaart 2026? 👋" * 5, "Jürgen ß" * 30)
@example("=?utf-8?b?QmNj?=", "a\r\nBcc: x@elders.example")
@example("x" * 3000, 'de "buren", (samen) <x@y.example>')
def test_subject_and_name_arrive_whole_and_add_no_header(subject: str, name: str):
    """Folded and encoded where that is needed, never in the middle of a letter, in lines as short as the RFC wants them."""
    raw, mail = sent(replace(LETTER, subject=subject), name)
    assert str(mail["Subject"]) == one_line(subject)
    to, address = parseaddr(
        str(email.message_from_bytes(raw)["To"])
    )  # the newer parser puts spaces between encoded words
    assert (str(make_header(decode_header(to))), address) == (one_line(name), "bep@dorp.example")
    assert mail["Bcc"] is None
    assert not mail.defects
    head = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= 76 for line in head if b"=?utf-8?" in line)
    assert mail["From"].addresses[0].display_name == "Búren"


def test_the_link_to_unsubscribe_stands_in_one_piece():
    """However long it is."""
    raw, _ = sent(LETTER)
    assert f"\r\nList-Unsubscribe: <{LETTER.unsubscribe_url}>\r\n".encode() in raw
