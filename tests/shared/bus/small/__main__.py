"""`python -m tests.shared.bus.small`: the small service as a process of its own."""

from pathlib import Path

from shared.bus import reactions_in
from shared.service import Service, main
from shared.settings import ServiceSettings

from . import handlers


def build(settings: ServiceSettings) -> Service:
    return Service("survey", settings, reactions=reactions_in(handlers), here=Path(__file__).parent)


if __name__ == "__main__":
    main(build, ServiceSettings)
