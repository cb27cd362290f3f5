"""Questionnaires as data (`data/questionnaires/<version>.json`): what is asked, and whether answers fit.

A question of the data may have several fields; a field is what one answer belongs to, and its code is what goes over the
wire: `A1`, `A2.postcode`, `D`, `D2.vervoer`, `G.gemeente`, `G.gemeente.cijfer`, `H.erkenning`, `K.op-de-kaart`. Codes never
change their meaning. Any field but the required ones and the consents may be answered `weet-niet` ("do not know, or would
rather not say"), which is something else than no answer.

The web form, the survey service and the offline check all use `check`: the very same faults for the same answers.
"""

from .check import Checked, check
from .load import questionnaire, versions
from .model import DO_NOT_KNOW, Condition, Field, Kind, Option, Question, Questionnaire, Section

__all__ = [
    "DO_NOT_KNOW",
    "Checked",
    "Condition",
    "Field",
    "Kind",
    "Option",
    "Question",
    "Questionnaire",
    "Section",
    "check",
    "questionnaire",
    "versions",
]
