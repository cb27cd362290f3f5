"""Partners come, change what they come in with, stand still and go: on the broker and in the registry at once.

The registry's part is one transaction; the broker's part is done inside it. Fails the broker, then the registry forgets it
again; fails the registry at the very end, then the same command once more puts it right.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deploy import broker
from deploy.administration import COUNTS_LAG_S, Administration
from deploy.errors import DeployError
from services.registry.actions import boarding, credentials
from services.registry.actions.boarding import Boarding
from services.registry.actions.credentials import Credentials
from services.registry.store import broker_users
from services.registry.store.partners import Partner
from shared.bus import topology
from shared.transaction import Tx

PASSWORD_BYTES = 24
DRAIN_S = 60.0
POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Login:
    """What a partner comes in with. Password and token are shown once, and kept nowhere."""

    user: str
    password: str
    token: str
    old_until: datetime | None = None
    """Until when the earlier ones work; None when there are none any more."""
    first: bool = False
    """Whether there were no earlier ones."""


async def take_on(
    tx: Tx,
    management: Administration,
    name: str,
    *,
    title: str | None = None,
    sources: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    contact_mail: str | None = None,
    sandbox: bool | None = None,
) -> tuple[Boarding, Login | None]:
    """Makes a partner's queues and its way in, and has the registry say that it joined; or changes what is known of it.

    A partner that is aboard keeps what is None, and its password and token. Raises CannotBoard and BrokerError.
    """
    done = await boarding.board(
        tx, name, title=title, sources=sources, regions=regions, contact_mail=contact_mail, sandbox=sandbox
    )
    if done.joined:
        return done, replace(await _let_in(management, await credentials.first(tx, done.now)), first=True)
    await broker.board(management, name, {})  # queues that a newer version of the platform added
    return done, None


async def rotate(tx: Tx, management: Administration, name: str, *, old_valid_for: timedelta | None) -> Login:
    """A new password (for the other of its two users) and a new token. The old work for that long; None: they end now.

    Raises CannotBoard and BrokerError.
    """
    return await _let_in(management, await credentials.rotate(tx, name, old_valid_for=old_valid_for))


async def expire(tx: Tx, management: Administration) -> list[str]:
    """Removes the users whose moment has passed, with their connections; gives their names. Again changes nothing."""
    gone = await credentials.forget_expired(tx)
    for user in gone:
        await management.delete_user(user)
    return gone


async def suspend(tx: Tx, management: Administration, name: str) -> Partner:
    """Nothing of a partner comes in any more, by any channel; it can still read its answers. Raises CannotBoard."""
    return await _set_status(tx, management, name, publishes=False)


async def resume(tx: Tx, management: Administration, name: str) -> Partner:
    """A partner goes on with the passwords and tokens that it had. Raises CannotBoard."""
    return await _set_status(tx, management, name, publishes=True)


async def close_door(tx: Tx, management: Administration, name: str) -> None:
    """First step of a removal: nobody comes in for this partner. What it sent before is still worked."""
    await boarding.aboard(tx, name)
    await credentials.take_back(tx, name)
    for user in topology.partner_users(name):
        await management.delete_user(user)


async def worked_off(
    management: Administration, name: str, *, patience_s: float = DRAIN_S, lag_s: float = COUNTS_LAG_S
) -> None:
    """Second step of a removal: waits until the services have answered all that the partner sent before.

    `lag_s` is how old the broker's counts may be: it lets that pass first. Raises DeployError when the services do not
    answer: then they are down, and the removal can be done again later.
    """
    await asyncio.sleep(lag_s)
    until = time.monotonic() + patience_s
    while left := await broker.waiting(management, name):
        if time.monotonic() > until:
            raise DeployError(
                f"Van {name} staan nog {left} berichten in de wachtrijen, en de diensten verwerken die niet. Draaien ze? "
                "De partner kan er al niet meer in; zijn opgaven staan er nog. Geef deze opdracht later nog eens."
            )
        await asyncio.sleep(POLL_S)


async def _set_status(tx: Tx, management: Administration, name: str, *, publishes: bool) -> Partner:
    partner = await boarding.set_status(tx, name, "active" if publishes else "suspended")
    users = [user.name for user in await broker_users.of_partner(tx, name)]
    await broker.let_publish(management, name, users, publishes=publishes)
    return partner


async def _let_in(management: Administration, given: Credentials) -> Login:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    partner = given.partner
    await broker.board(management, partner.name, {given.user: password}, publishes=partner.status == "active")
    for user in given.ended:
        if user == given.user:
            await management.disconnect(user)
        else:
            await management.delete_user(user)
    return Login(given.user, password, given.token, given.old_until)
