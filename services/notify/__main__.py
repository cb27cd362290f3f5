"""`python -m services.notify`."""

from services.notify.app import build
from services.notify.settings import Settings
from shared.service import main

main(build, Settings)
