"""The partner's own pages: what waits, aanleveren, geschiedenis, mogelijk dubbel. One logs in with the partner's API token."""

from fastapi import APIRouter

from . import duplicates, history, home, login, uploads

router = APIRouter()
for part in (home, login, uploads, history, duplicates):
    router.include_router(part.router)
