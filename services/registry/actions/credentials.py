"""What partners come in with: given, replaced, and ended. The users themselves are the broker's, made by the operator's command."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registry.actions.boarding import CannotBoard, aboard
from services.registry.store import broker_users, partners, tokens
from services.registry.store.partners import Partner
from shared.bus.topology import partner_users
from shared.dutch import date_and_time
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a partner gets: the user that is to have a new password, and a new token, which is told only here."""

    partner: Partner
    user: str
    token: str
    old_until: datetime | None
    """Until when the earlier ones work; None when there are none any more."""
    ended: tuple[str, ...] = ()
    """Users that may not come in any more, to be removed; `user` among them when only its connections must go."""


async def first(tx: Tx, partner: Partner) -> Credentials:
    """For a partner that has just joined, or comes back: nothing from before works."""
    await take_back(tx, partner.name)
    user, _ = partner_users(partner.name)
    await broker_users.keep(tx, partner.name, user)
    return Credentials(partner, user, await tokens.issue(tx, partner.name), None)


async def rotate(tx: Tx, name: str, *, old_valid_for: timedelta | None) -> Credentials:
    """A new way in beside the old, which goes on for a stated time; with None it ends now.

    Raises CannotBoard for a partner that is not aboard, and while an earlier replacement is under way: the broker has
    room for two users of a partner, and a third password would be one too many to keep apart.
    """
    partner = await aboard(tx, name)
    there = await broker_users.of_partner(tx, name)
    passed = [user.name for user in there if user.expires_at is not None and user.expires_at <= tx.now]
    held = [user for user in there if user.name not in passed]
    until = tx.now + old_valid_for if old_valid_for is not None else None
    if until and (ending := [user for user in held if user.expires_at is not None]):
        raise CannotBoard(
            f"Er loopt al een wisseling: {ending[0].name} werkt nog tot {date_and_time(ending[0].expires_at or tx.now)}. "
            "Wacht tot dan, of maak met --now meteen een eind aan alles van voor deze opdracht."
        )
    free = [user for user in partner_users(name) if user not in {each.name for each in held}]
    user = free[0] if free else there[0].name
    if until:
        await broker_users.end(tx, [each.name for each in held], until)
        await tokens.end(tx, name, until)
        ended = passed
    else:
        await tokens.revoke(tx, name)
        ended = [each.name for each in there]
    await broker_users.forget(tx, ended)
    await broker_users.keep(tx, name, user)
    return Credentials(partner, user, await tokens.issue(tx, name), until if held else None, tuple(ended))


async def take_back(tx: Tx, name: str) -> None:
    """Nothing that this partner has opens anything any more."""
    await partners.lock(tx, name)
    await broker_users.forget(tx, [user.name for user in await broker_users.of_partner(tx, name)])
    await tokens.revoke(tx, name)


async def forget_expired(tx: Tx) -> list[str]:
    """The users whose moment has passed, for the operator's command to remove; they are forgotten with this transaction.

    A partner that is just replacing its password is waited for, and looked at again.
    """
    for partner in sorted({user.partner for user in await broker_users.expired(tx)}):
        await partners.lock(tx, partner)
    gone = [user.name for user in await broker_users.expired(tx)]
    await broker_users.forget(tx, gone)
    await tokens.forget_expired(tx)
    return gone
