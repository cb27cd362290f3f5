"""What was kept before stays, in its new form."""

from pathlib import Path

from services.survey.domain.answers import Permission
from services.survey.store import responses
from services.survey.store.responses import Apart
from tests.room import NOW

MIGRATIONS = Path(responses.__file__).parents[1] / "migrations"


async def test_words_and_permissions_from_before_are_found_again(room):
    """Each response keeps its own, permissions with their proof to the microsecond; one that had none has none."""
    first = (MIGRATIONS / "0001_survey.sql").read_text()
    before = first[first.index("CREATE TABLE response_text") : first.index("-- What somebody filled in so far")]
    at = NOW.replace(microsecond=120_000)
    async with room.tx() as tx:
        await tx.execute("DROP TABLE response_apart")
        await tx.execute(before)
        for name in ("r1", "r2", "r3"):
            await tx.execute(
                """
                INSERT INTO response VALUES ($1, '2026', 1, $1, true, NULL, NULL, NULL, $1, NULL, '2026.1', '{}', $2, $2)
                """,
                name,
                NOW,
            )
        await tx.execute(
            "INSERT INTO response_text VALUES ('r1', 'A1', 'Zeggen \"wij\"'), ('r1', 'H', 'Nee'), ('r2', 'A1', 'B')"
        )
        await tx.execute(
            "INSERT INTO consent VALUES ('r1', 'op-de-kaart', true, $1, 'Formulier 3', 'papier'), "
            "('r1', 'loting', false, $1, 'K', 'web')",
            at,
        )
        await tx.execute((MIGRATIONS / "0002_apart.sql").read_text())
        assert await responses.kept_apart(tx, ["r1", "r2", "r3"]) == {
            "r1": Apart(
                {"A1": 'Zeggen "wij"', "H": "Nee"},
                [
                    Permission("loting", False, at, "K", "web"),
                    Permission("op-de-kaart", True, at, "Formulier 3", "papier"),
                ],
            ),
            "r2": Apart({"A1": "B"}, []),
            "r3": Apart(),
        }
