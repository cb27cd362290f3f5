"""The questionnaire on the web: `/enquete/<token>`."""

from fastapi import APIRouter

router = APIRouter(prefix="/enquete", include_in_schema=False)
