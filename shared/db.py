"""Connections to PostgreSQL, and which of its errors mean that the world is away and not that the event is at fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg import exceptions as pg
from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Pool, Connection = asyncpg.Pool, asyncpg.Connection

_AWAY: tuple[type[BaseException], ...] = (
    OSError,  # TimeoutError included
    pg.PostgresConnectionError,
    pg.TransactionRollbackError,  # deadlock, serialisation failure
    pg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    pg.OperatorInterventionError,  # shutdown, crash shutdown, cannot connect now
    pg.LockNotAvailableError,
    pg.IdleInTransactionSessionTimeoutError,  # we hung, and the database went on without us
    pg.PostgresSystemError,
    pg.ReadOnlySQLTransactionError,
    pg.InternalClientError,  # asyncpg, asked by a connection that the database is just ending
)
_REFUSED: tuple[type[BaseException], ...] = (
    pg.TransactionRollbackError,
    pg.LockNotAvailableError,
    pg.DiskFullError,
    pg.ReadOnlySQLTransactionError,
)


class WorldAway(Exception):
    """The database cannot do its work for now. Nothing has happened; the same may succeed later."""


def is_away(error: BaseException) -> bool:
    """Whether trying again later may help. Everything else is a fault of the event, or of our code.

    asyncpg says InterfaceError both of a connection that was lost and of a query that was given too few parameters.
    """
    if isinstance(error, pg.InterfaceError):
        return "clos" in str(error)  # "connection is closed", "pool is closing"
    return isinstance(error, (WorldAway, *_AWAY))


def is_refusal(error: BaseException) -> bool:
    """Whether the database is there, and only said that it cannot do this now: nothing has died of it."""
    return isinstance(error.__cause__ if isinstance(error, WorldAway) else error, _REFUSED)


@contextmanager
def world() -> Iterator[None]:
    """Turns the many errors of a world that is away into WorldAway."""
    try:
        yield
    except WorldAway:
        raise
    except Exception as error:
        if is_away(error):
            raise WorldAway(repr(error)) from error
        raise


COMMAND_S = 60.0
"""How long a statement may take, and how long it takes to notice that nobody answers."""
_JSONB_VERSION = b"\x01"


async def _prepare(connection: Any) -> None:
    """JSON columns take and give Python objects: encoded as bytes, which COPY takes too."""
    await connection.set_type_codec("json", encoder=to_json, decoder=from_json, schema="pg_catalog", format="binary")
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: _JSONB_VERSION + to_json(value),
        decoder=lambda value: from_json(value[1:]),
        schema="pg_catalog",
        format="binary",
    )


async def create_pool(
    url: str,
    *,
    max_size: int = 8,
    application: str = "burenbus",
    lock_timeout_s: float | None = None,
    transaction_idle_s: float | None = None,
) -> Pool:
    """A pool whose connections take and give JSON as Python objects. Raises WorldAway, or an asyncpg error for an
    address or a password that is wrong.

    Whoever waits longer than `lock_timeout_s` for what somebody else has locked gets an error that says that the world is away.
    Whoever holds a transaction open for longer than `transaction_idle_s` and asks nothing in it loses it with its connection: a
    process that hangs cannot let go by itself of what it has locked.
    """
    session = {"application_name": application, "timezone": "UTC"}
    if lock_timeout_s is not None:
        session["lock_timeout"] = f"{round(lock_timeout_s * 1000)}ms"
    if transaction_idle_s is not None:
        session["idle_in_transaction_session_timeout"] = f"{round(transaction_idle_s * 1000)}ms"
    with world():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=max_size,
            init=_prepare,
            timeout=10,
            command_timeout=COMMAND_S,
            server_settings=session,
        )


async def end_what_hangs(connection: Connection, longer_than_s: float) -> int:
    """Ends connections like this one that have waited for their process for so long in the middle of a statement; gives how many.

    That is a COPY whose rows do not come, or a statement that was parsed and is not run: the database waits for the rest without
    end, whatever time-outs are set, and the process that was to send it keeps what it has locked.
    """
    ended: int = await connection.fetchval(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user
            AND application_name = current_setting('application_name')
            AND state = 'active' AND wait_event_type = 'Client'
            AND state_change < clock_timestamp() - $1 * interval '1 second'
        """,
        longer_than_s,
    )
    return ended


async def connect(url: str, *, application: str = "burenbus") -> Connection:
    """One connection of its own, prepared like those of the pool."""
    connection = await asyncpg.connect(
        url, timeout=10, server_settings={"application_name": application, "timezone": "UTC"}
    )
    await _prepare(connection)
    return connection
