"""The registry's present state said again, for a service that starts afresh."""

from services.registry.store import contacts, initiatives, matches, partners
from shared.transaction import Tx

from . import boarding, questions, records

PAGE = 500
CONTACTS_GO_TO = "notify"


async def restate(tx: Tx, to: str) -> int:
    """Says all partners, initiatives and open questions again to one service; addresses to notify alone. Gives how many."""
    said = 0
    for partner in await partners.everyone(tx):
        tx.emit(boarding.fact_of(partner), to=to)
        said += 1
        if to == CONTACTS_GO_TO:
            tx.emit(boarding.contact_of(partner), to=to)
            said += 1
    after: str | None = None
    while page := await initiatives.page(tx, after, PAGE):
        for initiative in page:
            tx.emit(records.public_fact(initiative), to=to)
        said, after = said + len(page), page[-1].id
    found = None
    while open_ones := await matches.open_page(tx, found, PAGE):
        await questions.say(tx, open_ones, to=to)
        said, found = said + len(open_ones), (open_ones[-1].found_at, open_ones[-1].id)
    if to == CONTACTS_GO_TO:
        told = await contacts.all_told(tx)
        for id_, contact in told.items():
            tx.emit(records.contact_fact(id_, contact), to=to)
        said += len(told)
    return said
