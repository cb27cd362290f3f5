"""Taking in facts: a lower version never overwrites a higher one.

Whoever counts does so alone: nearly every batch adds to the same few numbers of the tally, and would have to wait for the one before
it in any case; and what moves with an initiative is found whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.domain.listing import Initiative
from shared.events.survey import CampaignState, InvitationIssued, InvitationWithdrawn
from shared.transaction import Tx

_COUNTING = 6_427_119_003
"""The advisory lock under which reporting counts."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response as reporting keeps it; `answers` while its questionnaire is not known."""

    id: str
    version: int
    campaign_id: str
    initiative_id: str
    items: tuple[str, ...]
    answers: dict[str, Any] | None


async def alone(tx: Tx) -> None:
    """Waits until nobody else counts, and keeps it so until the end of the transaction."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _COUNTING)


async def save_initiatives(tx: Tx, initiatives: Iterable[Initiative]) -> list[str]:
    """Keeps what is not older than what is held; gives the ids of what was kept."""
    rows = await tx.fetch(
        """
        INSERT INTO heard.initiative AS held (id, version, region, leaf, items, listed, name, kind, place, municipality,
            themes, activities, target_groups, lat, lon, sought)
        SELECT n.id, n.version, n.region, n.leaf, string_to_array(n.items, ' '), n.listed, n.name, n.kind, n.place,
            n.municipality, string_to_array(n.themes, ' '), string_to_array(n.activities, ' '),
            string_to_array(n.target_groups, ' '), n.lat, n.lon, n.sought
        FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::float8[], $15::float8[], $16::text[])
            AS n(id, version, region, leaf, items, listed, name, kind, place, municipality, themes, activities,
                target_groups, lat, lon, sought)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, region = excluded.region, leaf = excluded.leaf,
            items = excluded.items, listed = excluded.listed, name = excluded.name, kind = excluded.kind,
            place = excluded.place, municipality = excluded.municipality, themes = excluded.themes,
            activities = excluded.activities, target_groups = excluded.target_groups, lat = excluded.lat,
            lon = excluded.lon, sought = excluded.sought
        WHERE held.version <= excluded.version
        RETURNING held.id
        """,
        *_columns(
            (
                i.id, i.version, i.region, i.leaf, " ".join(i.items), i.listed, i.name, i.kind, i.place, i.municipality,
                " ".join(i.themes), " ".join(i.activities), " ".join(i.target_groups), i.lat, i.lon, i.sought,
            )
            for i in initiatives
        ),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def provinces(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """Where these initiatives are counted, as far as they have been heard of."""
    rows = await tx.fetch("SELECT id, leaf FROM heard.initiative WHERE id = ANY($1::text[])", ids)
    return {row["id"]: row["leaf"] for row in rows}


async def make_room_for_initiatives(tx: Tx, ids: Iterable[str]) -> None:
    """Those not heard of yet get a row."""
    await tx.execute(
        """
        INSERT INTO heard.initiative (id, version) SELECT id, 0 FROM unnest($1::text[]) AS id
        ON CONFLICT (id) DO NOTHING
        """,
        sorted(set(ids)),
    )


async def counting_for(tx: Tx, initiatives: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids of the invitations for these initiatives, and of the responses that count for them: an initiative may have answered often,
    and what counts no longer adds nothing wherever it is."""
    invitations = await tx.fetch("SELECT id FROM heard.invitation WHERE initiative_id = ANY($1::text[])", initiatives)
    responses = await tx.fetch(
        "SELECT id FROM heard.response WHERE initiative_id = ANY($1::text[]) AND items <> '{}'", initiatives
    )
    return [r["id"] for r in invitations], [r["id"] for r in responses]


async def questionnaires(tx: Tx, campaigns: Iterable[str]) -> dict[str, str | None]:
    """The questionnaire of each campaign, None where it is not known yet; those not heard of yet get a row."""
    wanted = sorted(set(campaigns))
    await tx.execute(
        """
        INSERT INTO heard.campaign (id, version) SELECT id, 0 FROM unnest($1::text[]) AS id
        ON CONFLICT (id) DO NOTHING
        """,
        wanted,
    )
    rows = await tx.fetch("SELECT id, questionnaire FROM heard.campaign WHERE id = ANY($1::text[])", wanted)
    return {row["id"]: row["questionnaire"] for row in rows}


async def save_campaign(tx: Tx, state: CampaignState) -> None:
    await tx.execute(
        """
        INSERT INTO heard.campaign AS held (id, version, title, questionnaire, opens, closes, status)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, title = excluded.title,
            questionnaire = excluded.questionnaire, opens = excluded.opens, closes = excluded.closes,
            status = excluded.status
        WHERE held.version <= excluded.version
        """,
        state.campaign_id,
        state.version,
        state.title,
        state.questionnaire,
        state.opens,
        state.closes,
        state.status,
    )


async def uncounted(tx: Tx, campaign_id: str) -> dict[str, dict[str, Any]]:
    """The answers of the responses that came before their campaign, by response."""
    rows = await tx.fetch(
        "SELECT id, answers FROM heard.response WHERE campaign_id = $1 AND answers IS NOT NULL", campaign_id
    )
    return {row["id"]: row["answers"] for row in rows}


async def count_late(tx: Tx, items: dict[str, tuple[str, ...]]) -> None:
    """Gives responses their items, in place of their answers."""
    await tx.execute(
        """
        UPDATE heard.response SET items = string_to_array(n.items, ' '), answers = NULL
        FROM unnest($1::text[], $2::text[]) AS n(id, items) WHERE response.id = n.id
        """,
        *_columns((i, " ".join(items[i])) for i in sorted(items)),
    )


async def save_invitations(tx: Tx, events: Sequence[InvitationIssued | InvitationWithdrawn]) -> list[str]:
    """Keeps invitations; one that was withdrawn in a merge stays so, whatever comes after. Gives their ids."""
    latest: dict[str, tuple[str, str, str, bool]] = {}
    for e in events:
        merged = isinstance(e, InvitationWithdrawn) and e.reason == "merged"
        merged = merged or (e.invitation_id in latest and latest[e.invitation_id][3])
        latest[e.invitation_id] = (e.invitation_id, e.campaign_id, e.initiative_id, merged)
    await tx.execute(
        """
        INSERT INTO heard.invitation AS held (id, campaign_id, initiative_id, merged)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[]) AS n(id, campaign_id, initiative_id, merged)
        ON CONFLICT (id) DO UPDATE SET merged = held.merged OR excluded.merged
        """,
        *_columns(latest.values()),
    )
    return list(latest)


async def save_responses(tx: Tx, responses: Iterable[Response]) -> list[str]:
    """Keeps what is not older than what is held; gives the ids of what was kept."""
    rows = await tx.fetch(
        """
        INSERT INTO heard.response AS held (id, version, campaign_id, initiative_id, items, answers)
        SELECT n.id, n.version, n.campaign_id, n.initiative_id, string_to_array(n.items, ' '), n.answers
        FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
            AS n(id, version, campaign_id, initiative_id, items, answers)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, campaign_id = excluded.campaign_id,
            initiative_id = excluded.initiative_id, items = excluded.items, answers = excluded.answers
        WHERE held.version <= excluded.version
        RETURNING held.id
        """,
        *_columns((r.id, r.version, r.campaign_id, r.initiative_id, " ".join(r.items), r.answers) for r in responses),
    )
    return [row["id"] for row in rows]


async def save_signals(tx: Tx, signals: Iterable[tuple[str, int, str, tuple[str, ...]]]) -> list[str]:
    """Keeps (id, version, leaf, items) where not older than what is held; gives the ids of what was kept."""
    rows = await tx.fetch(
        """
        INSERT INTO heard.signal AS held (id, version, leaf, items)
        SELECT n.id, n.version, n.leaf, string_to_array(n.items, ' ')
        FROM unnest($1::text[], $2::int[], $3::text[], $4::text[]) AS n(id, version, leaf, items)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, leaf = excluded.leaf, items = excluded.items
        WHERE held.version <= excluded.version
        RETURNING held.id
        """,
        *_columns((i, version, leaf, " ".join(items)) for i, version, leaf, items in signals),
    )
    return [row["id"] for row in rows]


async def forget(tx: Tx) -> None:
    """Empties everything that was heard, and counted from it. What is published stays."""
    await alone(tx)
    await tx.execute(
        """
        TRUNCATE heard.initiative, heard.campaign, heard.invitation, heard.response, heard.signal, heard.contribution,
            heard.tally
        """
    )


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as columns, for unnest."""
    return [list(column) for column in zip(*rows, strict=True)]
