"""`python -m services.registry`"""

from shared.service import main

from .app import build
from .settings import Settings

main(build, Settings)
