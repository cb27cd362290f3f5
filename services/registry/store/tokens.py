"""API tokens: with one, a partner comes in over HTTP and on its pages. Only their SHA-256 is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from shared.transaction import Tx

PREFIX = "bb_"
"""By which people and secret scanners know a token for one of ours."""
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """The partner that comes in with a token. `status` may be `suspended`: whoever lets it in says so."""

    name: str
    title: str
    status: str
    sandbox: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Validity:
    """Since when a way in works, and until when; None: until it is replaced or taken back."""

    issued_at: datetime
    expires_at: datetime | None


async def owner_of(tx: Tx, token: str) -> TokenOwner | None:
    """Whose token this is; None for one that is unknown, past its moment, or taken back."""
    return await owner_by_sha256(tx, sha256_of(token))


async def owner_by_sha256(tx: Tx, sha256: bytes) -> TokenOwner | None:
    """As `owner_of`, for who remembers of a token only its hash."""
    row = await tx.fetchrow(
        """
        SELECT p.name, p.title, p.status, p.sandbox,
               array(SELECT source FROM partner_source WHERE partner = p.name ORDER BY source) AS sources
        FROM token AS t JOIN partner AS p ON p.name = t.partner
        WHERE t.sha256 = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.status <> 'removed'
        """,
        sha256,
        tx.now,
    )
    return TokenOwner(row["name"], row["title"], row["status"], row["sandbox"], tuple(row["sources"])) if row else None


async def issue(tx: Tx, partner: str) -> str:
    """A new token for a partner, beside those that it has; to be shown once, since it is kept nowhere."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    await tx.execute(
        "INSERT INTO token (sha256, partner, issued_at) VALUES ($1, $2, $3)", sha256_of(token), partner, tx.now
    )
    return token


async def end(tx: Tx, partner: str, at: datetime) -> None:
    """Lets the tokens that a partner has now work until a moment, or shorter where they end sooner."""
    await tx.execute(
        "UPDATE token SET expires_at = $2 WHERE partner = $1 AND (expires_at IS NULL OR expires_at > $2)", partner, at
    )


async def revoke(tx: Tx, partner: str) -> None:
    """Takes back every token of a partner, at once."""
    await tx.execute("DELETE FROM token WHERE partner = $1", partner)


async def forget_expired(tx: Tx) -> int:
    """Removes the tokens whose moment has passed; they opened nothing any more. Returns how many."""
    rows = await tx.fetch("DELETE FROM token WHERE expires_at <= $1 RETURNING partner", tx.now)
    return len(rows)


async def of_partner(tx: Tx, partner: str) -> list[Validity]:
    """The tokens of a partner that work now, newest first."""
    rows = await tx.fetch(
        """
        SELECT issued_at, expires_at FROM token
        WHERE partner = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY issued_at DESC
        """,
        partner,
        tx.now,
    )
    return [Validity(r["issued_at"], r["expires_at"]) for r in rows]


def sha256_of(token: str) -> bytes:
    """What is kept of a token."""
    # A token is 256 random bits, so a plain hash cannot be guessed back; "surrogatepass" because anything may be sent.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
