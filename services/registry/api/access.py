"""Who asks: the partner whose API token came along (`Authorization: Bearer`)."""

from typing import Annotated

from fastapi import Depends, Request

from services.registry.store import tokens
from services.registry.store.tokens import TokenOwner
from shared.events.problems import problem
from shared.web import DatabaseDep

from .faults import Fault

CHALLENGE = 'Bearer realm="burenbus"'


async def partner_of(request: Request, database: DatabaseDep) -> TokenOwner:
    """The partner. Raises Fault: 401 without a token that is valid now."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Fault(401, problem("token"), WWW_Authenticate=CHALLENGE)
    async with database.transaction() as tx:
        owner = await tokens.owner_of(tx, token.strip())
    if owner is None:
        raise Fault(401, problem("token"), WWW_Authenticate=f'{CHALLENGE}, error="invalid_token"')
    return owner


PartnerDep = Annotated[TokenOwner, Depends(partner_of)]
