"""Events in, by who says them: one function per reaction."""

from services.notify.handlers import partners, registry, reporting, survey

MODULES = (partners, registry, survey, reporting)
