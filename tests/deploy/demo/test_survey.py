import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.demo import survey
from deploy.demo.movement import Movement, by_initiative, movement
from shared import geo
from shared.events.envelope import Faulty, read_event
from shared.events.questionnaire import check, questionnaire

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    return movement(1)


@pytest.fixture(scope="module")
def plan(made):
    early = survey.early_ones(made, random.Random(1))
    tokens = {key: f"token-{initiative}" for key, initiative in made.truth.items()}
    return survey.plan(made, list(early), tokens, random.Random(1), NOW)


def who(made: Movement, said: survey.Said) -> str:
    """The initiative that a response names, by claim or by token."""
    partner, event = said
    token: str | None = event["data"].get("invitationToken")
    return token.removeprefix("token-") if token else made.truth[partner, event["data"]["externalId"]]


def sound(event: Mapping[str, Any]) -> bool:
    asked = questionnaire("2026.1")
    return event["data"]["campaignId"] == "demo" and not check(asked, event["data"]["answers"]).problems


def responses(plan: survey.Plan) -> list[survey.Said]:
    return [s for s in plan.said if "answers" in s[1]["data"]]


def test_323_initiatives_answer_by_three_channels(made, plan):
    """A claim that the partner names, the token of an invitation, and the form on the web; nobody by two."""
    by_partner = {who(made, s) for s in responses(plan) if sound(s[1])}
    on_the_web = {token.removeprefix("token-") for token, _ in plan.web}
    assert len(by_partner | on_the_web) == 323
    assert not by_partner & on_the_web
    assert len(on_the_web) > 20
    assert sum("invitationToken" in s[1]["data"] for s in responses(plan)) > 50


def test_every_province_answers(made, plan):
    """About 27 in each, and at most two in a municipality: Flevoland has but six."""
    answered = {who(made, s) for s in responses(plan)} | {t.removeprefix("token-") for t, _ in plan.web}
    per = Counter(made.initiatives[i].place.province for i in answered)
    assert set(per) == {p.code for p in geo.provinces()}
    assert min(per.values()) >= 12


def test_some_come_twice_and_some_are_replaced(plan):
    """The very same event again, and another word of the same initiative later."""
    ids = Counter(event["id"] for _, event in plan.said)
    assert sum(n > 1 for n in ids.values()) >= 15
    named = Counter((p, e["data"].get("externalId")) for p, e in responses(plan) if e["data"].get("externalId"))
    assert sum(n > 1 for n in named.values()) > 20


def test_the_invalid_ones_are_invalid_and_the_rest_is_sound(plan):
    """As many as were put in: 6 that are mended later, 14 that are not, 2 for a campaign that is not there."""
    ids = {event["id"]: event for _, event in responses(plan)}
    assert sum(not sound(event) for event in ids.values()) == 6 + 14 + 2
    assert all(sound(event) for _, event in plan.late)


def test_what_is_late_is_of_initiatives_that_did_not_answer(made, plan):
    """So that the count stays at 323."""
    answered = {who(made, s) for s in responses(plan) if sound(s[1])}
    assert not answered & {who(made, s) for s in plan.late}


def test_every_event_is_one_that_the_contract_takes(plan):
    """What is wrong with a response is in its answers, for survey to find."""
    for partner, event in [*plan.said, *plan.late]:
        read = read_event(event, partner=partner, routing_key=None, now=NOW).event
        assert not isinstance(read, Faulty), read


def test_dozens_of_signals_are_told(plan):
    """Bottlenecks, solutions, successes and dreams."""
    signals = [event for _, event in plan.said if "signal" in event["type"]]
    assert len(signals) == survey.SIGNALS
    assert {s["data"]["kind"] for s in signals} == {"knelpunt", "oplossing", "succes", "droom"}


def test_those_who_are_early_are_told_of_once(made):
    """Holding back that one event is enough for their responses to overtake them."""
    for initiative in survey.early_ones(made, random.Random(1)):
        [key] = by_initiative(made.truth)[initiative]
        assert sum((t.partner, t.event["data"].get("externalId")) == key for t in made.told) == 1
