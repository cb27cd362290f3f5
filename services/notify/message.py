"""A mail as it goes over the wire: its headers, and the letter as text and as HTML.

Written by our own hand, a tenth of the work of the standard library's generators: what is in a mail of ours is known, and
little.
"""

import binascii
import re
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr

from services.notify.letter import Letter
from services.notify.settings import Settings
from services.notify.store.deliveries import Claimed

SHORT = 60
"""A text of so many characters fits in a header without folding, whatever its name."""
WORD_BYTES = 36
"""Of an encoded word: with what stands around it, it fits in a line of 76 characters after the name of a header."""


def compose(letter: Letter, mail: Claimed, to: str, settings: Settings, now: datetime, *, utf8: bool = False) -> bytes:
    """The message, and the headers that mail servers and clients act on. `utf8`: only SMTPUTF8 can carry the address.

    A link in a header stands in one piece, however long: some mail clients do not find one that is folded or encoded.
    """
    name, address = settings.sender
    sender = _address(name, address)
    reply_to = _address(*parseaddr(settings.mail_reply_to)) if settings.mail_reply_to else sender
    boundary = f"=_{mail.id}"  # these two characters never stand together in quoted-printable
    headers = [
        f"From: {sender}",
        f"To: <{to}>" if utf8 else f"To: {_address(mail.name or '', to)}",
        f"Reply-To: {reply_to}",
        f"Subject: {_text(letter.subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{mail.id}@{domain(address)}>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Content-Language: nl",
        f"X-Burenbus-Kind: {mail.kind}",
    ]
    if letter.unsubscribe_url:
        headers += [
            f"List-Unsubscribe: <{letter.unsubscribe_url}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    if mail.doubts:
        headers.append("X-Burenbus-Possible-Duplicate: yes")
    parts = _part(boundary, "plain", letter.text) + _part(boundary, "html", letter.html)
    return "\r\n".join([*headers, "", ""]).encode() + parts + f"--{boundary}--\r\n".encode()


def one_line(text: str) -> str:
    """Text that can stand in a header: whatever breaks a line, or cannot be seen, becomes a space."""
    return re.sub(
        r"\s+", " ", text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    ).strip()


def domain(address: str) -> str:
    """Of a mail address, what comes after the @."""
    return address.rpartition("@")[2]


def _part(boundary: str, subtype: str, text: str) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return head.encode() + binascii.b2a_qp(lines.encode()) + b"\r\n"


def _address(name: str, address: str) -> str:
    name = one_line(name)
    if name and not _plain(name):
        return f"{_encoded(name)}\r\n <{address}>"
    return formataddr((name, address))


def _text(text: str) -> str:
    text = one_line(text)
    return text if _plain(text) else _encoded(text)


def _plain(text: str) -> bool:
    return text.isascii() and len(text) <= SHORT and "=?" not in text


def _encoded(text: str) -> str:
    """RFC 2047: words of base64 that each hold whole letters, one on a line, none longer than a line may be."""
    words, word = [], b""
    for letter in text:
        piece = letter.encode()
        if len(word) + len(piece) > WORD_BYTES:
            words.append(word)
            word = b""
        word += piece
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in (*words, word))
