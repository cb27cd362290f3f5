"""The index by which claims find those that may be the same, and how often each comparing value occurs.

Call order for a batch of claims: `index`, then `find`, then `frequencies` with the features of the batch and of the
candidates found: so claims of one batch see each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.registry.domain.features import Features
from services.registry.domain.linkage.frequencies import Frequencies
from shared.transaction import Tx

KEY_LIMIT = 60
"""A key that more claims share is no clue: it is skipped, so that the cost stays flat however many claims there are."""

CANDIDATES = 25
"""So many candidates of a claim are compared at most, those that share the most telling keys."""


def worth(claims: int) -> float:
    """How telling a shared key is that so many claims hold: the rarer, the more."""
    return 1.0 / (1 + claims)


ClaimKey = tuple[str, str]
"""(partner, external_id)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that shares keys with the one asked about. `initiative_id` is None while it belongs to none yet."""

    partner: str
    external_id: str
    initiative_id: str | None
    features: Features


async def index(tx: Tx, claims: Sequence[tuple[str, str, Features]]) -> None:
    """Makes new and changed claims findable and counts their values. Again with the same features changes nothing."""
    raise NotImplementedError


async def drop(tx: Tx, claims: Sequence[ClaimKey]) -> None:
    """Takes claims out (withdrawn, erased): nothing of them stays in the index."""
    raise NotImplementedError


async def find(tx: Tx, claims: Sequence[tuple[str, str, Features]]) -> Mapping[ClaimKey, list[Candidate]]:
    """For each claim those that share a selective key with it, most telling first, without itself."""
    raise NotImplementedError


async def frequencies(tx: Tx, features: Iterable[Features]) -> Frequencies:
    """How often the values of these features occur in the registry."""
    raise NotImplementedError
