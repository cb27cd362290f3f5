"""The index by which claims find those that may be the same, and how often each comparing value occurs.

Call order for a batch of claims: `index`, then `find`, then `frequencies` with the features of the batch and of the
candidates found: so claims of one batch see each other. Each is a statement or a few, however large the batch; what a
claim costs does not grow with the registry, because a key that many claims hold is not followed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from services.registry.domain.features import VERSION, Features, blocking_keys, from_json, to_json, values
from services.registry.domain.linkage.frequencies import Count, Frequencies
from shared.transaction import Tx

KEY_LIMIT = 50
"""A key that more claims hold is no clue: it is skipped, so that the cost stays flat however many claims there are."""

CANDIDATES = 15
"""So many candidates of a claim are compared at most, those that share the most telling keys."""

EVERY_CLAIM = "*"
"""The value that every claim holds: its count is the number of claims."""

ClaimKey = tuple[str, str]
"""(partner, external_id)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that shares keys with the one asked about."""

    partner: str
    external_id: str
    features: Features

    @property
    def key(self) -> ClaimKey:
        return self.partner, self.external_id


def worth(claims: int) -> float:
    """How telling a shared key is that so many claims hold: the rarer, the more."""
    return 1.0 / (1 + claims)


@lru_cache(maxsize=65_536)
def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def hashed(texts: Iterable[str]) -> list[int]:
    return sorted({_hashed(t) for t in texts})


# --- writing -------------------------------------------------------------------------------------------------------

_LOCK_HELD = """
SELECT m.id, m.partner, m.external_id, m.rules, m.features, m.keys, m.vals
FROM match_claim AS m
JOIN unnest($1::text[], $2::text[]) AS w (partner, external_id) USING (partner, external_id)
ORDER BY m.id
FOR UPDATE OF m
"""

_PUT = """
INSERT INTO match_claim (partner, external_id, rules, features, keys, vals)
SELECT w.partner, w.external_id, $3, w.features, w.keys, w.vals
FROM unnest($1::text[], $2::text[], $4::jsonb[], $5::text[], $6::text[])
    AS t (partner, external_id, features, key_list, val_list)
CROSS JOIN LATERAL (
    SELECT t.partner, t.external_id, t.features, t.key_list::bigint[] AS keys, t.val_list::bigint[] AS vals
) AS w
ON CONFLICT (partner, external_id) DO UPDATE
    SET rules = excluded.rules, features = excluded.features, keys = excluded.keys, vals = excluded.vals
RETURNING id, partner, external_id
"""

_ADD_KEYS = """
INSERT INTO match_key (key, claim)
SELECT t.key, t.claim FROM unnest($1::bigint[], $2::bigint[]) AS t (key, claim)
WHERE NOT EXISTS (SELECT FROM match_wide AS w WHERE w.key = t.key)
ON CONFLICT DO NOTHING
"""

_REMOVE_KEYS = """
DELETE FROM match_key AS m USING unnest($1::bigint[], $2::bigint[]) AS t (key, claim)
WHERE m.key = t.key AND m.claim = t.claim
"""

_COUNT = """
INSERT INTO match_value AS m (value, partner, claims)
SELECT t.value, t.partner, t.claims FROM unnest($1::bigint[], $2::text[], $3::integer[]) AS t (value, partner, claims)
ON CONFLICT (value, partner) DO UPDATE SET claims = m.claims + excluded.claims
"""

_UNCOUNT = """
WITH less AS (
    SELECT t.value, t.partner, t.claims FROM unnest($1::bigint[], $2::text[], $3::integer[]) AS t (value, partner, claims)
), gone AS (
    DELETE FROM match_value AS m USING less
    WHERE m.value = less.value AND m.partner = less.partner AND m.claims <= less.claims
)
UPDATE match_value AS m SET claims = m.claims - less.claims FROM less
WHERE m.value = less.value AND m.partner = less.partner AND m.claims > less.claims
"""

_DROP = """
DELETE FROM match_claim AS m USING unnest($1::text[], $2::text[]) AS w (partner, external_id)
WHERE m.partner = w.partner AND m.external_id = w.external_id
RETURNING m.id, m.partner, m.keys, m.vals
"""


async def index(tx: Tx, claims: Sequence[tuple[str, str, Features]]) -> None:
    """Makes new and changed claims findable and counts their values. Again with the same features changes nothing."""
    latest = {(partner, external_id): one for partner, external_id, one in claims}
    held = {
        (r["partner"], r["external_id"]): r
        for r in await tx.fetch(_LOCK_HELD, [p for p, _ in latest], [e for _, e in latest])
    }
    news = {
        key: (to_json(one), hashed(blocking_keys(one)), hashed((EVERY_CLAIM, *values(one))))
        for key, one in sorted(latest.items())
        if key not in held or held[key]["rules"] != VERSION or from_json(held[key]["features"]) != one
    }
    if not news:
        return
    rows = await tx.fetch(
        _PUT,
        [p for p, _ in news],
        [e for _, e in news],
        VERSION,
        [features for features, _, _ in news.values()],
        [_array(keys) for _, keys, _ in news.values()],
        [_array(vals) for _, _, vals in news.values()],
    )
    ids = {(r["partner"], r["external_id"]): r["id"] for r in rows}
    before = {key: (set(held[key]["keys"]), set(held[key]["vals"])) if key in held else (set(), set()) for key in news}
    await _follow(
        tx,
        add_keys=[(k, ids[key]) for key, (_, keys, _) in news.items() for k in keys if k not in before[key][0]],
        remove_keys=[(k, ids[key]) for key, (_, keys, _) in news.items() for k in before[key][0].difference(keys)],
        count=[(v, key[0]) for key, (_, _, vals) in news.items() for v in vals if v not in before[key][1]],
        uncount=[(v, key[0]) for key, (_, _, vals) in news.items() for v in before[key][1].difference(vals)],
    )


async def drop(tx: Tx, claims: Sequence[ClaimKey]) -> None:
    """Takes claims out (withdrawn, erased): nothing of them stays in the index."""
    rows = await tx.fetch(_DROP, [p for p, _ in claims], [e for _, e in claims])
    await _follow(
        tx,
        remove_keys=[(k, r["id"]) for r in rows for k in r["keys"]],
        uncount=[(v, r["partner"]) for r in rows for v in r["vals"]],
    )


async def _follow(
    tx: Tx,
    *,
    add_keys: Sequence[tuple[int, int]] = (),
    remove_keys: Sequence[tuple[int, int]] = (),
    count: Sequence[tuple[int, str]] = (),
    uncount: Sequence[tuple[int, str]] = (),
) -> None:
    """Brings `match_key` and `match_value` up to date; rows in sorted order, so that transactions do not lock crosswise."""
    for sql, pairs in ((_REMOVE_KEYS, sorted(remove_keys)), (_ADD_KEYS, sorted(add_keys))):
        if pairs:
            await tx.execute(sql, [k for k, _ in pairs], [c for _, c in pairs])
    for sql, held in ((_UNCOUNT, Counter(uncount)), (_COUNT, Counter(count))):
        if counted := sorted(held.items()):
            await tx.execute(sql, [v for (v, _), _ in counted], [p for (_, p), _ in counted], [n for _, n in counted])


def _array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes an array: asyncpg takes no arrays of arrays of unequal length."""
    return "{" + ",".join(map(str, numbers)) + "}"


# --- reading -------------------------------------------------------------------------------------------------------

_IDS = """
SELECT w.place::int AS place, m.id
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (partner, external_id, place)
JOIN match_claim AS m USING (partner, external_id)
"""

_HOLDERS = """
SELECT k.key, h.claims
FROM unnest($1::bigint[]) AS k (key)
CROSS JOIN LATERAL (
    SELECT array_agg(s.claim) AS claims
    FROM (SELECT m.claim FROM match_key AS m WHERE m.key = k.key LIMIT $2::integer + 1) AS s
) AS h
WHERE h.claims IS NOT NULL
"""

_WIDEN = """
WITH wide AS (
    INSERT INTO match_wide (key) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING
)
DELETE FROM match_key USING unnest($1::bigint[]) AS w (key) WHERE match_key.key = w.key
"""

_CLAIMS = """
SELECT m.id, m.partner, m.external_id, m.features FROM unnest($1::bigint[]) AS w (id) JOIN match_claim AS m USING (id)
"""

_LOOKS = """
SELECT partner, external_id, features
FROM match_claim JOIN unnest($1::text[], $2::text[]) AS w (partner, external_id) USING (partner, external_id)
"""

_ANY_OUTDATED = "SELECT EXISTS (SELECT FROM match_claim WHERE rules < $1 OR rules > $1)"

_OUTDATED = """
SELECT partner, external_id FROM match_claim WHERE rules < $1 OR rules > $1
ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
"""

_FREQUENCIES = """
SELECT w.value, c.claims, c.one_partner
FROM unnest($1::bigint[]) AS w (value)
CROSS JOIN LATERAL (
    SELECT sum(m.claims)::integer AS claims, max(m.claims) AS one_partner FROM match_value AS m WHERE m.value = w.value
) AS c
WHERE c.claims IS NOT NULL
"""


async def find(tx: Tx, claims: Sequence[tuple[str, str, Features]]) -> Mapping[ClaimKey, list[Candidate]]:
    """For each claim those that share a selective key with it, most telling first, without itself.

    A key that turns out to be held by too many is from now on skipped and no longer written down.
    """
    asked = [hashed(blocking_keys(one)) for _, _, one in claims]
    every = sorted({key for keys in asked for key in keys})
    holders = {r["key"]: r["claims"] for r in await tx.fetch(_HOLDERS, every, KEY_LIMIT)}
    if wide := [key for key, held in holders.items() if len(held) > KEY_LIMIT]:
        await tx.execute(_WIDEN, wide)
    own = {r["place"]: r["id"] for r in await tx.fetch(_IDS, [p for p, _, _ in claims], [e for _, e, _ in claims])}
    best = [_best(keys, holders, own.get(place)) for place, keys in enumerate(asked, 1)]
    rows = await tx.fetch(_CLAIMS, sorted({id_ for ids in best for id_ in ids}))
    known = {r["id"]: Candidate(r["partner"], r["external_id"], from_json(r["features"])) for r in rows}
    return {(p, e): [known[id_] for id_ in ids] for (p, e, _), ids in zip(claims, best, strict=True)}


def _best(keys: Iterable[int], holders: Mapping[int, Sequence[int]], own: int | None) -> list[int]:
    """Who share the most telling of these keys, most telling first."""
    shared: defaultdict[int, float] = defaultdict(float)
    for key in keys:
        held = holders.get(key, ())
        if len(held) <= KEY_LIMIT:
            each = worth(len(held))
            for claim in held:
                shared[claim] += each
    if own is not None:
        shared.pop(own, None)
    return sorted(shared, key=lambda claim: (-round(shared[claim], 6), claim))[:CANDIDATES]


async def frequencies(tx: Tx, features: Iterable[Features], known: Frequencies | None = None) -> Frequencies:
    """How often the values of these features occur in the registry, those `known` from before in this transaction included."""
    counts = dict(known.counts) if known else {}
    texts = {v for one in features for v in values(one)}.difference(counts) | {EVERY_CLAIM}
    wanted = {_hashed(v): v for v in texts}
    rows = await tx.fetch(_FREQUENCIES, sorted(wanted))
    counts |= {wanted[r["value"]]: Count(r["claims"], r["one_partner"]) for r in rows}
    every = counts.pop(EVERY_CLAIM, None)
    return Frequencies(every.claims if every else 0, counts)


async def looks(tx: Tx, claims: Iterable[ClaimKey]) -> dict[ClaimKey, Features]:
    """The comparing form of these claims, as far as they are in the index."""
    keys = sorted(claims)
    rows = await tx.fetch(_LOOKS, [p for p, _ in keys], [e for _, e in keys])
    return {(r["partner"], r["external_id"]): from_json(r["features"]) for r in rows}


async def any_outdated(tx: Tx) -> bool:
    """Whether there are claims whose comparing form was made by other rules."""
    return bool(await tx.fetchval(_ANY_OUTDATED, VERSION))


async def outdated(tx: Tx, limit: int) -> list[ClaimKey]:
    """Claims whose comparing form was made by other rules; locked, and left to whoever has locked them before."""
    return [(r["partner"], r["external_id"]) for r in await tx.fetch(_OUTDATED, VERSION, limit)]
