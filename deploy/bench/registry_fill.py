"""A registry that holds so many claims, in minutes: what matching needs of them, loaded straight into its database.

Up to `BASE` claims go through the registry's own features, keys and values. Beyond that they are copies, made in the
database: a key or value that many of the base hold is held by as many times more, one that few hold is changed with each
copy, so that the rare stay rare and the common become as common as in a registry of that size. What is not loaded: contacts,
and most of the public state of the initiatives, which matching does not read.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from deploy import databases
from deploy.bench.made_up import MadeUp
from deploy.bench.rig import Rig
from deploy.databases import Database
from services.registry.domain.features import VERSION, blocking_keys, features, to_json, values
from services.registry.store.candidates import EVERY_CLAIM, hashed
from shared.events.content import content_sha256
from shared.events.partner import InitiativeReported

BASE = 100_000
WORKERS = 2
WIDE = 10
"""What more claims of the base hold than this, is common."""
KEPT = "kept_registry_"
RECIPE = 2
"""Raise it when this file makes something else."""

_COPIES = "SELECT n, n * 704602925438635::bigint AS salt FROM generate_series(0, $1::int - 1) AS n"

_STATEMENTS = (
    "CREATE TEMP TABLE copies AS " + _COPIES,
    """
    CREATE TEMP TABLE wide AS
    SELECT key FROM (SELECT unnest(keys) AS key FROM match_claim) AS k GROUP BY key HAVING count(*) > $1::int
    """,
    """
    CREATE TEMP TABLE counted AS
    SELECT v AS value, partner, count(*)::int AS n FROM match_claim, unnest(vals) AS v WHERE $1::int > 0 GROUP BY v, partner
    """,
    """
    CREATE TEMP TABLE common AS SELECT value FROM counted GROUP BY value HAVING sum(n) > $1::int
    """,
)
_FILL = (
    "ALTER TABLE match_key DROP CONSTRAINT match_key_pkey",
    """
    INSERT INTO match_key (key, claim)
    SELECT CASE WHEN w.key IS NULL THEN k.key # c.salt ELSE k.key END, k.id + c.n * (SELECT count(*) FROM match_claim)
    FROM (SELECT unnest(keys) AS key, id FROM match_claim) AS k LEFT JOIN wide AS w USING (key) CROSS JOIN copies AS c
    """,
    "ALTER TABLE match_key ADD PRIMARY KEY (key, claim)",
    """
    INSERT INTO match_value (value, partner, claims)
    SELECT d.value, d.partner, d.n * (SELECT count(*)::int FROM copies) FROM counted AS d JOIN common USING (value)
    UNION ALL
    SELECT d.value # c.salt, d.partner, d.n FROM counted AS d LEFT JOIN common AS m USING (value) CROSS JOIN copies AS c
    WHERE m.value IS NULL
    """,
    """
    INSERT INTO initiative (id, version, status, registered_at, state, sources)
    SELECT md5(i.id::text || c.n)::uuid, 1, 'active', i.registered_at, i.state, '{}' FROM initiative AS i
    CROSS JOIN copies AS c WHERE c.n > 0
    """,
    """
    INSERT INTO claim (partner, external_id, initiative_id, data, sha256, said_at, changed_at, known_since)
    SELECT partner, external_id || '-' || c.n, md5(initiative_id::text || c.n)::uuid, data, sha256, said_at, changed_at,
           known_since
    FROM claim CROSS JOIN copies AS c WHERE c.n > 0
    """,
    """
    INSERT INTO match_claim (id, partner, external_id, rules, features, keys, vals)
    OVERRIDING SYSTEM VALUE
    SELECT m.id + c.n * (SELECT count(*) FROM match_claim), m.partner, m.external_id || '-' || c.n, m.rules, m.features,
           m.keys, m.vals
    FROM match_claim AS m CROSS JOIN copies AS c WHERE c.n > 0
    """,
    "SELECT setval(pg_get_serial_sequence('match_claim', 'id'), (SELECT max(id) FROM match_claim))",
    "ANALYZE",
)


async def registry_with(rig: Rig, size: int) -> str:
    """The address of a registry that holds so many claims; one that an earlier run made is used again."""
    name = f"{KEPT}{size}_{_fingerprint()}"
    one = Database("registry", rig.passwords["registry"], name)
    async with rig.connection(rig.admin_dsn) as admin:
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            unfinished = Database("registry", one.password, f"unfinished_{size}")
            await databases.drop(rig.admin_dsn, unfinished.name)
            await databases.prepare_and_migrate(rig.admin_dsn, unfinished)
            await _fill(rig, unfinished.name, size)
            await admin.execute(f'ALTER DATABASE "{unfinished.name}" RENAME TO "{name}"')
    return await databases.prepare(rig.admin_dsn, one)


async def drop_outdated(rig: Rig) -> None:
    """What another release or another recipe has made."""
    async with rig.connection(rig.admin_dsn) as admin:
        kept = await admin.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", KEPT)
    for row in kept:
        if not row["datname"].endswith(_fingerprint()):
            await databases.drop(rig.admin_dsn, row["datname"])


def _fingerprint() -> str:
    """Of what such a database depends on."""
    migrations = [
        file.read_bytes() for folder in databases.migrations("registry") for file in sorted(folder.glob("*.sql"))
    ]
    return sha256(b"".join([*migrations, f"{VERSION} {RECIPE} {BASE}".encode()])).hexdigest()[:8]


async def _fill(rig: Rig, name: str, size: int) -> None:
    base, copies = min(size, BASE), -(-size // BASE)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(_made, range(WORKERS), [base // WORKERS] * WORKERS))
    rows = [row for part in made for row in part]
    now = datetime.now(UTC)
    async with rig.connection(databases.address(rig.admin_dsn, database=name)) as database:
        await database.execute("SET session_replication_role = replica")  # no foreign keys looked at, row by row
        await database.execute("SET synchronous_commit = off")
        await database.execute("SET maintenance_work_mem = '512MB'")
        await database.copy_records_to_table(
            "initiative",
            columns=["id", "version", "status", "registered_at", "state", "sources"],
            records=[(i, 1, "active", now, state, "{}") for i, state in _states(rows).items()],
        )
        await database.copy_records_to_table(
            "claim",
            columns=[
                "partner",
                "external_id",
                "initiative_id",
                "data",
                "sha256",
                "said_at",
                "changed_at",
                "known_since",
            ],
            records=[(p, x, i, data, digest, now, now, now) for p, x, i, data, digest, *_ in rows],
        )
        await database.copy_records_to_table(
            "match_claim",
            columns=["id", "partner", "external_id", "rules", "features", "keys", "vals"],
            records=[
                (n, p, x, VERSION, look, keys, vals) for n, (p, x, _, _, _, look, keys, vals) in enumerate(rows, 1)
            ],
        )
        await database.execute(_STATEMENTS[0], copies)
        for statement in _STATEMENTS[1:]:
            await database.execute(statement, WIDE)
        for statement in _FILL:
            await database.execute(statement, timeout=600)


def _states(rows: Iterable[tuple[Any, ...]]) -> dict[Any, str]:
    """What each initiative was said to be: name and place, of its last claim."""
    found = {}
    for row in rows:
        said = json.loads(row[3])
        found[row[2]] = json.dumps({"status": "active", "name": said["name"], "place": said["place"], "claims": []})
    return found


def _made(worker: int, count: int) -> list[tuple[Any, ...]]:
    """One worker's part of the base."""
    return list(islice(_rows(worker), count))


def _rows(worker: int) -> Iterator[tuple[Any, ...]]:
    number = 0
    for initiative in MadeUp(worker).initiatives():
        home = uuid5(NAMESPACE_OID, f"{worker} {number}")
        for partner, said in initiative:
            number += 1
            report = InitiativeReported.model_validate({**said, "externalId": f"{worker}-{number}"})
            look = features(report)
            yield (
                partner,
                report.external_id,
                home,
                json.dumps({**said, "contact": None, "externalId": report.external_id}),
                content_sha256(report),
                json.dumps(to_json(look)),
                hashed(blocking_keys(look)),
                hashed((EVERY_CLAIM, *values(look))),
            )
