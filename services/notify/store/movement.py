"""Initiatives, contacts, campaigns and responses, as facts tell of them: a lower version never overwrites a higher one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from shared.events.registry import ContactChanged, InitiativeState, PossibleDuplicateFound
from shared.events.survey import CampaignState, ResponseState
from shared.transaction import Tx

S = TypeVar("S", InitiativeState, ContactChanged, CampaignState, ResponseState)


async def remember_initiatives(tx: Tx, states: Iterable[InitiativeState]) -> set[str]:
    """Keeps each initiative's highest version; gives the ids of those that were not known before."""
    rows = await tx.fetch(
        """
        INSERT INTO initiative (id, version, status, name, municipality, province)
        SELECT id, version, status, name, municipality, province
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS new (id, version, status, name, municipality, province)
        ORDER BY id
        ON CONFLICT (id) DO UPDATE
        SET version = excluded.version, status = excluded.status, name = excluded.name,
            municipality = excluded.municipality, province = excluded.province
        WHERE initiative.version < excluded.version
        RETURNING id, xmax = 0 AS is_new
        """,
        *_columns(
            [(s.initiative_id, s.version, s.status, s.name, s.municipality, s.province) for s in _latest(states)], 6
        ),
    )
    return {row["id"] for row in rows if row["is_new"]}


async def remember_contacts(tx: Tx, states: Iterable[ContactChanged]) -> Sequence[str]:
    """Keeps each contact's highest version; gives the initiatives whose contact changed."""
    latest = _latest(states)
    rows = await tx.fetch(
        """
        INSERT INTO contact (initiative_id, version, person, email, purposes)
        SELECT id, version, person, email, string_to_array(purposes, ',')
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])
            AS new (id, version, person, email, purposes)
        ORDER BY id
        ON CONFLICT (initiative_id) DO UPDATE
        SET version = excluded.version, person = excluded.person, email = excluded.email, purposes = excluded.purposes
        WHERE contact.version < excluded.version
        RETURNING initiative_id
        """,
        *_columns([(s.initiative_id, s.version, s.person, s.email, ",".join(s.purposes)) for s in latest], 5),
    )
    return [row["initiative_id"] for row in rows]


async def remember_campaign(tx: Tx, state: CampaignState) -> None:
    """Keeps a campaign's highest version."""
    await tx.execute(
        """
        INSERT INTO campaign (id, version, title, opens, closes, status, invited, responded)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE
        SET version = excluded.version, title = excluded.title, opens = excluded.opens, closes = excluded.closes,
            status = excluded.status, invited = excluded.invited, responded = excluded.responded
        WHERE campaign.version < excluded.version
        """,
        state.campaign_id,
        state.version,
        state.title,
        state.opens,
        state.closes,
        state.status,
        state.invited,
        state.responded,
    )


async def remember_responses(tx: Tx, states: Iterable[ResponseState]) -> None:
    """Keeps each response's highest version: for whom it counts, if it does."""
    await tx.execute(
        """
        INSERT INTO response (id, version, campaign_id, initiative_id, counted)
        SELECT id, version, campaign_id, initiative_id, counted
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::boolean[])
            AS new (id, version, campaign_id, initiative_id, counted)
        ORDER BY id
        ON CONFLICT (id) DO UPDATE
        SET version = excluded.version, initiative_id = excluded.initiative_id, counted = excluded.counted
        WHERE response.version < excluded.version
        """,
        *_columns([(s.response_id, s.version, s.campaign_id, s.initiative_id, s.counted) for s in _latest(states)], 5),
    )


async def remember_settled(tx: Tx, match: PossibleDuplicateFound) -> None:
    """A possible duplicate has been decided: an older question about it asks nobody."""
    await tx.execute(
        """
        INSERT INTO settled_match (id, version) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET version = greatest(settled_match.version, excluded.version)
        """,
        match.match_id,
        match.version,
    )


async def is_settled(tx: Tx, match: PossibleDuplicateFound) -> bool:
    """Whether this question has been decided since it was asked."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM settled_match WHERE id = $1 AND version >= $2", match.match_id, match.version
        )
    )


async def name_of(tx: Tx, initiative_id: str) -> str | None:
    """An initiative's name, if it is known."""
    name: str | None = await tx.fetchval("SELECT name FROM initiative WHERE id = $1", initiative_id)
    return name


async def rates_by_province(tx: Tx, campaign_id: str) -> Sequence[tuple[str, int, int]]:
    """Per province: its code, how many of its initiatives were invited, and how many of them have answered."""
    rows = await tx.fetch(
        """
        SELECT initiative.province, count(*)::int AS invited,
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM response
                   WHERE counted AND campaign_id = $1 AND response.initiative_id = initiative.id))::int AS responded
        FROM invitation JOIN initiative ON initiative.id = invitation.initiative_id
        WHERE campaign_id = $1 AND province IS NOT NULL
          AND (invitation.status <> 'withdrawn' OR ended_because = 'closed')
        GROUP BY province ORDER BY province
        """,
        campaign_id,
    )
    return [(row["province"], row["invited"], row["responded"]) for row in rows]


async def partner_titles(tx: Tx) -> Mapping[str, str]:
    """The partners' names for people, by their names on the bus."""
    return {row["name"]: row["title"] for row in await tx.fetch("SELECT name, title FROM bus.partner")}


async def partner_regions(tx: Tx, partner: str) -> Sequence[str]:
    """Where a partner works; empty for the whole country."""
    return await tx.fetchval("SELECT regions FROM bus.partner WHERE name = $1", partner) or []


def _latest(states: Iterable[S]) -> list[S]:
    """Of each that is spoken of, the highest version: one statement cannot write a row twice."""
    latest: dict[str, S] = {}
    for state in states:
        key = state.response_id if isinstance(state, ResponseState) else state.subject()
        if key not in latest or latest[key].version < state.version:
            latest[key] = state
    return list(latest.values())


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """Rows as the columns that unnest takes."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
