"""Asking initiatives to answer: one invitation each, with a token that only its holder knows."""

import hashlib
import secrets
from collections.abc import Collection

from services.survey.domain.campaign import Campaign
from services.survey.handlers import facts
from services.survey.handlers.causes import NO_CAUSES, Causes
from services.survey.store import invitations
from shared.events.envelope import new_id
from shared.events.survey import InvitationIssued
from shared.transaction import Tx

TOKEN_BYTES = 20
"""160 bits: nobody guesses one."""


def fingerprint(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


async def invite(
    tx: Tx,
    campaign: Campaign,
    initiatives: Collection[str],
    *,
    public_url: str,
    causes: Causes = NO_CAUSES,
) -> None:
    """Invites these initiatives, save those that have just been invited elsewhere; `causes` by the initiative's id."""
    tokens = {new_id(): (initiative, secrets.token_urlsafe(TOKEN_BYTES)) for initiative in initiatives}
    new = [invitations.New(i, initiative, fingerprint(token)) for i, (initiative, token) in tokens.items()]
    written = await invitations.issue(tx, campaign.id, new)
    for invitation_id in (n.id for n in new if n.id in written):
        initiative, token = tokens[invitation_id]
        tx.emit(
            InvitationIssued(
                invitation_id=invitation_id,
                campaign_id=campaign.id,
                initiative_id=initiative,
                token=token,
                url=f"{public_url}/enquete/{token}",
                title=campaign.title,
                closes=campaign.closes,
            ),
            because=causes.get(initiative),
        )


async def withdraw(tx: Tx, initiatives: Collection[str], causes: Causes = NO_CAUSES) -> None:
    """An initiative that has closed, or gone into another, is asked no longer."""
    for invitation in await invitations.withdraw_from_inactive(tx, initiatives):
        tx.emit(facts.withdrawn(invitation), because=causes.get(invitation.initiative_id))
