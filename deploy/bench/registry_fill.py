"""A registry that holds so many claims, in minutes: what matching needs of them, loaded straight into its database.

Up to `BASE` claims go through the registry's own features, keys and values. Beyond that they are copies, made in a copy of
that database: a key or value that many of the base hold is held by as many times more, one that few hold is changed with
each copy, so that the rare stay rare and the common become as common as in a registry of that size. What is not loaded: contacts,
and most of the public state of the initiatives, which matching does not read.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import asyncpg

from deploy import databases
from deploy.bench.made_up import MadeUp
from deploy.bench.rig import Rig
from deploy.databases import Database
from services.registry.domain.features import VERSION, blocking_keys, features, to_json, values
from services.registry.store.candidates import EVERY_CLAIM, KEY_LIMIT, hashed
from shared.events.content import content_sha256
from shared.events.partner import InitiativeReported

BASE = 100_000
WORKERS = 2
WIDE = 10
"""What more claims of the base hold than this, is common."""
KEPT = "kept_registry_"
RECIPE = 3
"""Raise it when this file makes something else."""

_BASE = (
    "ALTER TABLE match_key DROP CONSTRAINT match_key_pkey",
    "CREATE TEMP TABLE held AS SELECT unnest(keys) AS key, id AS claim FROM match_claim",
    """
    INSERT INTO match_wide (key)
    SELECT key FROM held GROUP BY key HAVING count(*) > current_setting('bench.key_limit')::int
    """,
    """
    INSERT INTO match_key (key, claim)
    SELECT key, claim FROM held WHERE NOT EXISTS (SELECT FROM match_wide AS w WHERE w.key = held.key)
    """,
    "DROP TABLE held",
    "ALTER TABLE match_key ADD PRIMARY KEY (key, claim)",
    """
    INSERT INTO match_value (value, partner, claims)
    SELECT v, partner, count(*) FROM match_claim, unnest(vals) AS v GROUP BY v, partner
    """,
    "SELECT setval(pg_get_serial_sequence('match_claim', 'id'), (SELECT max(id) FROM match_claim))",
    "VACUUM ANALYZE",
)
_GROWN = (
    """
    CREATE TEMP TABLE copies AS
    SELECT n, n * 704602925438635::bigint AS salt FROM generate_series(1, current_setting('bench.copies')::int) AS n
    """,
    """
    CREATE TEMP TABLE wide AS
    SELECT key FROM match_key GROUP BY key HAVING count(*) > current_setting('bench.wide')::int
    """,
    "INSERT INTO match_wide (key) SELECT key FROM wide",
    """
    CREATE TEMP TABLE narrow AS
    SELECT key, claim FROM match_key WHERE NOT EXISTS (SELECT FROM wide WHERE wide.key = match_key.key)
    """,
    "TRUNCATE match_key",
    "ALTER TABLE match_key DROP CONSTRAINT match_key_pkey",
    "INSERT INTO match_key (key, claim) SELECT key, claim FROM narrow",
    """
    INSERT INTO match_key (key, claim)
    SELECT key # c.salt, claim + c.n * (SELECT max(id) FROM match_claim) FROM narrow CROSS JOIN copies AS c
    """,
    "DROP TABLE narrow",
    "ALTER TABLE match_key ADD PRIMARY KEY (key, claim)",
    """
    CREATE TEMP TABLE common AS
    SELECT value FROM match_value GROUP BY value HAVING sum(claims) > current_setting('bench.wide')::int
    """,
    """
    CREATE TEMP TABLE rare AS
    SELECT value, partner, claims FROM match_value WHERE NOT EXISTS (SELECT FROM common AS c WHERE c.value = match_value.value)
    """,
    """
    UPDATE match_value SET claims = claims * (SELECT 1 + count(*) FROM copies) FROM common
    WHERE common.value = match_value.value
    """,
    "ALTER TABLE match_value DROP CONSTRAINT match_value_pkey",
    """
    INSERT INTO match_value (value, partner, claims)
    SELECT value # c.salt, partner, claims FROM rare CROSS JOIN copies AS c
    """,
    "ALTER TABLE match_value ADD PRIMARY KEY (value, partner)",
    """
    INSERT INTO initiative (id, version, status, registered_at, state, sources)
    SELECT md5(i.id::text || c.n)::uuid, 1, 'active', i.registered_at, i.state, '{}' FROM initiative AS i
    CROSS JOIN copies AS c
    """,
    """
    INSERT INTO claim (partner, external_id, initiative_id, data, sha256, said_at, changed_at, known_since)
    SELECT partner, external_id || '-' || c.n, md5(initiative_id::text || c.n)::uuid, data, sha256, said_at, changed_at,
           known_since
    FROM claim CROSS JOIN copies AS c
    """,
    """
    INSERT INTO match_claim (id, partner, external_id, rules, features, keys, vals)
    OVERRIDING SYSTEM VALUE
    SELECT m.id + c.n * (SELECT max(id) FROM match_claim), m.partner, m.external_id || '-' || c.n, m.rules, m.features,
           m.keys, m.vals
    FROM match_claim AS m CROSS JOIN copies AS c
    """,
    "SELECT setval(pg_get_serial_sequence('match_claim', 'id'), (SELECT max(id) FROM match_claim))",
    "VACUUM ANALYZE",
)
_HURRY = {"autovacuum": "off", "max_wal_size": "'6GB'", "checkpoint_timeout": "'1h'"}
"""Settings of the server while it is filled: nothing is tidied up between, all of it at the end."""


async def registry_with(rig: Rig, size: int) -> str:
    """The address of a registry that holds so many claims; one that an earlier run made is used again."""
    one = Database("registry", rig.passwords["registry"], f"{KEPT}{size}_{_fingerprint()}")
    unfinished = Database("registry", one.password, f"unfinished_{size}")
    async with rig.connection(rig.admin_dsn) as admin:
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", one.name):
            if size > BASE:
                await registry_with(rig, BASE)
            await databases.drop(rig.admin_dsn, unfinished.name)
            async with _hurried(rig):
                if size <= BASE:
                    await databases.prepare_and_migrate(rig.admin_dsn, unfinished)
                    await _fill(rig, unfinished.name, size)
                else:
                    base = Database("registry", one.password, f"{KEPT}{BASE}_{_fingerprint()}")
                    await databases.clone(rig.admin_dsn, base, unfinished.name)
                    await _run(rig, unfinished.name, _GROWN, copies=size // BASE - 1)
            await admin.execute(f'ALTER DATABASE "{unfinished.name}" RENAME TO "{one.name}"')
    return await databases.prepare(rig.admin_dsn, one)


@contextlib.asynccontextmanager
async def _hurried(rig: Rig) -> AsyncIterator[None]:
    async with rig.connection(rig.admin_dsn) as admin:
        for name, value in _HURRY.items():
            await admin.execute(f"ALTER SYSTEM SET {name} = {value}")
        await admin.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await _calm(admin)
            await admin.execute("CHECKPOINT", timeout=600)


async def _calm(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    for name in _HURRY:
        await admin.execute(f"ALTER SYSTEM RESET {name}")
    await admin.execute("SELECT pg_reload_conf()")


async def drop_outdated(rig: Rig) -> None:
    """What another release or another recipe has made."""
    async with rig.connection(rig.admin_dsn) as admin:
        await _calm(admin)  # a run that was broken off may have left it in a hurry
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
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(_made, range(WORKERS), [size // WORKERS] * WORKERS))
    rows = [row for part in made for row in part]
    now = datetime.now(UTC)
    async with rig.connection(databases.address(rig.admin_dsn, database=name)) as database:
        await database.execute("SET session_replication_role = replica")  # no foreign keys looked at, row by row
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
    await _run(rig, name, _BASE)


async def _run(rig: Rig, name: str, statements: Iterable[str], *, copies: int = 0) -> None:
    async with rig.connection(databases.address(rig.admin_dsn, database=name)) as database:
        await database.execute("SET session_replication_role = replica")
        await database.execute("SET synchronous_commit = off")
        await database.execute("SET maintenance_work_mem = '512MB'")
        await database.execute("SET work_mem = '128MB'")
        for setting, value in (("key_limit", KEY_LIMIT), ("wide", WIDE), ("copies", copies)):
            await database.execute("SELECT set_config('bench.' || $1, $2, false)", setting, str(value))
        for statement in statements:
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
