"""What initiatives said of themselves."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain.claims import ClaimKey
from services.registry.domain.golden import OwnStatement
from services.registry.store import hanging
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class OwnWord:
    """What an initiative says of itself in a response; it hangs on one of its claims."""

    key: ClaimKey
    response_id: str
    said_at: datetime
    fields: Mapping[str, Any]


async def hold(tx: Tx, words: Sequence[OwnWord]) -> None:
    """What initiatives say of themselves; a repeated or older word of the same response changes nothing.

    What one said before is read no more once all of it has been said anew on the same claim, where it is and its other names in the same
    words: of those the older may still count (`domain.golden`). It is kept: the newer one may turn out to be another's.
    """
    newest: dict[str, OwnWord] = {}
    for word in words:
        held = newest.get(word.response_id)
        if held is None or held.said_at <= word.said_at:
            newest[word.response_id] = word
    if not newest:
        return
    changed = await tx.fetch(
        """
        INSERT INTO own_statement AS old (response_id, partner, external_id, said_at, fields)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[])
        ON CONFLICT (response_id) DO UPDATE SET
            partner = excluded.partner, external_id = excluded.external_id, covered_by = NULL,
            said_at = greatest(old.said_at, excluded.said_at),
            fields = CASE WHEN old.said_at < excluded.said_at THEN excluded.fields ELSE old.fields END
        WHERE old.said_at < excluded.said_at
            OR (old.partner, old.external_id) <> (excluded.partner, excluded.external_id)
        RETURNING response_id
        """,
        list(newest),
        [word.key[0] for word in newest.values()],
        [word.key[1] for word in newest.values()],
        [word.said_at for word in newest.values()],
        [word.fields for word in newest.values()],
    )
    if not changed:
        return
    keys = {word.key for word in newest.values()} | await hanging.uncover(
        tx, "own_statement", [r["response_id"] for r in changed]
    )
    await tx.execute(
        """
        UPDATE own_statement AS older SET covered_by = newer.response_id FROM own_statement AS newer
        WHERE (older.partner, older.external_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
            AND newer.partner = older.partner AND newer.external_id = older.external_id
            AND older.covered_by IS NULL AND newer.covered_by IS NULL
            AND (older.said_at, older.response_id COLLATE "C") < (newer.said_at, newer.response_id)
            AND newer.fields ?& ARRAY(SELECT jsonb_object_keys(older.fields))
            AND newer.fields @> (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(older.fields)
                                 WHERE key IN ('place', 'postcode', 'municipality', 'otherNames'))
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
    )


async def of_initiatives(tx: Tx, ids: Collection[str]) -> dict[str, list[OwnStatement]]:
    """What these initiatives said of themselves."""
    rows = await tx.fetch(
        """
        SELECT initiative_id, response_id, s.said_at, fields
        FROM own_statement AS s JOIN claim USING (partner, external_id)
        WHERE initiative_id = ANY($1::uuid[]) AND covered_by IS NULL
        """,
        sorted(ids),
    )
    found: defaultdict[str, list[OwnStatement]] = defaultdict(list)
    for r in rows:
        found[str(r["initiative_id"])].append(OwnStatement(r["response_id"], r["said_at"], r["fields"]))
    return dict(found)
