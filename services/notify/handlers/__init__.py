"""Events in, by who says them: one function per reaction."""

from services.notify.handlers import registry, reporting, survey

MODULES = (registry, survey, reporting)
