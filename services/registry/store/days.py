"""When partners send and how much, what their person should look at, and who has gone quiet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Sent:
    """What a partner sent in one batch."""

    accepted: int
    refused: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """One fault or warning of one event, without the value that was sent."""

    partner: str
    event_type: str | None
    about: str
    refused: bool
    code: str
    pointer: str
    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A fault or warning, and what had it."""

    event_type: str | None
    code: str
    pointer: str
    refused: bool
    nl: str
    en: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A partner whose person has not been told of some days."""

    partner: str
    sandbox: bool
    told_until: date


@dataclass(frozen=True, slots=True)
class Silent:
    """A partner that has been quiet for long."""

    partner: str
    since: datetime
    rhythm_days: int


async def count(tx: Tx, day: date, sent: Mapping[str, Sent]) -> None:
    """Adds to the day what these partners sent."""
    names = sorted(sent)
    await tx.execute(
        """
        INSERT INTO sending_day AS d (partner, day, accepted, refused, last_at)
        SELECT partner, $1::date, accepted, refused, last_at
        FROM unnest($2::text[], $3::int[], $4::int[], $5::timestamptz[]) AS s (partner, accepted, refused, last_at)
        ORDER BY partner
        ON CONFLICT (partner, day) DO UPDATE SET accepted = d.accepted + excluded.accepted,
            refused = d.refused + excluded.refused, last_at = greatest(d.last_at, excluded.last_at)
        """,
        day,
        names,
        [sent[n].accepted for n in names],
        [sent[n].refused for n in names],
        [sent[n].last_at for n in names],
    )


async def settled(tx: Tx, day: date, about: Collection[tuple[str, str]]) -> None:
    """What was refused of these (partner, about) has come in well since: nobody need look at it."""
    keys = sorted(about)
    rows = await tx.fetch(
        """
        DELETE FROM to_look_at AS t USING unnest($1::text[], $2::text[]) AS k (partner, about)
        WHERE (t.partner, t.about) = (k.partner, k.about) AND t.refused
        RETURNING t.partner, t.about
        """,
        [k[0] for k in keys],
        [k[1] for k in keys],
    )
    corrected: dict[str, set[str]] = {}
    for r in rows:
        corrected.setdefault(r["partner"], set()).add(r["about"])
    await tx.executemany(
        "UPDATE sending_day SET corrected = corrected + $3 WHERE partner = $1 AND day = $2",
        [(partner, day, len(which)) for partner, which in sorted(corrected.items())],
    )


async def replace(tx: Tx, day: date, about: Collection[tuple[str, str]], faults: Sequence[ToLookAt]) -> None:
    """These (partner, about) are to be looked at for these faults now, and for no others."""
    keys = sorted(about)
    await tx.execute(
        """
        DELETE FROM to_look_at AS t USING unnest($1::text[], $2::text[]) AS k (partner, about)
        WHERE (t.partner, t.about) = (k.partner, k.about)
        """,
        [k[0] for k in keys],
        [k[1] for k in keys],
    )
    await tx.executemany(
        """
        INSERT INTO to_look_at (partner, day, event_type, about, refused, code, pointer, nl, en)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [(f.partner, day, f.event_type, f.about, f.refused, f.code, f.pointer, f.nl, f.en) for f in faults],
    )


async def lock_due(tx: Tx, today: date, limit: int) -> list[Due]:
    """Partners of which some day before this one is over and not told; new partners begin today."""
    await tx.execute(
        """
        INSERT INTO told_day (partner, day) SELECT name, $1::date - 1 FROM partner
        WHERE NOT EXISTS (SELECT FROM told_day WHERE told_day.partner = name)
        ON CONFLICT DO NOTHING
        """,
        today,
    )
    rows = await tx.fetch(
        """
        SELECT t.partner, p.sandbox, t.day FROM told_day AS t JOIN partner AS p ON p.name = t.partner
        WHERE t.day < $1::date - 1 ORDER BY t.partner LIMIT $2 FOR UPDATE OF t SKIP LOCKED
        """,
        today,
        limit,
    )
    return [Due(r["partner"], r["sandbox"], r["day"]) for r in rows]


async def close(tx: Tx, partner: str, day: date) -> None:
    """This partner's person has been told of all days up to this one."""
    await tx.execute("UPDATE told_day SET day = $2 WHERE partner = $1", partner, day)
    await tx.execute("DELETE FROM to_look_at WHERE partner = $1 AND day <= $2", partner, day)


async def totals(tx: Tx, partner: str, after: date, until: date) -> tuple[int, int, int]:
    """Accepted, refused, and corrected of what was refused, on the days after the one until the other."""
    row = await tx.fetchrow(
        """
        SELECT coalesce(sum(accepted), 0)::int AS accepted, coalesce(sum(refused), 0)::int AS refused,
               coalesce(sum(corrected), 0)::int AS corrected
        FROM sending_day WHERE partner = $1 AND day > $2 AND day <= $3
        """,
        partner,
        after,
        until,
    )
    assert row is not None
    return row["accepted"], row["refused"], row["corrected"]


async def causes(tx: Tx, partner: str, until: date) -> list[Cause]:
    """What is to be looked at, what was refused first, most frequent first."""
    rows = await tx.fetch(
        """
        SELECT event_type, code, pointer, refused, nl, en, count(*)::int AS number,
               array_agg(about ORDER BY id) AS ids
        FROM to_look_at WHERE partner = $1 AND day <= $2
        GROUP BY event_type, code, pointer, refused, nl, en
        ORDER BY refused DESC, number DESC, code, pointer
        """,
        partner,
        until,
    )
    return [
        Cause(
            r["event_type"],
            r["code"],
            r["pointer"],
            r["refused"],
            r["nl"],
            r["en"],
            r["number"],
            tuple(dict.fromkeys(r["ids"])),
        )
        for r in rows
    ]


async def still_delayed(tx: Tx, partner: str, begin: datetime, end: datetime) -> int:
    """How many events were delayed by us within this time and have no final answer yet."""
    number: int = await tx.fetchval(
        """
        SELECT count(DISTINCT (event_source, event_id))::int FROM answer AS d
        WHERE partner = $1 AND outcome = 'delayed' AND received_at >= $2 AND received_at < $3 AND NOT EXISTS (
            SELECT FROM answer AS a WHERE a.partner = d.partner AND a.event_id = d.event_id
            AND a.event_source = d.event_source AND a.outcome <> 'delayed')
        """,
        partner,
        begin,
        end,
    )
    return number


async def new_questions(tx: Tx, partner: str, begin: datetime, end: datetime) -> int:
    """Questions put to this partner within this time that still wait for its answer."""
    number: int = await tx.fetchval(
        """
        SELECT count(*)::int FROM match AS m
        WHERE m.status = 'open' AND m.found_at >= $2 AND m.found_at < $3 AND $1 = ANY (m.asked) AND NOT EXISTS (
            SELECT FROM match_answer AS a WHERE a.match_id = m.id AND a.partner = $1)
        """,
        partner,
        begin,
        end,
    )
    return number


async def habits(tx: Tx, most: int) -> dict[str, tuple[list[date], datetime]]:
    """Of partners that take part and are not known to be silent: the latest days on which they sent, and the last moment."""
    rows = await tx.fetch(
        """
        SELECT p.name, s.days, s.last_at
        FROM partner AS p CROSS JOIN LATERAL (
            SELECT array_agg(day ORDER BY day) AS days, max(last_at) AS last_at
            FROM (SELECT day, last_at FROM sending_day WHERE partner = p.name ORDER BY day DESC LIMIT $1) AS latest
        ) AS s
        WHERE p.status = 'active' AND NOT p.sandbox AND s.days IS NOT NULL
          AND NOT EXISTS (SELECT FROM silence WHERE partner = p.name)
        ORDER BY p.name
        """,
        most,
    )
    return {r["name"]: (r["days"], r["last_at"]) for r in rows}


async def begin_silence(tx: Tx, silent: Silent) -> bool:
    """This partner is silent from now on; False if that was known."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO silence (partner, since, rhythm_days, told_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (partner) DO NOTHING RETURNING true
            """,
            silent.partner,
            silent.since,
            silent.rhythm_days,
            tx.now,
        )
    )


async def end_silence(tx: Tx, partners: Collection[str]) -> list[Silent]:
    """These partners sent something; gives those that had been silent."""
    rows = await tx.fetch(
        "DELETE FROM silence WHERE partner = ANY($1::text[]) RETURNING partner, since, rhythm_days", sorted(partners)
    )
    return [Silent(r["partner"], r["since"], r["rhythm_days"]) for r in rows]


async def silent_since(tx: Tx, partner: str, begin: datetime, end: datetime) -> Silent | None:
    """The silence of this partner, if it was noticed within this time and lasts."""
    row = await tx.fetchrow(
        "SELECT partner, since, rhythm_days FROM silence WHERE partner = $1 AND told_at >= $2 AND told_at < $3",
        partner,
        begin,
        end,
    )
    return Silent(row["partner"], row["since"], row["rhythm_days"]) if row else None


async def forget(tx: Tx, today: date, older_than: timedelta) -> None:
    """Days so long ago say nothing of today's rhythm."""
    await tx.execute("DELETE FROM sending_day WHERE day < $1", today - older_than)
