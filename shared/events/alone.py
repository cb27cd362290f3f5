"""What the taker of an event can refuse without looking anything up: judged the same by the taker, at the door, and offline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared import geo

from .base import Event, Received
from .envelope import CLOCK_SKEW
from .partner import Consent, SurveyResponseSubmitted
from .problems import Problem, problem
from .questionnaire import Checked, check, questionnaire, versions

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def faults_alone(event: Received[Event]) -> Sequence[Problem]:
    """The faults beyond those of the schema that show in the event itself."""
    said = event.data
    if not isinstance(said, SurveyResponseSubmitted):
        return said.further_faults(said.wire())
    checked = Checked({}, ())
    if said.questionnaire in versions():
        checked = check(questionnaire(said.questionnaire), said.answers, municipality=municipality_code)
    return faults_of_response(said, checked, event.received_at)


def faults_of_response(said: SurveyResponseSubmitted, checked: Checked, received_at: datetime) -> list[Problem]:
    """Those of a response of which the answers have been checked."""
    faults = list(checked.problems)
    if said.consents and checked.answers and said.questionnaire in versions():
        faults += contradictions(questionnaire(said.questionnaire).consents(checked.answers), said.consents)
    if said.answered_at is not None and said.answered_at > received_at + CLOCK_SKEW:
        faults.append(problem("future", "/data/answeredAt", value=on_the_wire(said.answered_at)))
    return faults


def contradictions(ticks: Mapping[str, bool], proofs: Iterable[Consent]) -> list[Problem]:
    """A permission that is ticked one way and proved the other way: the partner must say which it is."""
    latest = {p.purpose: (i, p.given) for i, p in sorted(enumerate(proofs), key=lambda numbered: numbered[1].at)}
    return [
        problem(
            "inconsistent",
            f"/data/consents/{i}",
            detail_nl=f"De toestemming voor {purpose} is anders dan het antwoord op K.{purpose}.",
            detail_en=f"The consent for {purpose} differs from the answer to K.{purpose}.",
        )
        for purpose, (i, given) in latest.items()
        if purpose in ticks and ticks[purpose] != given
    ]


@lru_cache(maxsize=4096)
def municipality_code(text: str, postcode: str | None) -> str | None:
    """The code of the municipality that a code or name stands for now."""
    found = geo.find_municipality(text, postcode=postcode)
    return found.code if found else None


def on_the_wire(moment: datetime) -> str:
    """A moment in a refusal: local time with its offset, which reads the same in both languages."""
    return moment.astimezone(AMSTERDAM).isoformat(timespec="minutes")
