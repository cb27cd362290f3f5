"""What an administrator does with staff and mail, each in a transaction of the caller's. Faults are ValueErrors in Dutch."""

from collections.abc import Iterable
from datetime import time

from email_validator import EmailNotValidError, validate_email

from services.notify.domain.audience import Staff
from services.notify.domain.kinds import KINDS, How
from services.notify.domain.regions import name_of
from services.notify.settings import Settings
from services.notify.store import deliveries, notices, staff, suppression
from services.notify.store.staff import Subscription
from shared.transaction import Tx


async def add(
    tx: Tx,
    settings: Settings,
    email: str,
    *,
    name: str | None = None,
    role: str | None = None,
    regions: Iterable[str] = (),
    kinds: Iterable[str] = (),
    how: How | None = None,
    digest_at: time | None = None,
    working_hours_only: bool = False,
) -> tuple[Staff, bool]:
    """Adds a staff member, or changes the one with this address; tells which of the two.

    With regions, they follow these kinds there (none: all kinds), each as `how` says or as is usual for the kind.
    """
    try:
        address = validate_email(email, check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError:
        raise ValueError(f"‘{email}’ is geen e-mailadres.") from None
    subscriptions = _subscriptions(regions, kinds, how)
    member, is_new = await staff.add(
        tx,
        address,
        name=name,
        role=role,
        digest_at=digest_at or settings.digest_at,
        working_hours_only=working_hours_only,
    )
    await staff.follow(tx, member.id, subscriptions)
    return member, is_new


async def subscribe(tx: Tx, email: str, *, regions: Iterable[str], kinds: Iterable[str], how: How | None) -> None:
    """Lets a staff member follow these kinds (none: all) in these regions."""
    await staff.follow(tx, (await known(tx, email)).id, _subscriptions(regions, kinds, how))


async def unsubscribe(tx: Tx, email: str, *, kind: str | None, region: str | None) -> int:
    """Lets a staff member follow less: a kind, a region, or everything. Gives how many subscriptions went."""
    return await staff.unfollow(tx, (await known(tx, email)).id, kind, region)


async def remove(tx: Tx, email: str) -> None:
    """Takes a staff member out, with what would still be sent to them."""
    await known(tx, email)
    await deliveries.withdraw_from_staff(tx, email, "staff-removed")
    await staff.remove(tx, email)


async def digest_now(tx: Tx, email: str | None = None) -> int:
    """Makes what waits for the daily mail due now, for one person or for all; gives how many notifications."""
    if email is not None:
        await known(tx, email)
    return await notices.due_now(tx, email)


async def suppress(tx: Tx, email: str) -> None:
    """Nothing goes to this address any more, because somebody asked for it."""
    await suppression.suppress(tx, email, "asked")


async def release(tx: Tx, email: str) -> bool:
    """Mails may go to this address again; tells whether it was suppressed."""
    return await suppression.release(tx, email)


async def known(tx: Tx, email: str) -> Staff:
    """The staff member with this address."""
    member = await staff.find(tx, email)
    if member is None:
        raise ValueError(f"‘{email}’ is geen medewerker.")
    return member


def _subscriptions(regions: Iterable[str], kinds: Iterable[str], how: How | None) -> list[Subscription]:
    wanted = list(kinds) or list(KINDS)
    for kind in wanted:
        if kind not in KINDS:
            raise ValueError(f"‘{kind}’ is geen soort melding. Kies uit: {', '.join(KINDS)}.")
    found = []
    for region in regions:
        if name_of(region) is None:
            raise ValueError(f"‘{region}’ is geen regio. Geef NL, een provincie (PV26) of een gemeente (GM0344).")
        found += [Subscription(kind, region, how or KINDS[kind].how) for kind in wanted]
    return found
