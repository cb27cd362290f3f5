"""The index by which claims find those that may be the same, and how often each comparing value occurs.

Call order for a batch of claims: `index`, then `find`, then `frequencies` with the features of the batch and of the
candidates found: so claims of one batch see each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.transaction import Tx

from services.registry.domain.features import Features
from services.registry.domain.matching import Frequencies

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
