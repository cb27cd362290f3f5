"""What an initiative says of itself, and what it allows."""

from datetime import UTC, datetime, timedelta

from services.survey.domain.answers import Permission, by_proof, described, permissions
from shared.events.partner import Consent, InitiativeReported
from shared.events.questionnaire import DO_NOT_KNOW

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


def consent(purpose: str, given: bool = True, hours: int = 0) -> Consent:
    return Consent(purpose=purpose, given=given, at=NOON + timedelta(hours=hours), text="t", channel="papier")


def test_answers_become_the_fields_of_a_report():
    """What is described goes by the names of initiative-reported, so that registry can read it."""
    fields = described(
        {
            "A1": "Ons Dorp",
            "A2.postcode": "3705",
            "A2.plaats": "Zeist",
            "A2.gemeente": "GM0355",
            "A3": 2014,
            "A4": "stadsdorp",
            "A5": "actief",
            "A6": "geen",
            "B1": "specifieke-groep",
            "B2": ["ouderen"],
            "C": ["zorg"],
            "D": ["vervoer", "tuin"],
            "D2.vervoer": "zelf",
            "E1": 12,
        }
    )
    assert fields == {
        "name": "Ons Dorp",
        "postcode": "3705",
        "place": "Zeist",
        "municipality": "GM0355",
        "founded": 2014,
        "kind": "stadsdorp",
        "phase": "actief",
        "legalForm": "geen",
        "targetGroups": ["ouderen"],
        "themes": ["zorg"],
        "activities": [{"activity": "vervoer", "degree": "zelf"}, {"activity": "tuin"}],
    }
    assert InitiativeReported.model_validate({"externalId": "x", **fields}).founded == 2014


def test_all_residents_are_a_target_group():
    """An initiative for everybody says so."""
    assert described({"B1": "alle-inwoners"}) == {"targetGroups": ["alle-inwoners"]}


def test_what_is_not_known_describes_nothing():
    """ "Do not know" takes nothing away from what others say."""
    assert (
        described({"A4": DO_NOT_KNOW, "B1": DO_NOT_KNOW, "D": DO_NOT_KNOW, "C": DO_NOT_KNOW, "A3": DO_NOT_KNOW}) == {}
    )
    assert described({"D": ["tuin"], "D2.tuin": DO_NOT_KNOW}) == {"activities": [{"activity": "tuin"}]}


def test_a_proof_stands_above_a_tick():
    """Who gave it when, to which text, is kept where the partner has it; of two proofs the latest."""
    found = permissions(
        {"loting": True, "nieuwsbrief": False},
        [consent("loting", False, hours=1), consent("loting", True)],
        at=NOON,
        text="vragenlijst",
        channel="web",
    )
    assert found == [
        Permission("loting", False, NOON + timedelta(hours=1), "t", "papier"),
        Permission("nieuwsbrief", False, NOON, "vragenlijst", "web"),
    ]
    assert [p.purpose for p in next(iter(by_proof(found).values()))] == ["nieuwsbrief"]
