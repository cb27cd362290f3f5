"""The contact book: addresses and permissions, apart from all else, and what notify was told of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain.claims import ClaimKey
from services.registry.domain.contacts import ClaimContact, ConsentSaid, Reachable
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """What an initiative allows or refuses itself, with the proof; it hangs on one of its claims."""

    key: ClaimKey
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
    """What initiatives allow, with the proof; an older word changes nothing."""
    newest: dict[tuple[ClaimKey, str], OwnConsent] = {}
    for one in consents:
        held = newest.get((one.key, one.purpose))
        if held is None or held.at < one.at:
            newest[one.key, one.purpose] = one
    rows = [(*one.key, one.purpose, one.given, one.at, one.text, one.channel) for one in newest.values()]
    if rows:
        await tx.execute(
            """
            INSERT INTO own_consent (partner, external_id, purpose, given, at, text, channel)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[], $7::text[])
            ON CONFLICT (partner, external_id, purpose) DO UPDATE
            SET given = excluded.given, at = excluded.at, text = excluded.text, channel = excluded.channel
            WHERE own_consent.at < excluded.at
            """,
            *(list(column) for column in zip(*rows, strict=True)),
        )


async def own_consents(tx: Tx, ids: Collection[str]) -> dict[str, list[ConsentSaid]]:
    """What these initiatives allowed and refused themselves."""
    rows = await tx.fetch(
        """
        SELECT initiative_id, purpose, given, at
        FROM own_consent JOIN claim USING (partner, external_id)
        WHERE initiative_id = ANY($1::uuid[])
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
