"""`python -m services.reporting`"""

from services.reporting.app import build
from services.reporting.settings import Settings
from shared.service import main

main(build, Settings)
