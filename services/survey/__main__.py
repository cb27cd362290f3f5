"""`python -m services.survey`."""

from services.survey.app import build
from services.survey.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main(build, Settings)
