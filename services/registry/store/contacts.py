"""The contact book: addresses and permissions, apart from all else, and what notify was told of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain.claims import ClaimKey
from services.registry.domain.contacts import ClaimContact, ConsentSaid, Reachable
from services.registry.store import hanging
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """What an initiative allows or refuses itself, with the proof; it hangs on one of its claims."""

    key: ClaimKey
    response_id: str
    purpose: str
    given: bool
    at: datetime
    text: str
    channel: str


@dataclass(frozen=True, slots=True)
class Told:
    """What notify was last told about an initiative."""

    version: int
    contact: Reachable


async def keep(tx: Tx, said: Mapping[ClaimKey, Mapping[str, Any] | None]) -> None:
    """The contacts that came with these claims, instead of what was there; None: the claim has none (any more)."""
    keys = sorted(said)
    await tx.execute(
        """
        DELETE FROM contact USING unnest($1::text[], $2::text[]) AS k (partner, external_id)
        WHERE contact.partner = k.partner AND contact.external_id = k.external_id
        """,
        [k[0] for k in keys],
        [k[1] for k in keys],
    )
    rows = [
        {
            "partner": partner,
            "external_id": external_id,
            "person": contact.get("person"),
            "email": contact.get("email"),
            "phone": contact.get("phone"),
            "published": contact.get("published", False),
            "consents": contact.get("consents", []),
        }
        for (partner, external_id), contact in sorted(said.items())
        if contact
    ]
    if rows:
        await tx.execute(
            """
            INSERT INTO contact (partner, external_id, person, email, phone, published, consents)
            SELECT partner, external_id, person, email, phone, published, consents
            FROM jsonb_to_recordset($1::jsonb) AS c (
                partner text, external_id text, person text, email text, phone text, published boolean, consents jsonb
            )
            """,
            rows,
        )


async def of_initiatives(tx: Tx, ids: Collection[str]) -> dict[ClaimKey, ClaimContact]:
    """The contacts that came with the claims of these initiatives."""
    rows = await tx.fetch(
        """
        SELECT partner, external_id, person, email, published, consents
        FROM contact JOIN claim USING (partner, external_id)
        WHERE initiative_id = ANY($1::uuid[])
        """,
        sorted(ids),
    )
    return {
        (r["partner"], r["external_id"]): ClaimContact(
            r["person"],
            r["email"],
            r["published"],
            tuple(
                ConsentSaid(c["purpose"], c.get("given", True), datetime.fromisoformat(c["at"])) for c in r["consents"]
            ),
        )
        for r in rows
    }


async def keep_own_consents(tx: Tx, consents: Sequence[OwnConsent]) -> None:
    """What initiatives allow, with the proof; an older word changes nothing. Of what was said of one purpose on the same claim the
    newest is read; the others are kept, for the newest may turn out to be another's."""
    newest: dict[tuple[str, str], OwnConsent] = {}
    for one in consents:
        held = newest.get((one.response_id, one.purpose))
        if held is None or held.at <= one.at:
            newest[one.response_id, one.purpose] = one
    if not newest:
        return
    rows = [
        (one.response_id, *one.key, one.purpose, one.given, one.at, one.text, one.channel) for one in newest.values()
    ]
    changed = await tx.fetch(
        """
        INSERT INTO own_consent AS old (response_id, partner, external_id, purpose, given, at, text, channel)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[], $7::text[],
                             $8::text[])
        ON CONFLICT (response_id, purpose) DO UPDATE SET
            partner = excluded.partner, external_id = excluded.external_id, covered_by = NULL,
            given = CASE WHEN old.at < excluded.at THEN excluded.given ELSE old.given END,
            text = CASE WHEN old.at < excluded.at THEN excluded.text ELSE old.text END,
            channel = CASE WHEN old.at < excluded.at THEN excluded.channel ELSE old.channel END,
            at = greatest(old.at, excluded.at)
        WHERE old.at < excluded.at OR (old.partner, old.external_id) <> (excluded.partner, excluded.external_id)
        RETURNING response_id
        """,
        *(list(column) for column in zip(*rows, strict=True)),
    )
    if not changed:
        return
    keys = {one.key for one in newest.values()} | await hanging.uncover(
        tx, "own_consent", [r["response_id"] for r in changed]
    )
    await tx.execute(
        """
        UPDATE own_consent AS older SET covered_by = newer.response_id FROM own_consent AS newer
        WHERE (older.partner, older.external_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
            AND newer.partner = older.partner AND newer.external_id = older.external_id
            AND newer.purpose = older.purpose AND older.covered_by IS NULL AND newer.covered_by IS NULL
            AND (older.at, NOT older.given, older.response_id COLLATE "C") < (newer.at, NOT newer.given, newer.response_id)
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
    )


async def own_consents(tx: Tx, ids: Collection[str]) -> dict[str, list[ConsentSaid]]:
    """What these initiatives allowed and refused themselves."""
    rows = await tx.fetch(
        """
        SELECT initiative_id, purpose, given, at
        FROM own_consent JOIN claim USING (partner, external_id)
        WHERE initiative_id = ANY($1::uuid[]) AND covered_by IS NULL
        """,
        sorted(ids),
    )
    found: defaultdict[str, list[ConsentSaid]] = defaultdict(list)
    for r in rows:
        found[str(r["initiative_id"])].append(ConsentSaid(r["purpose"], r["given"], r["at"]))
    return dict(found)


async def told(tx: Tx, ids: Collection[str]) -> dict[str, Told]:
    """What notify was last told about these initiatives."""
    rows = await tx.fetch(
        "SELECT initiative_id, version, person, email, purposes FROM contact_told WHERE initiative_id = ANY($1::uuid[])",
        sorted(ids),
    )
    return {
        str(r["initiative_id"]): Told(r["version"], Reachable(r["person"], r["email"], tuple(r["purposes"])))
        for r in rows
    }


async def tell(tx: Tx, contacts: Mapping[str, Told]) -> None:
    """Remembers what notify is told now."""
    rows = sorted(contacts.items())
    await tx.execute(
        """
        INSERT INTO contact_told (initiative_id, version, person, email, purposes)
        SELECT initiative_id, version, person, email, string_to_array(purposes, ' ')
        FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[])
            AS t (initiative_id, version, person, email, purposes)
        ON CONFLICT (initiative_id) DO UPDATE
        SET version = excluded.version, person = excluded.person, email = excluded.email, purposes = excluded.purposes
        """,
        [id_ for id_, _ in rows],
        [t.version for _, t in rows],
        [t.contact.person for _, t in rows],
        [t.contact.email for _, t in rows],
        [" ".join(t.contact.purposes) for _, t in rows],
    )


async def all_told(tx: Tx) -> dict[str, Told]:
    """Everything that notify was told, for saying it again."""
    rows = await tx.fetch("SELECT initiative_id, version, person, email, purposes FROM contact_told ORDER BY 1")
    return {
        str(r["initiative_id"]): Told(r["version"], Reachable(r["person"], r["email"], tuple(r["purposes"])))
        for r in rows
    }
